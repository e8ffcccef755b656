"""Find out whether a disk can hold a name, by trying it out where nobody sees it."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from gpend.mirror.dirfd import LinkedFolderError, open_folder
from gpend.mirror.inspect import status_of
from gpend.mirror.names import is_unusual, odd_characters, refusal
from gpend.spelling import NAME_ERRORS

WORKSHOP: Final = ".gpend-probe-"
"""How the names of folders begin in which names are tried out."""

_REFUSALS = (errno.ENOENT, *NAME_ERRORS)


class NameCheck:
    """Tells, for one output tree, which names its disk cannot hold: that is a photo's own trouble, not the disk's."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: frozenset[str] = frozenset()  # unusual characters that this disk has taken

    def check(self, place: Path, *, suspected: bool = False) -> None:
        """Raise NameRefusedError where the disk cannot hold the name of a photo, or of a folder on the way.

        Names that every disk holds are not tried out, unless they are `suspected`. Raises OSError.
        """
        for name, around in zip(place.parts, reversed(place.parents), strict=True):
            odd = odd_characters(name)
            if suspected or is_unusual(name) or not odd <= self._held:
                with self._nearest(around) as folder:
                    if status_of(folder, name) is None:
                        refuse_unholdable(folder, name)
                self._held |= odd

    @contextmanager
    def blaming(self, place: Path) -> Iterator[None]:
        """While a name is given: NameRefusedError instead of an OSError with which the disk says that it cannot be."""
        try:
            yield
        except OSError as error:
            if error.errno in _REFUSALS:
                with suppress(OSError):
                    self.check(place, suspected=True)
            raise

    @contextmanager
    def _nearest(self, place: Path) -> Iterator[int]:
        """The folder at a place, or the nearest one around it that is there."""
        with ExitStack() as opened:
            for each in (place, *place.parents):
                with suppress(FileNotFoundError, LinkedFolderError):
                    folder = opened.enter_context(open_folder(self._root, each))
                    break
            else:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._root)
            yield folder


def refuse_unholdable(folder: int, name: str) -> None:
    """Raise NameRefusedError if the disk of an open folder cannot hold a name; nothing is left there. OSError."""
    with _workshop(folder) as (inside, path):
        if not _holds(inside, name):
            os.stat(path, dir_fd=folder)  # raises FileNotFoundError: it was the folder that went, then
            raise refusal(name, [each for each in sorted(odd_characters(name)) if not _holds(inside, f"a{each}a")])


@contextmanager
def _workshop(folder: int) -> Iterator[tuple[int, str]]:
    path = WORKSHOP + secrets.token_hex(8)
    os.mkdir(path, 0o700, dir_fd=folder)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            yield descriptor, path
        finally:
            os.close(descriptor)
    finally:
        with suppress(OSError):  # it is swept up later
            os.rmdir(path, dir_fd=folder)


def _holds(folder: int, name: str) -> bool:
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno in _REFUSALS:
            return False
        raise
    os.close(descriptor)
    os.unlink(name, dir_fd=folder)
    return True
