"""EXIF in containers other than JPEG: its orientation, its thumbnail, and the history appended to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import exif
from gpend.core.formats.jpeg import difference
from gpend.core.formats.jpeg.embedded import STALE as STALE_SMALL
from gpend.core.formats.jpeg.thumbnail import VISIBLE
from gpend.core.formats.jpeg.thumbnail import refreshed as refreshed_thumbnail
from gpend.core.formats.scaling import eight_bits, in_colour
from gpend.core.formats.xmp import small_sides
from gpend.core.photo import Mask, Pixels
from gpend.errors import PhotoError

STALE = ("its EXIF thumbnail could not be brought up to date",)
UNREADABLE = ("its EXIF is not well formed: it was left as it is, without a note of the restoration",)

BESIDE = ("its EXIF is not well formed: it was left as it is, and a comment beside it tells of the restoration",)


def comment(history: str) -> str:
    """What is told beside an EXIF that cannot hold it."""
    return f"{history} ({exif.SOFTWARE})"


class Renewal(Protocol):
    """Keeps a thumbnail true to its picture."""

    def renewed(self, thumbnail: bytes) -> bytes:
        """The JPEG that the thumbnail becomes. Raises PhotoError, ThumbnailError."""
        ...


@dataclass(frozen=True)
class Change:
    """What became of the picture."""

    before: Callable[[], Pixels]  # decodes it; only called where there is a thumbnail to be kept true to it
    pixels: Pixels  # (h, w, 3) uint8 or uint16 RGB over the whole range
    changed: Mask  # (h, w) bool

    def renewed(self, thumbnail: bytes) -> bytes:
        """With the change put into it, if that is seen at its size."""
        before, after = self._both()
        return refreshed_thumbnail(thumbnail, after, difference.of_pixels(before, after))

    def outdated(self, packet: bytes) -> tuple[str, ...]:
        """A note where the XMP holds a small picture in which the change would be seen: it stays as it is."""
        sides = small_sides(packet)
        is_seen = all(sides) and np.abs(difference.of_pixels(*self._both())(*sides)).max() >= VISIBLE
        return (STALE_SMALL,) if is_seen else ()

    def _both(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(h, w, 3) uint8 RGB each, before and after."""
        before = eight_bits(in_colour(self.before()))
        after = before.copy()
        after[self.changed] = eight_bits(self.pixels[self.changed])
        return before, after


@dataclass(frozen=True)
class Finished:
    """The thumbnail that the finished picture has in another file; b"" where it has none."""

    thumbnail: bytes

    @classmethod
    def of(cls, block: bytes) -> "Finished":
        """The one in that file's EXIF block."""
        try:
            return cls(exif.thumbnail(_bare(block)) if block else b"")
        except exif.UnreadableError:
            return cls(b"")

    def renewed(self, thumbnail: bytes) -> bytes:
        """That one; the old one where there is none."""
        return self.thumbnail or thumbnail


def orientation(block: bytes) -> int:
    """1 to 8 as a TIFF block has it; 1 where it says nothing that makes sense."""
    return exif.orientation(_bare(block))


def recorded(block: bytes, history: str, change: Renewal) -> tuple[bytes, tuple[str, ...]]:
    """The block with its thumbnail refreshed and `history` appended, or a new one; and notes.

    Empty where the block stays as it is.
    """
    bare = _bare(block)
    if not bare:
        return (exif.minimal(history) if history else b""), ()
    try:
        new, notes = refreshed(bare, change)
        new = exif.with_history(new, history) if history else new
    except exif.UnreadableError:
        return b"", UNREADABLE if history else ()
    return (block[: len(block) - len(bare)] + new if new != bare else b""), notes


def refreshed(bare: bytes, change: Renewal) -> tuple[bytes, tuple[str, ...]]:
    """The bare block with the change put into its thumbnail, if it is seen at that size; and notes."""
    try:
        old = exif.thumbnail(bare)
        if not old:
            return bare, STALE if exif.has_raw_thumbnail(bare) else ()
        new = change.renewed(old)
        return (exif.with_thumbnail(bare, new) if new != old else bare), ()
    except (PhotoError, exif.ThumbnailError):
        return bare, STALE


def _bare(block: bytes) -> bytes:
    """Without the prefix that belongs to JPEG, and that some writers put into other containers too."""
    return block.removeprefix(b"Exif\0\0")
