"""Folders of the output tree, held by descriptor: no link is followed, nothing outside the root can be reached."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpend.errors import PhotoError
from gpend.mirror.access import Access, give
from gpend.spelling import NAME_ERRORS

_OURS = 0o700
_LISTS = "system.posix_acl_"  # of who may do what, which network shares rely on
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LinkedFolderError(PhotoError):
    """A folder of the output tree is a link, or no folder; gpend writes nothing there."""


@contextmanager
def open_folder(root: Path, relative: Path, source: Path | None = None) -> Iterator[int]:
    """A descriptor of root/relative. With `source`, what is missing is made, for whom the same folder there is.

    Raises FileNotFoundError where it is missing without `source`, LinkedFolderError for a link on the way, OSError.
    """
    if relative.is_absolute() or ".." in relative.parts:
        raise PhotoError(f"{relative} leads out of the output folder; nothing was written.")
    descriptor = os.open(root, _DIRECTORY)
    try:
        walked = Path()
        for name in relative.parts:
            walked /= name
            deeper = _enter(descriptor, name, root / walked, None if source is None else source / walked)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def remove_empty(root: Path, relative: Path) -> None:
    """Remove a folder and the folders around it, as far as they are empty; the root stays."""
    while relative.parts:
        try:
            with open_folder(root, relative.parent) as descriptor:
                os.rmdir(relative.name, dir_fd=descriptor)
        except (OSError, PhotoError):
            return  # it holds something, or is not ours to remove: leaving a folder behind harms nobody
        relative = relative.parent


def _enter(descriptor: int, name: str, place: Path, model: Path | None) -> int:
    try:
        return _open(descriptor, name, place)
    except OSError as error:
        if error.errno not in (errno.ENOENT, *NAME_ERRORS):
            raise
        if model is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from error
    try:
        os.mkdir(name, _OURS, dir_fd=descriptor)
    except FileExistsError:
        return _open(descriptor, name, place)  # made by somebody else meanwhile; what it is shows when it is opened
    made = _open(descriptor, name, place)
    try:
        _open_up(made, model, descriptor)
        os.fsync(descriptor)
    except OSError:
        os.close(made)
        raise
    return made


def _open_up(made: int, model: Path, around: int) -> None:
    """A new folder is nobody else's at first; then it has the owner, the mode and the lists of its model.

    Where there is no model, those of the folder around it.
    """
    with suppress(OSError):
        for name in os.listxattr(model):
            if name.startswith(_LISTS):
                os.setxattr(made, name, os.getxattr(model, name))
    try:
        status = model.stat()
    except OSError:
        status = os.fstat(around)
    give(made, Access.like(status))


def _open(descriptor: int, name: str, place: Path) -> int:
    try:
        return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LinkedFolderError(
                f"{place} is a link or a file, not a folder. gpend follows no links in the output folder, "
                "so nothing was written. Put a real folder there and run `gpend retry`.",
            ) from error
        raise
