"""The small pictures that a TIFF holds beside its own, kept true to it: those coded as JPEG; others are told of.

Photoshop keeps one among its resources, GIMP and exiv2 in a second directory as in EXIF, digiKam in one of its own.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gpend.core.formats import tags
from gpend.core.formats.exif.block import Block, Directory, UnreadableError
from gpend.core.formats.exif.edit import ThumbnailError
from gpend.core.formats.jpeg import embedded
from gpend.core.formats.tiff import ifd
from gpend.errors import PhotoError

LARGEST = 320  # pixels a side; what is larger is looked at as if it were the picture
_REDUCED = 1  # the flag of a smaller version of another picture (TIFF 6.0, NewSubfileType)
_OLD_REDUCED = 2  # the same, by the tag of TIFF 5.0
_JPEG = 7  # TIFF's number for it as compression
_PAGES = 16  # followed


def are_all_others(block: Block, first: Directory) -> bool:
    """Whether all pictures but that of the first directory are small versions of it; true where there are none."""
    try:
        return all(_is_small(block, each) for each in _others(block, first))
    except (PhotoError, UnreadableError):
        return False


def _others(block: Block, first: Directory) -> list[Directory]:
    """The directories of all pictures but the first. Raises UnreadableError, PhotoError where that cannot be told."""
    places = ifd.numbers(block, first, ifd.SUB_DIRECTORIES)
    found = [block.directory(at) for at in places[:_PAGES]]
    at = first.following
    while at and len(found) < _PAGES:
        found.append(block.directory(at))
        at = found[-1].following
    if at or len(places) > _PAGES:
        raise UnreadableError("it holds more further pictures than are followed")
    return found


def _is_small(block: Block, directory: Directory) -> bool:
    """Whether a directory is that of a small version of the picture."""
    try:
        sides = [ifd.number(block, directory, tag, 0) for tag in (ifd.WIDTH, ifd.HEIGHT)]
        is_reduced = bool(ifd.number(block, directory, ifd.SUBFILE, 0) & _REDUCED)
        is_reduced = is_reduced or ifd.number(block, directory, ifd.OLD_SUBFILE, 0) == _OLD_REDUCED
    except (PhotoError, UnreadableError):
        return False
    is_thumbnail = directory.find(ifd.JPEG) is not None and directory.find(ifd.STRIP_OFFSETS) is None
    return (is_reduced or is_thumbnail) and max(sides) <= LARGEST


def held(block: Block, first: Directory) -> list[bytes]:
    """The JPEGs of all small pictures, b"" for each that is none: first of Photoshop's, then of the others."""
    jpegs = (_told(block, one) for one in _others(block, first))
    return [
        embedded.kept_by_photoshop(bytes(block.data[ifd.content(block, first, ifd.RESOURCES)])),
        *(bytes(block.data[jpeg.start : jpeg.start + jpeg.length]) if jpeg else b"" for jpeg in jpegs),
    ]


def renewed(photo: bytes, first: Directory, renewals: Iterable[tags.Renewal]) -> tuple[bytes, tuple[str, ...]]:
    """The file with its small pictures renewed, each by one of `renewals`, in the order of `held`; and notes.

    `first` is its first directory. A file without any, which may be large, is not copied to be changed.
    """
    if not (first.find(ifd.RESOURCES) or first.find(ifd.SUB_DIRECTORIES) or first.following):
        return photo, ()
    block = Block(photo)
    notes = dict.fromkeys(_stale(block, first, renewals))
    return bytes(block.data), tuple(notes)


def _stale(block: Block, first: Directory, renewals: Iterable[tags.Renewal]) -> Iterator[str]:
    """Renew them in the block; the notes on those that stay as they were."""
    directories = [None, *_others(block, first)]
    for directory, renewal in zip(directories, renewals, strict=False):
        try:
            if directory is None:
                _renew_photoshops(block, first, renewal)
            else:
                _renew(block, directory, renewal)
        except (PhotoError, ThumbnailError):
            yield embedded.STALE


def _renew_photoshops(block: Block, first: Directory, renewal: tags.Renewal) -> None:
    old = bytes(block.data[ifd.content(block, first, ifd.RESOURCES)])
    new = embedded.renewed_by_photoshop(old, renewal.renewed)
    if new != old:
        ifd.replace_content(block, first, ifd.RESOURCES, new)


def _renew(block: Block, directory: Directory, renewal: tags.Renewal) -> None:
    told = _told(block, directory)
    if told is None:
        raise PhotoError(embedded.STALE)
    old = bytes(block.data[told.start : told.start + told.length])
    new = renewal.renewed(old)
    if new == old:
        return
    if len(new) <= told.length:  # zeros behind its end keep every number as it is
        block.data[told.start : told.start + told.length] = new.ljust(told.length, b"\0")
        return
    ifd.renumber(block, directory, told.offset_tag, [block.append(new)])
    ifd.renumber(block, directory, told.length_tag, [len(new)])


class _Told(NamedTuple):
    """Where a small picture's JPEG lies, and the tags that tell it."""

    offset_tag: int
    length_tag: int
    start: int
    length: int


def _told(block: Block, directory: Directory) -> _Told | None:
    """None where it is no JPEG that stands alone, or lies outside of the file."""
    try:
        pair = ifd.JPEG, ifd.JPEG_LENGTH
        if directory.find(ifd.JPEG) is None:
            is_whole = ifd.number(block, directory, ifd.COMPRESSION, 1) == _JPEG and not directory.find(ifd.JPEG_TABLES)
            pair = (ifd.STRIP_OFFSETS, ifd.STRIP_LENGTHS) if is_whole else pair
        (start,), (length,) = (ifd.numbers(block, directory, tag) for tag in pair)
    except (PhotoError, UnreadableError, ValueError):
        return None
    return _Told(*pair, start, length) if start + length <= block.size else None
