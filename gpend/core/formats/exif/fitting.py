"""EXIF of any length in a JPEG, whose segments have room for 64 KB.

A block may take several segments: exiftool, Pillow and ImageMagick read them as one, while exiv2, libexif and ffmpeg
read the first and miss what its offsets name beyond (measured on a block of 80 KB). So everything but the MakerNote and
the thumbnail goes into the first segment; where that cannot be, the MakerNote is left out, and then the thumbnail.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gpend.core.formats.exif.block import Block, UnreadableError
from gpend.core.formats.exif.edit import with_history
from gpend.core.formats.exif.parts import MAKER_NOTE, THUMBNAIL, Part, dropped, find, parts, without

LONGEST = 0xFFFF - 2 - 6
"""Bytes of a block that a segment has room for, behind its length and "Exif"."""

LARGE = frozenset({MAKER_NOTE, THUMBNAIL})
"""What may lie in later segments, where some programs do not find it."""

SELF_CONTAINED = (b"Apple iOS\0", b"FUJIFILM", b"HDRP", b"Nikon\0\2", b"OLYMPUS\0", b"OM SYSTEM\0")
"""How MakerNotes begin whose offsets count from their own start: they may be moved."""

NOTE = "its MakerNote is too long for a JPEG: only the original has it"
SPREAD = "its EXIF takes several segments, of which some programs read the first alone"


@dataclass(frozen=True)
class Fitted:
    """A block, cut for as many segments as it takes."""

    pieces: tuple[bytes, ...]
    notes: tuple[str, ...] = ()  # what a person should know
    is_recorded: bool = True  # it has the history, if there is one


def fitted(tiff: bytes, history: str) -> Fitted:
    """The block with `history`, if not empty, as far as a JPEG can hold it.

    Raises UnreadableError for a malformed block of a length that fits.
    """
    if len(tiff) <= LONGEST:
        whole = _recorded(tiff, history)
        return Fitted((whole,)) if len(whole) <= LONGEST else Fitted((tiff,), is_recorded=False)
    try:
        return next(_ways(tiff, history))
    except (UnreadableError, StopIteration):
        return Fitted(pieces(tiff), (SPREAD,), is_recorded=not history)


def _recorded(tiff: bytes, history: str) -> bytes:
    return with_history(tiff, history) if history else tiff


def pieces(tiff: bytes) -> tuple[bytes, ...]:
    """The block cut for as many segments as it takes."""
    return tuple(tiff[at : at + LONGEST] for at in range(0, len(tiff), LONGEST))


def _ways(tiff: bytes, history: str) -> Iterator[Fitted]:
    """How the block may be kept, in the order of what is lost."""
    block = Block(tiff)
    found = parts(block)
    note, thumbnail = find(found, MAKER_NOTE), find(found, THUMBNAIL)
    if thumbnail and not (note and note.start > thumbnail.start):
        yield from _with_last(tiff, [thumbnail], history)
    if max(part.end for part in found if part.tag not in LARGE) <= LONGEST:
        yield Fitted(pieces(tiff), is_recorded=not history)  # what is appended would lie in the second segment
    if note and block.data.startswith(SELF_CONTAINED, note.start):
        yield from _with_last(tiff, [note, *([thumbnail] if thumbnail else [])], history)
    if note:
        bare = dropped(tiff, note)
        thumbnail = find(parts(Block(bare)), THUMBNAIL)
        for each in _with_last(bare, [thumbnail] if thumbnail else [], history):
            yield replace(each, notes=(NOTE,))


def _with_last(tiff: bytes, large: list[Part], history: str) -> Iterator[Fitted]:
    """The block whole, or with its large parts put behind all others, if these then fit into the first segment."""
    whole = _recorded(tiff, history)
    if len(whole) <= LONGEST:
        yield Fitted((whole,))
        return
    first = Block(tiff).first()
    if any(first.offset <= part.pointer < first.end for part in large):
        return  # with the history, this directory moves
    bare = without(tiff, large)
    block = Block(with_history(bare.tiff, history, is_open=True) if history else bare.tiff)
    if len(block.data) <= LONGEST:
        for part, pointer in zip(large, bare.pointers, strict=True):
            block.aim(pointer, block.append(tiff[part.start : part.end]))
        yield Fitted(pieces(bytes(block.data)))
