"""What programs have not heard yet: kept beside the ledger until they have, also where gpend is killed meanwhile."""

import json
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gpend.writing import write_whole

_LARGEST = 64 << 20  # bytes of what is kept: tens of thousands of photos; more was not kept by gpend
_SLACK = 1 << 20  # bytes of what was told that may stand there, beside as many as are yet to be told
_TOLD = b"-"  # what a line begins with whose facts were told


@dataclass(frozen=True)
class _Line:
    """Where a line begins and ends in the file."""

    begin: int
    end: int


class Untold:
    """A file of one line of JSON for each telling; a line is struck out in its place as soon as it was told.

    So a gpend that is killed loses none of them, and tells at most one again. A failing power may take the last of
    them: to wait for the disk would cost more than the photo. `add` and `strike` are safe in any thread.
    """

    def __init__(self, place: Path | None) -> None:
        """`place`: the file; None: nothing can be kept."""
        self._place = place
        self._lines: dict[int, _Line] = {}  # of what is yet to be told, by its mark
        self._waiting = 0  # bytes of these
        self._marks = 0  # given so far
        self._end = 0  # where the last line ended that was written
        self._file: tuple[int, int] | None = None  # disk and inode of the file that the lines are in
        self._lock = threading.Lock()

    def read(self) -> list[tuple[int, bytes]]:
        """What was kept and not told yet, in JSON, each with its mark for `strike`. Once, at the beginning."""
        with self._lock, suppress(OSError), self._opened(os.O_RDONLY) as descriptor:
            self._file = _identity(descriptor)
            return [(self._mark(line), told) for line, told in _parsed(_read(descriptor))]
        return []

    def add(self, told: bytes) -> int | None:
        """Something, as JSON in one line, is yet to be told; its mark for `strike`, None where it cannot be kept."""
        line = told + b"\n"
        with self._lock, suppress(OSError):
            self._shrink()
            with self._opened(os.O_RDWR | os.O_CREAT) as descriptor:
                if _identity(descriptor) != self._file:
                    self._file = _identity(descriptor)
                    self._forget_lines()  # somebody took the one before away
                written = _append(descriptor, line)
                self._end = written.end
                return self._mark(written)
        return None

    def strike(self, mark: int) -> None:
        """It was told. Where that cannot be noted, it is told again after the next start."""
        with self._lock, suppress(OSError):
            line = self._lines.get(mark)
            if line is not None:
                with self._opened(os.O_WRONLY) as descriptor:
                    if _identity(descriptor) == self._file:
                        os.pwrite(descriptor, _TOLD, line.begin)
                del self._lines[mark]
                self._waiting -= line.end - line.begin
                if not self._lines:
                    self._remove()

    def clear(self) -> None:
        """All of it was told, or cannot be told any more."""
        with self._lock, suppress(OSError):
            self._remove()

    def keep(self, untold: Sequence[bytes]) -> None:
        """Keep this, and nothing else, on the disk; no mark holds any more. Raises OSError."""
        if self._place is None:
            raise FileNotFoundError
        with self._lock:
            self._forget_lines()
            write_whole(self._place, b"".join(told + b"\n" for told in untold), mode=0o600)

    def _mark(self, line: _Line) -> int:
        self._marks += 1
        self._lines[self._marks] = line
        self._waiting += line.end - line.begin
        return self._marks

    def _forget_lines(self) -> None:
        self._lines, self._waiting = {}, 0

    def _remove(self) -> None:
        self._forget_lines()
        self._end = 0
        if self._place is not None:
            self._place.unlink(missing_ok=True)

    def _shrink(self) -> None:
        """Where most of the file was told, write the rest of it anew. Raises OSError."""
        if self._place is None or self._end <= _SLACK + 2 * self._waiting:
            return
        with self._opened(os.O_RDONLY) as descriptor:
            if _identity(descriptor) != self._file:
                return
            held = {mark: os.pread(descriptor, each.end - each.begin, each.begin) for mark, each in self._lines.items()}
        write_whole(self._place, b"".join(held.values()), mode=0o600, durable=False)
        end = 0
        for mark, line in held.items():
            self._lines[mark] = _Line(end, end + len(line))
            end += len(line)
        self._end = end
        with self._opened(os.O_RDONLY) as descriptor:
            self._file = _identity(descriptor)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        """The file; a pipe or another thing that gpend did not make is none. Raises OSError."""
        if self._place is None:
            raise FileNotFoundError
        descriptor = os.open(self._place, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileExistsError
            yield descriptor
        finally:
            os.close(descriptor)


def kept_beside(ledger: Path) -> Path:
    """The file for what programs have not heard yet."""
    return ledger.with_name(f"{ledger.name}.hooks")


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _append(descriptor: int, line: bytes) -> _Line:
    """Write a line at the end of a file, whole or not at all. Raises OSError."""
    end = os.fstat(descriptor).st_size
    if end + len(line) > _LARGEST:
        raise FileExistsError
    if end and os.pread(descriptor, 1, end - 1) != b"\n":  # gpend was killed amid a line
        line = b"\n" + line
    if os.pwrite(descriptor, line, end) < len(line):  # there is no room for the rest
        os.ftruncate(descriptor, end)
        raise FileExistsError
    return _Line(end + line.index(b"{"), end + len(line))


def _parsed(held: bytes) -> Iterator[tuple[_Line, bytes]]:
    begin = 0
    for line in held.splitlines(keepends=True):
        if not line.startswith(_TOLD):
            with suppress(ValueError, RecursionError):
                if isinstance(json.loads(line), dict):
                    yield _Line(begin, begin + len(line)), line.rstrip(b"\n")
        begin += len(line)


def _read(descriptor: int) -> bytes:
    """What stands there; nothing of what gpend did not write, as no memory may hold it. Raises OSError."""
    if os.fstat(descriptor).st_size > _LARGEST:
        return b""
    with open(descriptor, "rb", closefd=False) as file:
        return file.read(_LARGEST)
