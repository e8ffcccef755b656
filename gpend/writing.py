"""Small files of gpend's own, whole or not at all; outputs have more to keep to: gpend.mirror.atomic."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def part_of(place: Path) -> Path:
    """Where a file is written before it gets its name: beside it, with a name that is swept and never mirrored."""
    return place.with_name(f".gpend-{place.name}.part")


def write_whole(place: Path, content: bytes, *, mode: int = 0o666, durable: bool = True) -> None:
    """Write a file in place of an earlier one: at any moment there is the one or the other, and never a part.

    `mode` is narrowed by the umask; the folder is made where it is missing. What is not `durable` may be lost when the
    power fails, but is never half there: for what is made again. Raises OSError; then the earlier file stands.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(place)
    part.unlink(missing_ok=True)  # what a crash left has perhaps another mode
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        put_whole(part, place, durable=durable)
    except OSError:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def alone_in(folder: Path, *, waits: bool = True) -> Iterator[bool]:
    """`folder`, which is made where it is missing, for this process alone among those that ask so.

    Where another has it, this `waits` until it has not, or is told so: False. A disk that knows no locks lets all in.
    Raises OSError where there can be no such folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _is_locked(descriptor, waits=waits)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int, *, waits: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a disk that knows no locks
        return True
    return True


def put_whole(part: Path, place: Path, *, durable: bool = True) -> None:
    """Give a file that was written beside `place` its name, once the disk has it. Raises OSError."""
    if durable:
        _sync(part)
    part.replace(place)
    if durable:
        _sync(place.parent)


def put_in_gap(part: Path, place: Path) -> bool:
    """Give a file that was written beside `place` its name, once the disk has it; False: something stands there.

    Raises OSError.
    """
    _sync(part)
    try:
        os.link(part, place)
    except FileExistsError:
        return False
    except OSError:  # a disk without hard links: the one way left is to look first
        if os.path.lexists(place):
            return False
        part.replace(place)
    _sync(place.parent)
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
