"""EXIF edited by appending alone: nothing in the block moves, so that offsets inside MakerNotes stay true.

A directory that changes is written anew at the end, and the one pointer to it is aimed there. The block is a bare TIFF
block: what follows the six bytes of "Exif" in a JPEG's APP1, a PNG's eXIf, a WebP's EXIF, or a whole TIFF file.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from gpend import __version__
from gpend.core.formats import signatures
from gpend.core.formats.exif.block import ASCII, INTEGERS, LONG, RATIONALS, Block, Directory, UnreadableError
from gpend.core.formats.turn import Turn

SOFTWARE = f"gpend {__version__}"
"""The value of ProcessingSoftware."""

_ORIENTATION, _PROCESSING_SOFTWARE = 0x0112, 0x000B
_IMAGE_HISTORY = 0x9213  # TIFF/EP's, whose place is IFD0; exiftool and exiv2 both find it there
_THUMBNAIL, _THUMBNAIL_LENGTH, _STRIPS = 0x0201, 0x0202, 0x0111
_SIZE, _PIXELS, _RELATED = (0x0100, 0x0101), (0xA002, 0xA003), (0x1001, 0x1002)
"""Width and height in IFD0 and IFD1, in the EXIF directory, and in that of interoperability."""

_SUBJECT = (0x9214, 0xA214)  # SubjectArea, SubjectLocation
_DETAILS, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_MOST_FILL = 1 << 17  # bytes: twice what is taken for a file that is still being written


class ThumbnailError(UnreadableError):
    """The block is fine but for its thumbnail."""


def orientation(tiff: bytes) -> int:
    """The orientation that the block tells, 1 to 8; 1 where it tells none or cannot be read."""
    try:
        block = Block(tiff)
        told = block.number(block.first(), _ORIENTATION)
    except UnreadableError:
        return 1
    return told if 1 <= told <= 8 else 1  # noqa: PLR2004 -- the eight orientations of EXIF


def upright(tiff: bytes, width: int, height: int, turned: int | None = None) -> bytes:
    """The block of a picture whose pixels were turned upright and are of this size now; as it is where it is malformed.

    `turned` is the orientation by which they were, where another part of the file told it.

    Its orientation becomes 1, also that of its thumbnail; a width and height that are told the other way round change
    places, and where its subject is said to be follows. One entry that makes no sense keeps no other from that.
    """
    try:
        block = Block(tiff)
        first = block.first()
    except UnreadableError:
        return tiff
    turn = Turn(orientation(tiff) if turned is None else turned, width, height)
    details, second = _led_to(block, first, _DETAILS), _second(block)
    related = _led_to(block, details, _INTEROPERABILITY) if details else None
    _renumber(block, first, _ORIENTATION, 1)
    for directory, (across, down) in ((first, _SIZE), (details, _PIXELS), (related, _RELATED)):
        if directory and (_told(block, directory, across), _told(block, directory, down)) == ((height,), (width,)):
            _renumber(block, directory, across, width)
            _renumber(block, directory, down, height)
    if details:
        for tag in _SUBJECT:
            _exchange(block, details, tag, turn.subject(_told(block, details, tag)))
    if second and second.find(_THUMBNAIL):
        _turn_thumbnail(block, second, turn)
    return bytes(block.data)


def _turn_thumbnail(block: Block, directory: Directory, turn: Turn) -> None:
    """What IFD1 tells of the thumbnail, which is turned as the picture was."""
    _renumber(block, directory, _ORIENTATION, 1)
    told = [_told(block, directory, tag) for tag in _SIZE]
    if turn.is_sideways and all(told):
        for tag, (side, *_) in zip(_SIZE, reversed(told), strict=True):
            _renumber(block, directory, tag, side)


def _told(block: Block, directory: Directory, tag: int) -> tuple[int, ...]:
    """Whole numbers; () where there are none that make sense."""
    try:
        return block.integers(directory, tag)
    except UnreadableError:
        return ()


def _exchange(block: Block, directory: Directory, tag: int, numbers: tuple[int, ...]) -> None:
    """Put as many whole numbers in place of those of an entry."""
    entry = directory.find(tag)
    if entry is not None and numbers:
        form = f"{block.order}{len(numbers)}{INTEGERS[entry.kind]}"
        with suppress(struct.error):  # the entry's type holds no number as large as where its subject is now
            struct.pack_into(form, block.data, block.place(directory, entry), *numbers)


def with_words_behind(tiff: bytes, words: str) -> bytes:
    """The block, which cannot be appended to, with `words` behind it and behind all that it says it holds.

    So nothing is read from them that was missing before. What reaches farther than any writer's mistake is missing on.
    """
    block, end = Block(tiff), len(tiff)
    reaches = [block.extent(one) for one in _directories(block)]
    fill = max((reach - end for reach in reaches if end < reach <= end + _MOST_FILL), default=0)
    return tiff + bytes(fill) + words.encode() + b"\0"


def _renumber(block: Block, directory: Directory, tag: int, number: int) -> None:
    """Put a number in place of whatever entries with this tag tell; readers differ in which of two they take."""
    for at, entry in enumerate(directory.entries):
        numbers = (number, 1) if entry.kind in RATIONALS else (number,)
        form = (INTEGERS | RATIONALS).get(entry.kind)
        if entry.tag == tag and form is not None:
            with suppress(struct.error):  # the value lies outside of the block, or has no room for the number
                struct.pack_into(block.order + form, block.data, directory.values(at)[0], *numbers)


def with_history(tiff: bytes, history: str, *, is_open: bool = False) -> bytes:
    """The block with `history` at the end of ImageHistory and gpend named as ProcessingSoftware, both in IFD0.

    What another program wrote there stays. Raises UnreadableError for a block that cannot be appended to: one whose
    values reach beyond its end, unless it `is_open`, with offsets that the caller aims afterwards.
    """
    block = Block(tiff)
    before = block.first()
    if not before.is_whole:
        raise UnreadableError("the directory is longer than its block")
    after = _marked(block, before, history)
    if after == before:
        return tiff
    block.aim(4, block.append_directory(after))
    if not is_open and any(block.reaches(one, len(tiff), len(block.data)) for one in _directories(Block(tiff))):
        raise UnreadableError("values reach beyond the end of the block: they would be read from what is new")
    return bytes(block.data)


def _directories(block: Block) -> Iterator[Directory]:
    """IFD0 and all that it leads to, as far as it can be read."""
    first = block.first()
    yield first
    details = _led_to(block, first, _DETAILS)
    below = [_second(block), details, _led_to(block, first, _GPS)]
    below.append(_led_to(block, details, _INTEROPERABILITY) if details is not None else None)
    yield from (directory for directory in below if directory is not None)


def _led_to(block: Block, directory: Directory, tag: int) -> Directory | None:
    try:
        return block.directory(block.number(directory, tag))
    except UnreadableError:
        return None


def minimal(history: str) -> bytes:
    """A new block that holds `history` and nothing that was not known of the photo."""
    block = Block(signatures.TIFF[0] + bytes(4))
    block.aim(4, block.append_directory(_marked(block, Directory(0, (), 0), history)))
    return bytes(block.data)


def _marked(block: Block, directory: Directory, history: str) -> Directory:
    told = _with_text(block, directory, _IMAGE_HISTORY, lambda past: _continued(past, history.encode()))
    return _with_text(block, told, _PROCESSING_SOFTWARE, _software)


def _with_text(block: Block, directory: Directory, tag: int, change: Callable[[bytes], bytes]) -> Directory:
    old = directory.find(tag)
    if old is not None and old.kind != ASCII:
        return directory
    past = block.text(old) if old is not None else b""
    now = change(past)
    return directory if now == past else directory.holding(block.entry(tag, ASCII, now + b"\0"))


def _continued(past: bytes, history: bytes) -> bytes:
    if past.endswith(history):
        return past
    return past + b"; " + history if past else history


def _software(past: bytes) -> bytes:
    return past if past and not past.startswith(b"gpend ") else SOFTWARE.encode()


@dataclass(frozen=True)
class _Stored:
    """Where the thumbnail of IFD1 stands."""

    directory: Directory
    offset: int
    length: int


def thumbnail(tiff: bytes) -> bytes:
    """The JPEG thumbnail of IFD1; b"" where there is none. Raises ThumbnailError where it lies outside of the block."""
    block = Block(tiff)
    stored = _stored(block)
    return b"" if stored is None else bytes(block.data[stored.offset : stored.offset + stored.length])


def has_raw_thumbnail(tiff: bytes) -> bool:
    """Whether IFD1 holds a thumbnail that is not one JPEG, as old cameras write it. Raises UnreadableError."""
    directory = _second(Block(tiff))
    return directory is not None and directory.find(_THUMBNAIL) is None and directory.find(_STRIPS) is not None


def with_thumbnail(tiff: bytes, new: bytes) -> bytes:
    """The block with another thumbnail: in the old one's place where it fits or nothing follows, else at the end.

    A shorter one is filled up with zeros behind its end to the old length, so that not a tag differs.
    Raises UnreadableError for a malformed block and for one without a thumbnail.
    """
    block = Block(tiff)
    stored = _stored(block)
    if stored is None:
        raise ThumbnailError("there is no thumbnail")
    end = stored.offset + stored.length
    if len(new) <= stored.length:
        block.data[stored.offset : end] = new.ljust(stored.length, b"\0")
        return bytes(block.data)
    if not any(block.data[end:]) and len(block.data) - end <= 1:  # a last byte may make the length even
        block.data[stored.offset :] = new
    else:
        _aim(block, stored.directory, _THUMBNAIL, block.append(new))
    _aim(block, stored.directory, _THUMBNAIL_LENGTH, len(new))
    return bytes(block.data)


def with_preview(tiff: bytes, old: int, new: int) -> bytes:
    """The block with its one pointer to `old`, counted from its start, aimed at `new`.

    Cameras older than MPF keep a preview behind the picture and tell its place somewhere in the MakerNote. Four bytes
    that name the very place where a picture begins are that pointer; where they stand more than once, nobody knows.
    """
    order: Literal["little", "big"] = "little" if tiff.startswith(b"II") else "big"
    pointer = old.to_bytes(4, order)
    return tiff.replace(pointer, new.to_bytes(4, order)) if tiff.count(pointer) == 1 else tiff


def _stored(block: Block) -> _Stored | None:
    directory = _second(block)
    if directory is None or directory.find(_THUMBNAIL) is None:
        return None
    try:
        offset, length = (block.number(directory, tag) for tag in (_THUMBNAIL, _THUMBNAIL_LENGTH))
    except UnreadableError as error:
        raise ThumbnailError("the thumbnail's place is not told") from error
    if not 0 <= offset <= offset + length <= len(block.data):
        raise ThumbnailError("the thumbnail lies outside of the block")
    return _Stored(directory, offset, length)


def _second(block: Block) -> Directory | None:
    """IFD1; None also where what should be its offset points nowhere."""
    following = block.first().following
    try:
        return block.directory(following) if following else None
    except UnreadableError:
        return None


def _aim(block: Block, directory: Directory, tag: int, number: int) -> None:
    entry = directory.find(tag)
    if entry is None or entry.kind != LONG:
        raise ThumbnailError("the thumbnail's place is told in an unusual way")
    block.aim(directory.place(tag), number)
