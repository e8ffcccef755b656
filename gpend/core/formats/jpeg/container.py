"""JPEG, as gpend.core.formats.jpeg keeps it whole."""

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import Decoded, Encoded, Format, Header, jpeg
from gpend.core.formats.scaling import eight_bits, reduced
from gpend.core.photo import Mask, Pixels

QUICK = (1, 2, 4, 8)
"""Eighths of the size that libjpeg-turbo decodes to in SIMD; at 12 megapixels an eighth costs a third of the whole."""


def header(photo: bytes) -> Header:
    """Size and orientation; refuses what `encode` cannot keep whole."""
    jpeg.refuse_unpatchable(photo)
    read = jpeg.read_header(photo)
    return Header(Format.JPEG, read.width, read.height, read.orientation)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """Decoded at the smallest quick size that is large enough."""
    longest = max(header.width, header.height)
    eighths = next((each for each in QUICK if longest * each >= long_side * 8), 8)
    # libjpeg rounds sizes up; a last row or column that lies mostly beyond the picture would stretch it
    height, width = (max(1, round(side * eighths / 8)) for side in (header.height, header.width))
    return reduced(jpeg.decode(photo, eighths)[:height, :width], long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels."""
    return Decoded(jpeg.decode(photo), jpeg.read_header(photo).grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """`photo` with the blocks under `changed` replaced."""
    return patched(photo, pixels, changed, history)


def patched(photo: bytes, pixels: Pixels, changed: Mask, history: str, suffix: str = "") -> Encoded:
    """The same for other containers, whose photos become JPEGs and change their `suffix`."""
    result = jpeg.patch(photo, eight_bits(pixels), changed, history)
    jpeg.decode(result.photo, QUICK[0])  # raises whatever a reader of it would meet
    return Encoded(result.photo, suffix, result.notes)
