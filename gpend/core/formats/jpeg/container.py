"""JPEG, as gpend.core.formats.jpeg keeps it whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import Decoded, Encoded, Format, Header, exif
from gpend.core.formats.jpeg import embedded, frame, picture
from gpend.core.formats.jpeg.parsed import Jpeg, coding_parts, parse
from gpend.core.formats.jpeg.patching import comment_of, edited_exif, patch
from gpend.core.formats.jpeg.splice import Added, exif_segments, splice, tiff_of
from gpend.core.formats.scaling import eight_bits, reduced
from gpend.core.photo import Mask, Pixels
from gpend.errors import PhotoError

QUICK = (1, 2, 4, 8)
"""Eighths of the size that libjpeg-turbo decodes to in SIMD; at 12 megapixels an eighth costs a third of the whole."""


@dataclass(frozen=True)
class JpegHeader(Header):
    """A header that holds on to all that was parsed."""

    jpeg: Jpeg = field(kw_only=True, compare=False, repr=False)


def header(photo: bytes) -> JpegHeader:
    """Size and orientation; refuses what `encode` cannot keep whole. What lacks EOI is decoded, to tell its end."""
    parsed = parse(photo)
    frame.refuse_unpatchable(parsed.frame)
    _refuse_unfinished(parsed)
    read = parsed.header
    table = parsed.frame.components[0].table
    steps = () if table is None else tuple(int(step) for step in table)
    return JpegHeader(Format.JPEG, read.width, read.height, read.orientation, quantisation=steps, jpeg=parsed)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB, decoded at the smallest quick size that is large enough."""
    return reduced(at_least(photo, header, long_side), long_side)


def at_least(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB, as it was decoded: its long side may be up to twice as long."""
    longest = max(header.width, header.height)
    eighths = next((each for each in QUICK if longest * each >= long_side * 8), 8)
    # libjpeg rounds sizes up; a last row or column that lies mostly beyond the picture would stretch it
    height, width = (max(1, round(side * eighths / 8)) for side in (header.height, header.width))
    return picture.decode(_parsed(photo, header), eighths)[:height, :width]


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels."""
    parsed = _parsed(photo, header)
    return Decoded(picture.decode(parsed), parsed.header.grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """As in Container: the blocks that `changed` touches are replaced, and no other bit."""
    return patched(_parsed(photo, header), pixels, changed, history)


def patched(photo: bytes | Jpeg, pixels: Pixels, changed: Mask, history: str, suffix: str = "") -> Encoded:
    """As in Container, for other formats too, whose photos become JPEGs and change their `suffix`."""
    result = patch(photo, eight_bits(pixels), changed, history)
    read = header(result.photo)
    picture.decode(read.jpeg, QUICK[0])  # raises whatever a reader of it would meet
    return Encoded(result.photo, suffix, result.notes, read)


def coded(photo: bytes) -> Iterator[bytes | memoryview]:
    """As in Container."""
    parsed = parse(photo)
    _refuse_inks(parsed)
    _refuse_unfinished(parsed)
    yield bytes([parsed.header.orientation])
    yield from coding_parts(parsed.photo, parsed.layout, parsed.frame.colour)


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """`photo` with the picture of `restored`, as in Container."""
    parsed, finished = parse(photo), parse(restored)
    for one in (parsed, finished):
        _refuse_inks(one)
        _refuse_unfinished(one)
    segments = exif_segments(restored, finished.layout.segments)
    thumbnail = exif.thumbnail(tiff_of(restored, segments[0])) if segments else b""

    def refreshed(tiff: bytes) -> tuple[bytes, list[str]]:
        return (exif.with_thumbnail(tiff, thumbnail) if thumbnail and exif.thumbnail(tiff) else tiff), []

    tiff, _ = edited_exif(parsed, refreshed, history)
    comment = comment_of(history, tiff if tiff is not None else parsed.header.exif)
    added = Added(comment, embedded.carried(parsed, finished))
    return splice(photo, parsed.layout, restored, tiff, added).photo


def _refuse_unfinished(parsed: Jpeg) -> None:
    """What ends without EOI is decoded: that tells whether its data are all there. Raises IncompleteError."""
    if parsed.is_unmarked:
        picture.decode(parsed, QUICK[0])


def _refuse_inks(parsed: Jpeg) -> None:
    """Such a photo is never restored."""
    if parsed.frame.colour is frame.Colour.INK:
        raise PhotoError("the picture is made for print (CMYK)")


def _parsed(photo: bytes, header: Header) -> Jpeg:
    """What `header` holds already; another format's header of the same picture does not."""
    return header.jpeg if isinstance(header, JpegHeader) and header.jpeg.photo is photo else parse(photo)
