"""EXIF of any length in a JPEG, whose segments have room for 64 KB.

A block may take several segments: exiftool, Pillow and ImageMagick read them as one, while exiv2, libexif and ffmpeg
read the first and miss what its offsets name beyond (measured on a block of 80 KB). So all that is short goes into the
first segment, and what is long (a thumbnail, a comment) behind it; where the MakerNote, which may count its offsets
from the block's start, leaves no room for that, it is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gpend.core.formats.exif.block import Block, UnreadableError
from gpend.core.formats.exif.edit import with_history
from gpend.core.formats.exif.parts import DIRECTORY, MAKER_NOTE, STRIPS, SUB, Part, dropped, find, parts, without

LONGEST = 0xFFFF - 2 - 6
"""Bytes of a block that a segment has room for, behind its length and "Exif"."""

LARGE = 4096
"""Bytes from which a value may go into a later segment, where some programs do not find it: no date, place or camera
is as long."""

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
    note = find(found, MAKER_NOTE)
    large = _large(found)
    if note is None or all(part.start > note.start for part in large):
        yield from _with_last(tiff, history)
    if max(part.end for part in found if part not in large and part != note) <= LONGEST:
        yield Fitted(pieces(tiff), is_recorded=not history)  # what is appended would lie in the second segment
    if note and block.data.startswith(SELF_CONTAINED, note.start):
        yield from _with_last(tiff, history, with_note=True)
    if note:
        for each in _with_last(dropped(tiff, note), history):
            yield replace(each, notes=(NOTE,))


def _large(found: list[Part], *, with_note: bool = False) -> list[Part]:
    """Values that nothing points into, and that may stand anywhere."""
    others = (DIRECTORY, STRIPS, SUB) if with_note else (DIRECTORY, STRIPS, SUB, MAKER_NOTE)
    return [part for part in found if part.tag not in others and part.end - part.start >= LARGE]


def _with_last(tiff: bytes, history: str, *, with_note: bool = False) -> Iterator[Fitted]:
    """The block whole, or with its large parts put behind all others, if these then fit into the first segment."""
    whole = _recorded(tiff, history)
    if len(whole) <= LONGEST:
        yield Fitted((whole,))
        return
    large = _large(parts(Block(whole)), with_note=with_note)
    bare = without(whole, large)
    if len(bare.tiff) <= LONGEST:
        block = Block(bare.tiff)
        for part, pointer in zip(large, bare.pointers, strict=True):
            block.aim(pointer, block.append(whole[part.start : part.end]))
        yield Fitted(pieces(bytes(block.data)))
