"""Read a photo from its source: read-only, whole, a regular file, and as it was when it was sighted."""

import errno
import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar, cast

from gpend.errors import TransientError
from gpend.stamp import Stamp

OWN_ATTRIBUTE: Final = "user.gpend"
"""The extended attribute with which gpend marks its outputs; a photo that has it does not hand it on."""

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # never waits, should a pipe have taken its place
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
_REFUSED = frozenset({errno.EACCES, errno.EPERM})
_CHUNK = 1 << 20
SLICE: Final = 32 << 20
"""Bytes of a large file after which it is time to see whether there is something else to do."""

Result = TypeVar("Result")
_KINDS = ("user.", "system.posix_acl_")


@dataclass(frozen=True)
class Appearance:
    """What a file is besides its bytes and its name."""

    mode: int  # permission bits
    owner: int
    group: int
    accessed_ns: int
    modified_ns: int
    attributes: dict[str, bytes] = field(default_factory=dict)  # extended ones


class ChangedError(Exception):
    """There is no such regular file, or it is no longer what was sighted."""


class RefusedError(Exception):
    """gpend may not read the file."""


class SourceError(OSError):
    """A file cannot be read at the moment, told apart from what cannot be written where both are done at once."""


@dataclass(frozen=True)
class Original:
    """A photo as it was read."""

    data: bytes  # b"" of a file that is not held in memory
    like: Appearance
    stamp: Stamp
    streamed: str = ""  # its SHA-256, where it was read without being held in memory
    hole: int | None = None  # where its first byte lies that was never written, as far as the file system tells

    @cached_property
    def content(self) -> str:
        """SHA-256, hexadecimal."""
        return self.streamed or hashlib.sha256(self.data).hexdigest()


def read(path: Path, stamp: Stamp | None = None) -> Original:
    """The bytes of a photo and what else makes up its file; `stamp` says which state of it is meant.

    A pipe, a device or a folder is ChangedError, as is what changes meanwhile. Raises RefusedError, and OSError for
    whatever is not this file's own doing.
    """
    with unchanging(path, stamp) as (descriptor, status):
        data = _whole(descriptor, status.st_size)
        if len(data) != status.st_size:
            raise ChangedError
        return Original(data, _appearance(descriptor, status), Stamp.of(status), hole=_hole(descriptor, len(data)))


def glance(path: Path, stamp: Stamp) -> tuple[str, Appearance]:
    """The SHA-256 and the appearance of a photo, for which it is not held in memory. Raises as `read` does."""
    photo = finished(stream(path, stamp))
    return photo.content, photo.like


def stream(path: Path, stamp: Stamp) -> Generator[None, None, Original]:
    """Read a file without holding it in memory: return what it is, and stop now and then, for others to go on.

    Raises as `read` does.
    """
    with unchanging(path, stamp) as (descriptor, status):
        found, offset = hashlib.sha256(), 0
        while chunk := os.pread(descriptor, _CHUNK, offset):
            found.update(chunk)
            offset += len(chunk)
            if offset % SLICE == 0:
                yield
        return Original(b"", _appearance(descriptor, status), Stamp.of(status), found.hexdigest())


def finished(work: Generator[None, None, Result]) -> Result:
    """Do all of a work that stops now and then; what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return cast("Result", end.value)


@contextmanager
def unchanging(path: Path, stamp: Stamp | None) -> Iterator[tuple[int, os.stat_result]]:
    """An open photo; ChangedError if it is not the one that is meant, before or afterwards."""
    try:
        descriptor = opened(path)
    except OSError as error:
        raise _named(error) from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or not (stamp is None or stamp.is_of(before)):
            raise ChangedError
        yield descriptor, before
        if not Stamp.of(before).is_of(os.fstat(descriptor)):
            raise ChangedError
    finally:
        os.close(descriptor)


def opened(path: Path) -> int:
    """A descriptor of a file of the source, read-only; it never waits. Raises OSError."""
    try:
        return os.open(path, _OPEN | os.O_NOATIME)  # not even the time of the last access changes
    except PermissionError:
        return os.open(path, _OPEN)  # that is for the owner of a file only


class OpenFile:
    """An open regular file, as the Reader that `completeness` asks for. Raises TransientError for anything else."""

    def __init__(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise TransientError("something else has taken the place of a photo since it was seen")
        self._descriptor = descriptor
        self.size = status.st_size

    @property
    def first_hole(self) -> int:
        """As in Reader; file systems that do not know say that there is none."""
        hole = _hole(self._descriptor, self.size)
        return self.size if hole is None else hole

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        if offset >= self.size:
            return b""  # a damaged file may name any offset, even one that the system call cannot take
        return os.pread(self._descriptor, count, offset)


def _hole(descriptor: int, size: int) -> int | None:
    """The first hole within `size` bytes; None: there is none, or the file system does not tell."""
    try:
        hole = os.lseek(descriptor, 0, os.SEEK_HOLE)
    except OSError:
        return None
    return hole if hole < size else None


def _named(error: OSError) -> Exception:
    if error.errno in _ABSENT:
        return ChangedError()
    return RefusedError() if error.errno in _REFUSED else error


def _whole(descriptor: int, size: int) -> bytes:
    pieces, got = list[bytes](), 0
    while got < size and (piece := os.read(descriptor, size - got)):
        pieces.append(piece)
        got += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _appearance(descriptor: int, status: os.stat_result) -> Appearance:
    return Appearance(
        mode=stat.S_IMODE(status.st_mode) & 0o777,
        owner=status.st_uid,
        group=status.st_gid,
        accessed_ns=status.st_atime_ns,
        modified_ns=status.st_mtime_ns,
        attributes=_attributes(descriptor),
    )


def _attributes(descriptor: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with suppress(OSError):  # there are none on this file system
        for name in os.listxattr(descriptor):
            if name.startswith(_KINDS) and name != OWN_ATTRIBUTE:
                with suppress(OSError):  # it may not be read, or is gone by now; the others stay
                    found[name] = os.getxattr(descriptor, name)
    return found
