"""A large file on its way into the output tree: copied under a temporary name beside its place, a slice at a time."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpend.intake.reading import SLICE, SourceError, unchanging
from gpend.mirror import dirfd
from gpend.mirror.atomic import Staged, temporary
from gpend.stamp import Stamp

_CHUNK = 1 << 20
_NO_CLONE = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)


class NotStagedError(Exception):
    """A file that is not held in memory has to be copied to a place, and is not yet staged beside it."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.place = place  # relative to the output


@contextmanager
def staging(output: Path, source: Path, place: Path) -> Iterator[Staged]:
    """An empty temporary file beside a place; afterwards it is gone, unless it was given its name. Raises OSError."""
    with dirfd.open_folder(output, place.parent, source) as folder, temporary(folder) as (name, descriptor):
        yield Staged(place, name, descriptor)


def fill(staged: Staged, path: Path, stamp: Stamp) -> Iterator[None]:
    """Copy a file into a staged one, and stop now and then. Where the disk can share the bytes of both, it does.

    Raises ChangedError, RefusedError, SourceError for what cannot be read, and OSError for what cannot be written.
    """
    with unchanging(path, stamp) as (source, status):
        done, clones = 0, True
        while done < status.st_size:
            size = min(SLICE, status.st_size - done)
            count = _clone(source, staged.descriptor, done, size) if clones else 0
            clones = count > 0
            done += count or _copy(source, staged.descriptor, done, size)
            yield
    if os.fstat(staged.descriptor).st_size != stamp.size:  # what is not whole must not pass for a copy
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(staged.descriptor)


def _clone(source: int, target: int, offset: int, size: int) -> int:
    """Have the system copy, which shares the bytes where the file system can; 0: it cannot do it here."""
    try:
        return os.copy_file_range(source, target, size, offset, offset)
    except OSError as error:
        if error.errno in _NO_CLONE or error.errno == errno.EIO:  # whose fault that is, reading and writing will tell
            return 0
        raise


def _copy(source: int, target: int, offset: int, size: int) -> int:
    """Copy some bytes; how many. A file that ends before is seen by whoever compares its stamp."""
    done = 0
    while done < size:
        try:
            chunk = os.pread(source, min(_CHUNK, size - done), offset + done)
        except OSError as error:
            raise SourceError(error.errno, error.strerror) from error
        if not chunk:
            return size
        _write(target, chunk, offset + done)
        done += len(chunk)
    return done


def _write(target: int, chunk: bytes, offset: int) -> None:
    """Write all of it, though a disk that gets full may take a part at first."""
    rest = memoryview(chunk)
    while rest:
        count = os.pwrite(target, rest, offset)
        rest, offset = rest[count:], offset + count
