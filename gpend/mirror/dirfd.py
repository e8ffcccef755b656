"""Folders of the output tree, held by descriptor: no link is followed, nothing outside the root can be reached."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpend.errors import PhotoError

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LinkedFolderError(PhotoError):
    """A folder of the output tree is a link, or no folder; gpend writes nothing there."""


@contextmanager
def open_folder(root: Path, relative: Path, source: Path | None = None) -> Iterator[int]:
    """A descriptor of root/relative. With `source`, what is missing is made, as private as the same folder there.

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
    except FileNotFoundError:
        if model is None:
            raise
    try:
        os.mkdir(name, _mode_of(model, descriptor), dir_fd=descriptor)
        os.fsync(descriptor)
    except FileExistsError:
        pass  # made by somebody else meanwhile; what it is shows when it is opened
    return _open(descriptor, name, place)


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


def _mode_of(model: Path, around: int) -> int:
    """As private as the same folder among the photos; where there is none, as the folder around it."""
    try:
        status = model.stat()
    except OSError:
        status = os.fstat(around)
    return stat.S_IMODE(status.st_mode) & 0o777 | 0o700
