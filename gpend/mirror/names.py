"""Which file in the output tree is for which photo, and which names a disk cannot hold, tried out where nobody sees."""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from gpend.core.formats.signatures import KNOWN, is_ending_of
from gpend.errors import PhotoError
from gpend.mirror.dirfd import LinkedFolderError, open_folder
from gpend.mirror.inspect import status_of
from gpend.spelling import NAME_ERRORS

_WRAPPED = ".dat"  # WeChat's pictures: the ending tells nothing of the photo

_PLAIN = re.compile(r"[A-Za-z0-9 ._()+,=@~#$%&'!{}^\[\]-]")
_LONGEST = 143  # bytes of a name in an encrypted folder; others hold 255
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # names that Windows refuses


_REFUSED = frozenset('<>:"/\\|?*') | {chr(number) for number in range(32)}
"""What Windows allows in no name: https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
WORKSHOP: Final = ".gpend-probe-"
"""How the names of folders begin in which names are tried out."""

_REFUSALS = (errno.ENOENT, *NAME_ERRORS)

_LONGEST_ENDING = 16  # bytes
_MARK = 8  # hexadecimal digits that tell two names apart


class NameRefusedError(PhotoError):
    """The disk of the output cannot hold a name that a photo, or a folder around it, has."""


def candidates(relative: Path, suffix: str) -> list[Path]:
    """Where the output for a photo may stand, the best place first; relative to the two roots.

    It has the photo's own path. Where its ending is not one of the format that `suffix` stands for (such as ".jpg"), it
    is exchanged, or, where that name belongs to another photo, appended: IMG_1.HEIC becomes IMG_1.jpg or
    IMG_1.HEIC.jpg. What is no format's ending is part of the name, and stays.
    """
    if not suffix or is_ending_of(relative.suffix, suffix):
        return [relative]
    longer = relative.with_name(relative.name + suffix)
    is_ending = relative.suffix.lower() in {*KNOWN, _WRAPPED}
    return [relative.with_suffix(suffix), longer] if is_ending else [longer]


def portable(relative: Path, suffix: str) -> list[Path]:
    """The same, by names that every disk can hold and every system can open.

    What they cannot have becomes "_". Where that is another photo's name, a mark made of the photo's own path follows.
    """
    found = []
    for place in candidates(relative, suffix):
        new = portable_path(place)
        found += [new] if new == place else [new, new.with_name(_marked(new.name, os.fsencode(relative)))]
    return found


def portable_path(relative: Path) -> Path:
    """A path with names that every disk can hold."""
    return Path(*map(_portable, relative.parts))


def _portable(name: str) -> str:
    text = "".join("_" if each in _REFUSED or "\ud800" <= each <= "\udfff" else each for each in name)
    text = text[:-1] + "_" if text[-1] in " ." else text
    if _DEVICES.fullmatch(text):
        stem, dot, rest = text.partition(".")
        text = f"{stem}_{dot}{rest}"
    return text if len(text.encode()) <= _LONGEST else _marked(text, os.fsencode(name))


def _marked(name: str, origin: bytes) -> str:
    """A name that tells by a mark where it comes from, cut to what every disk can hold."""
    stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
    if len(ending.encode()) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""  # what follows a dot that stands in the middle of a name is part of it
    tail = f"~{hashlib.sha256(origin).hexdigest()[:_MARK]}{dot}{ending}"
    room = max(1, _LONGEST - len(tail.encode()))
    return stem.encode()[:room].decode(errors="ignore") + tail


def odd_characters(name: str) -> frozenset[str]:
    """What is in a name that some disks refuse."""
    return frozenset(_PLAIN.sub("", name))


def is_unusual(name: str) -> bool:
    """May a disk refuse a name for more than its characters: for its length, its end, or what it means to Windows?"""
    return len(name.encode(errors="surrogateescape")) > _LONGEST or name[-1] in " ." or bool(_DEVICES.fullmatch(name))


def refusal(name: str, refused: list[str]) -> NameRefusedError:
    """In words, that a disk cannot hold a name; `refused` are the characters that it holds in no name."""
    if refused:
        told = ", ".join("bytes that are no UTF-8" if "\udc80" <= each <= "\udcff" else repr(each) for each in refused)
        why = f"This disk cannot hold {told} in a name"
    elif (length := len(name.encode(errors="surrogateescape"))) > _LONGEST:
        why = f"This disk cannot hold a name of {length} bytes"
    else:
        why = "This disk cannot hold such a name"
    return NameRefusedError(
        f"{why}, so {_shown(name)} has no place in the output folder. Nothing was written, and no other photo waits "
        "for it. Rename it, and it is processed by itself.",
    )


def _shown(name: str) -> str:
    return repr(name.encode(errors="surrogateescape").decode(errors="replace"))


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
