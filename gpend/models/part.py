"""A file that is still coming: one gpend at a time writes it, and what it was begun from is kept beside it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from gpend.errors import FatalError
from gpend.writing import part_of, put_whole, write_whole


@dataclass(frozen=True)
class Origin:
    """What a server said of the file that it began to send."""

    url: str
    validator: str  # its strong ETag or when it was last modified; "" where it tells neither
    total: int | None  # bytes of the whole file


def note_of(place: Path) -> Path:
    """Where it is kept what a file was begun from that is to stand at `place`."""
    return part_of(place.with_name(f"{place.name}.origin"))


class Part:
    """What has come of a file so far, beside its place. Its methods raise FatalError where the disk refuses."""

    def __init__(self, place: Path, descriptor: int) -> None:
        """`descriptor` is that of the part, open to be read and written, and locked."""
        self.path = part_of(place)
        self.written = 0  # bytes, since it was opened
        self._place = place
        self._descriptor = descriptor
        self._note = note_of(place)

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return os.fstat(self._descriptor).st_size

    @property
    def origin(self) -> Origin | None:
        """What it was begun from; None where that is not known."""
        try:
            return Origin(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, start: int, origin: Origin) -> None:
        """Keep the first `start` bytes; what is added from here on comes from `origin`."""
        self.keep(start)
        with self._told():
            if not start:
                write_whole(self._note, json.dumps(asdict(origin)).encode(), durable=False)

    def add(self, chunk: bytes) -> None:
        """Write at the end."""
        rest = memoryview(chunk)
        with self._told():
            while rest:
                count = os.write(self._descriptor, rest)
                self.written += count
                rest = rest[count:]

    def keep(self, size: int) -> None:
        """Keep the first bytes, and none beyond."""
        with self._told():
            os.ftruncate(self._descriptor, size)
            os.lseek(self._descriptor, size, os.SEEK_SET)

    def put(self) -> None:
        """Give it its name, once the disk has it."""
        with self._told():
            put_whole(self.path, self._place)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FatalError(_refused(self._place.parent, error)) from error

    def tidy(self) -> None:
        """Leave nothing beside the place where nothing came, or all of it got its name."""
        with contextlib.suppress(OSError):
            if self.path.exists() and not self.size:
                self.path.unlink()
            if not self.path.exists():
                self._note.unlink(missing_ok=True)


@contextmanager
def held(place: Path) -> Iterator[Part]:
    """What has come so far of the file at `place`, for this process alone. Raises FatalError saying what to do."""
    path = part_of(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise FatalError(_refused(place.parent, error)) from error
    try:
        if not _is_ours(path, descriptor):
            raise FatalError(
                f"Another gpend is getting {place.name} at this moment. Wait until it is done; nothing was begun here."
            )
        part = Part(place, descriptor)
        try:
            yield part
        finally:
            part.tidy()
    finally:
        os.close(descriptor)


def _is_ours(path: Path, descriptor: int) -> bool:
    """Lock the part; False: another process has it, or has just given it its name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.samefile(f"/proc/self/fd/{descriptor}")
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # a disk that knows no locks
        return True


def _refused(folder: Path, error: OSError) -> str:
    return (
        f"Networks cannot be written to {folder}: {error.strerror}. What had come before is kept. Make room or give "
        "the right to write there, or name another folder in restore.weights."
    )
