"""A JPEG with some of its pixels replaced and everything else kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import SIGNED, exif
from gpend.core.formats.jpeg import embedded, frame, thumbnail
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.picture import replaced
from gpend.core.formats.jpeg.splice import LONGEST_EXIF, Added, exif_segments, signed, splice, tiff_of
from gpend.core.photo import Mask
from gpend.errors import PhotoError

_MALFORMED = "its EXIF is malformed and was left as it was"
_FULL = "its EXIF has no room for gpend's tags and was left as it was"
_SPREAD = "its EXIF spreads over several segments and was left as it was"
_STALE = "its EXIF thumbnail could not be brought up to date"


@dataclass(frozen=True)
class Patched:
    """A whole new file."""

    photo: bytes
    notes: tuple[str, ...]  # what a person should know


def patch(photo: bytes | Jpeg, pixels: NDArray[np.uint8], changed: Mask, history: str) -> Patched:
    """`photo` with `pixels` (h, w, 3) uint8 RGB, stored orientation, where `changed` (h, w) bool.

    Only the DCT blocks that `changed` touches are replaced; what every other coefficient stands for, every metadata
    segment and what follows the picture stay the same, bit for bit. Hard compressed luma gets finer steps, of which its
    own are multiples, so that the new blocks keep what was restored. Decoders smooth colour over block borders, so with
    shared colour the pixels right beside a replaced block may differ a little. EXIF gains `history`, if not empty, and
    its thumbnail the change, if it is seen at that size; the index of further pictures (MPF) is brought up to date.

    Raises IncompleteError where the file ends early, UnsupportedError for kinds that gpend does not write (arithmetic
    coding, lossless, 12 bits, CMYK and YCCK), PhotoError for corrupt data.
    """
    jpeg = parse(photo)
    frame.refuse_unpatchable(jpeg.frame)
    if pixels.shape != (jpeg.frame.height, jpeg.frame.width, 3) or changed.shape != pixels.shape[:2]:
        raise ValueError(f"pixels {pixels.shape} or mask {changed.shape} are not of the photo's size")
    picture = replaced(jpeg, pixels, changed) if changed.any() else None
    if picture is None or not picture.is_changed:
        return Patched(jpeg.photo, ())
    tiff, notes = edited_exif(jpeg, lambda old: _with_thumbnail(old, pixels, picture.difference), history)
    comment = comment_of(history, tiff if tiff is not None else jpeg.header.exif)
    others = embedded.refreshed(jpeg, pixels, picture.difference)
    spliced = splice(jpeg.photo, jpeg.layout, picture.coded, tiff, Added(comment, others.payloads))
    if spliced.has_preview:
        others.stale()
    told = [(bool(picture.note), picture.note), (signed(jpeg.photo, jpeg.layout), SIGNED)]
    found = [*jpeg.notes, *(note for true, note in told if true), *notes, *others.notes, *spliced.notes]
    return Patched(spliced.photo, tuple(found))


def comment_of(history: str, tiff: bytes) -> bytes:
    """What a comment tells where the EXIF could not be made to tell it; b"" where it does."""
    if not history or (history.encode() in tiff and exif.SOFTWARE.encode() in tiff):
        return b""
    return f"{history} ({exif.SOFTWARE})".encode()


def edited_exif(
    jpeg: Jpeg, refresh: Callable[[bytes], tuple[bytes, list[str]]], history: str
) -> tuple[bytes | None, list[str]]:
    """The new TIFF block, or None where the EXIF stays as it is; and notes. `refresh` sees to the thumbnail in it."""
    segments = exif_segments(jpeg.photo, jpeg.layout.segments)
    if len(segments) > 1:
        return None, [_SPREAD]
    if not segments:
        return (exif.minimal(history) if history else None), []
    old = tiff_of(jpeg.photo, segments[0])
    try:
        refreshed, notes = refresh(old)
        for tiff, told in ((refreshed, notes), (old, [_STALE])):
            new = exif.with_history(tiff, history) if history else tiff
            if len(new) <= LONGEST_EXIF:
                return (new if new != old else None), told
    except exif.UnreadableError:
        return None, [_MALFORMED]
    return None, [_FULL]


def _with_thumbnail(tiff: bytes, pixels: NDArray[np.uint8], change: Difference) -> tuple[bytes, list[str]]:
    try:
        old = exif.thumbnail(tiff)
        if not old:
            return tiff, [_STALE] if exif.has_raw_thumbnail(tiff) else []
        new = thumbnail.refreshed(old, pixels, change)
        return (exif.with_thumbnail(tiff, new) if new != old else tiff), []
    except (PhotoError, exif.ThumbnailError):
        return tiff, [_STALE]
