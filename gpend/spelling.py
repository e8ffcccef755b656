"""How a disk spells a name: many take another case, or another form of Unicode, for the same name."""

import errno
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME_ERRORS: Final = (errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ)
"""How a disk says that it cannot hold a name, whatever stands there."""

_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC


def folded(path: str | Path) -> str:
    """What all spellings of a path have in common (pure): where it differs, no disk takes two paths for one."""
    text = os.fspath(path)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", text.casefold())


def listed(folder: int, name: str) -> str | None:
    """The name by which an open folder lists what it finds under `name`; None: nothing. Raises OSError.

    A folder whose names are what they are is not listed for this: nothing stands there under another spelling.
    """
    if not is_ambiguous(folder, name):
        return name if _stands(folder, name) else None
    names = _names_in(folder)
    if name in names:
        return name
    return next((each for each in names if folded(each) == folded(name)), name)


def is_ambiguous(folder: int, name: str) -> bool:
    """Is what stands under a name in an open folder found under another spelling too? Raises OSError.

    On a disk that tells all names apart it may be another file that is found so.
    """
    return _stands(folder, name) and any(_stands(folder, other) for other in _others(name))


def is_listed(root: Path, relative: Path) -> bool:
    """Does a path below `root` exist with exactly this spelling, that of the folders on the way included?

    A folder need not be readable, unless there is doubt. Raises OSError.
    """
    descriptor = os.open(root, _DIRECTORY | os.O_PATH)
    try:
        for number, name in enumerate(relative.parts, start=1):
            if listed(descriptor, name) != name:
                return False
            if number < len(relative.parts):
                deeper = os.open(name, _DIRECTORY | os.O_PATH, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = deeper
    finally:
        os.close(descriptor)
    return True


def _names_in(folder: int) -> list[str]:
    descriptor = os.open(".", _DIRECTORY | os.O_RDONLY, dir_fd=folder)
    try:
        return os.listdir(descriptor)  # noqa: PTH208  # of an open folder
    finally:
        os.close(descriptor)


def _others(name: str) -> Iterator[str]:
    """Other spellings, of which a disk that ignores case or the form of Unicode finds at least one."""
    swapped = "".join(each.swapcase() if len(each.swapcase()) == 1 else each for each in name)
    for other in (swapped, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
        if other != name:
            yield other


def _stands(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno in NAME_ERRORS:
            return False
        raise
    return True
