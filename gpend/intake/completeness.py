"""Does a file hold its picture to the end? Judged by its structure, from as few bytes as the format allows (pure).

Each format's own code says where its picture ends, and the core that decodes asks the same code: what one calls
incomplete, the other does too. Trailers after the picture (motion photos, MPF, Samsung's, padding) are allowed. Space
that a writer has reserved but not filled is told by holes in the file: no compressed picture has one inside.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gpend.core.formats import isobmff, unwritten
from gpend.core.formats import reader as files
from gpend.core.formats.jpeg import segments as jpeg
from gpend.core.formats.png import chunks
from gpend.core.formats.signatures import HEAD, Structure, structure_of
from gpend.core.formats.tiff import ending as tiff
from gpend.core.formats.webp import riff
from gpend.errors import IncompleteError, PhotoError

_BLOCK = 4096  # bytes: if uncompressed pixels after a hole end in so many zeros, these were never written
_ENDS = {
    Structure.JPEG: jpeg.end,
    Structure.PNG: chunks.end,
    Structure.TIFF: tiff.end,
    Structure.RIFF: riff.end,
    Structure.ISOBMFF: isobmff.end,
}


class Completeness(StrEnum):
    """What the structure of a file says about its end."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # it stops, or is still empty, before the picture's end
    PERHAPS = "perhaps"  # all of its picture may be there, but no end: on its way, or for the decoder to judge
    UNKNOWN = "unknown"  # no format with an end that can be told: for the decoder to judge


class Reader(files.Reader, Protocol):
    """A file that can be read anywhere, and says what of it was never written."""

    @property
    def first_hole(self) -> int:
        """The offset of the first byte that was never written, where the file system tells; else the size."""


def completeness(reader: Reader) -> Completeness:
    """Judge one file. Raises only what the reader raises."""
    head = reader.read(0, HEAD)
    if len(head) < HEAD or not any(head):
        return Completeness.INCOMPLETE  # empty, reserved, or shorter than any picture
    structure = structure_of(head)
    try:
        end = _ENDS[structure](reader) if structure else _unfollowed(head)
    except (files.CutBehindError, files.UnmarkedError):
        return Completeness.PERHAPS if reader.first_hole >= reader.size else Completeness.INCOMPLETE
    except IncompleteError:
        return Completeness.INCOMPLETE
    except PhotoError:
        return Completeness.INCOMPLETE if reader.first_hole < reader.size else Completeness.UNKNOWN
    is_filled = end <= reader.first_hole or (structure is Structure.TIFF and _has_pixels(reader, end))
    return Completeness.COMPLETE if is_filled else Completeness.INCOMPLETE


@dataclass(frozen=True)
class _Read(files.InMemory):
    first_hole: int


def require_written(photo: bytes, hole: int) -> None:
    """Raise IncompleteError where a file that was read whole lacks what its picture needs, from its first hole on."""
    if completeness(_Read(photo, hole)) is Completeness.INCOMPLETE:
        raise IncompleteError(unwritten.NEVER_WRITTEN)


def _unfollowed(head: bytes) -> int:
    """Raise what is true of a format that is not followed."""
    if any(head[HEAD // 2 :]):
        raise PhotoError("its format is not known")
    raise IncompleteError(files.ENDS_EARLY)


def _has_pixels(reader: Reader, end: int) -> bool:
    """Black pixels that need not be compressed may lie in a hole of a whole file: only the last ones tell."""
    tail = max(reader.first_hole, end - _BLOCK)
    return any(reader.read(tail, end - tail))
