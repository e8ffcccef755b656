"""An output tree as a whole: which folder it is, how much room it has, and what a killed gpend left in it."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gpend.errors import PhotoError
from gpend.intake.mounts import mounts_now
from gpend.mirror import dirfd, inspect
from gpend.mirror.atomic import temporary
from gpend.mirror.names import WORKSHOP

_MARK = "user.gpend.output"
_LEDGER = "user.gpend.ledger"
_FEW_FILES = 16  # each output takes one more while it is written, and attributes may take some
_SOME_BYTES = 16 << 20


def identity(root: Path) -> str:
    """Which folder stands at an output's root: the mark that `claim` left there, or else its inode. Raises OSError.

    On a file system with neither marks nor steady inodes all folders are alike.
    """
    status = root.stat()
    try:
        return os.getxattr(root, _MARK).decode(errors="replace")
    except OSError:
        return f"inode {status.st_ino}" if mounts_now(root)[0].has_steady_inodes else "unknown"


def claim(root: Path) -> str:
    """Mark a folder as an output, invisibly, where the file system can hold a mark; its identity. Raises OSError."""
    with suppress(OSError):
        os.setxattr(root, _MARK, secrets.token_hex(16).encode(), os.XATTR_CREATE)
    return identity(root)


def is_marked(root: Path) -> bool:
    """Has gpend marked this folder as an output, as far as can be told?"""
    with suppress(OSError):
        return bool(os.getxattr(root, _MARK))
    return False


def note_ledger(root: Path, ledger: Path) -> None:
    """Have an output say, invisibly, with which ledger it is written, and where the disk with that is mounted.

    As far as it can hold that.
    """
    real = Path(os.path.realpath(ledger))
    point = next((each for each in real.parents if os.path.ismount(each)), real.parents[-1])
    said = os.fsencode(ledger) + b"\0" + os.fsencode(point)
    with suppress(OSError):
        if _said_of_ledger(root) != said:
            os.setxattr(root, _LEDGER, said)


def mount_of_ledger(root: Path, ledger: Path) -> Path | None:
    """Where the disk was mounted with this ledger, by what an output says that was written with it last.

    None: it says nothing, or the ledger was on the disk of the system.
    """
    name, _, point = _said_of_ledger(root).partition(b"\0")
    found = Path(os.fsdecode(point))
    return found if name == os.fsencode(ledger) and len(found.parts) > 1 else None


def _said_of_ledger(root: Path) -> bytes:
    with suppress(OSError):
        return os.getxattr(root, _LEDGER)
    return b""


def free(root: Path) -> int:
    """Bytes that may still be written to an output. Raises OSError."""
    status = os.statvfs(root)
    return status.f_bavail * status.f_frsize


def lacks_files_alone(root: Path) -> bool:
    """Has the disk of an output room for bytes, but for no more files, as far as it tells?"""
    with suppress(OSError):
        status = os.statvfs(root)
        is_at_its_end = status.f_files > 0 and status.f_favail < _FEW_FILES  # some disks count none
        return is_at_its_end and status.f_bavail * status.f_frsize > _SOME_BYTES
    return False


def is_read_only(root: Path) -> bool:
    """Can nobody write there, as its disk is mounted so, for all or for this service? Raises OSError."""
    return bool(os.statvfs(root).f_flag & os.ST_RDONLY)


def can_be_written(root: Path) -> bool:
    """May gpend make a file in an output's root now? It is tried, as more than modes may forbid it."""
    try:
        try_folder(root, Path())
    except OSError:
        return False
    return True


def try_folder(root: Path, relative: Path) -> None:
    """Try to make a file in a folder of an output, or in that which it would be made in; nothing is left there.

    Raises LinkedFolderError for a link on the way, OSError where it cannot be done now.
    """
    try:
        with dirfd.open_folder(root, relative) as folder, temporary(folder):
            return
    except FileNotFoundError:
        if not relative.parts:
            raise
    try_folder(root, relative.parent)


def try_file(root: Path, relative: Path) -> None:
    """Try whether a file of an output may be taken away or replaced; it stays. Raises OSError where it may not.

    Its folder may be written and it still may not, as where somebody made it immutable, or it is another user's and the
    folder is sticky. It is asked to go as an empty folder would: no file does, but whether it may is looked at first.
    """
    with suppress(FileNotFoundError, NotADirectoryError), dirfd.open_folder(root, relative.parent) as folder:
        status = inspect.status_of(folder, relative.name)
        if status is not None and stat.S_ISREG(status.st_mode):
            os.rmdir(relative.name, dir_fd=folder)


def sweep(root: Path) -> Iterator[int]:
    """Remove unfinished files that a gpend left behind which was killed: after each folder, how many there."""
    pending = [Path()]
    while pending:
        relative = pending.pop()
        with suppress(OSError, PhotoError):
            yield _sweep(root, relative, pending)


def _sweep(root: Path, relative: Path, pending: list[Path]) -> int:
    removed = 0
    with dirfd.open_folder(root, relative) as folder, os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not (entry.name.startswith(WORKSHOP) and _clear(folder, entry.name)):
                    pending.append(relative / entry.name)
            elif inspect.is_abandoned(folder, entry.name):
                os.unlink(entry.name, dir_fd=folder)
                removed += 1
    return removed


def _clear(folder: int, name: str) -> bool:
    """Remove a folder in which names were tried out, with an empty file at most. False: it holds more, and stays."""
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        for each in inspect.names_in(descriptor):
            status = inspect.status_of(descriptor, each)
            if status is not None and stat.S_ISREG(status.st_mode) and status.st_size == 0:
                os.unlink(each, dir_fd=descriptor)
        os.rmdir(name, dir_fd=folder)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
