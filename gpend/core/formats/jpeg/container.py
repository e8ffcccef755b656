"""JPEG, as gpend.core.formats.jpeg keeps it whole."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import Decoded, Encoded, Format, Header
from gpend.core.formats.jpeg import frame, picture
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.patching import patch
from gpend.core.formats.scaling import eight_bits, reduced
from gpend.core.photo import Mask, Pixels

QUICK = (1, 2, 4, 8)
"""Eighths of the size that libjpeg-turbo decodes to in SIMD; at 12 megapixels an eighth costs a third of the whole."""


@dataclass(frozen=True)
class JpegHeader(Header):
    """A header that holds on to all that was parsed."""

    jpeg: Jpeg = field(kw_only=True, compare=False, repr=False)


def header(photo: bytes) -> JpegHeader:
    """Size and orientation; refuses what `encode` cannot keep whole."""
    parsed = parse(photo)
    frame.refuse_unpatchable(parsed.frame)
    read = parsed.header
    table = parsed.frame.components[0].table
    steps = () if table is None else tuple(int(step) for step in table)
    return JpegHeader(Format.JPEG, read.width, read.height, read.orientation, quantisation=steps, jpeg=parsed)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """Decoded at the smallest quick size that is large enough."""
    longest = max(header.width, header.height)
    eighths = next((each for each in QUICK if longest * each >= long_side * 8), 8)
    # libjpeg rounds sizes up; a last row or column that lies mostly beyond the picture would stretch it
    height, width = (max(1, round(side * eighths / 8)) for side in (header.height, header.width))
    return reduced(picture.decode(_parsed(photo, header), eighths)[:height, :width], long_side)


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels."""
    parsed = _parsed(photo, header)
    return Decoded(picture.decode(parsed), parsed.header.grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """`photo` with the blocks under `changed` replaced."""
    return patched(_parsed(photo, header), pixels, changed, history)


def patched(photo: bytes | Jpeg, pixels: Pixels, changed: Mask, history: str, suffix: str = "") -> Encoded:
    """The same for other formats, whose photos become JPEGs and change their `suffix`."""
    result = patch(photo, eight_bits(pixels), changed, history)
    read = header(result.photo)
    picture.decode(read.jpeg, QUICK[0])  # raises whatever a reader of it would meet
    return Encoded(result.photo, suffix, result.notes, read)


def _parsed(photo: bytes, header: Header) -> Jpeg:
    """What `header` holds already; another format's header of the same picture does not."""
    return header.jpeg if isinstance(header, JpegHeader) and header.jpeg.photo is photo else parse(photo)
