"""The coded picture of a JPEG: decoded, or coded anew where it changed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import difference, frame, reencode, turbo
from gpend.core.formats.jpeg.blocks import quantised
from gpend.core.formats.jpeg.dct import SIDE
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.frame import PROGRESSIVE, Colour, Frame
from gpend.core.formats.jpeg.segments import APP0, APP14, CODING, DHT, Layout, packed, survey
from gpend.core.photo import Mask

_STANDARD_TABLES = frozenset({208, 416})
"""Bytes of the Huffman tables that everybody copies from T.81, annex K, for grey and for colour."""


_JFIF = packed(APP0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
_COLOUR = {Colour.GREY: _JFIF, Colour.YCC: _JFIF, Colour.RGB: packed(APP14, b"Adobe\0\x64\0\0\0\0\0")}


@dataclass(frozen=True)
class Replaced:
    """A picture in which blocks were replaced."""

    coded: bytes  # a JPEG without the photo's metadata
    difference: Difference
    lossless: bool  # all other blocks are the same, bit for bit


def replaced(photo: bytes, layout: Layout, pictured: Frame, pixels: NDArray[np.uint8], changed: Mask) -> Replaced:
    """The picture with `pixels` (h, w, 3) RGB where `changed` (h, w).

    Raises UnsupportedError for kinds that cannot be replaced, PhotoError for corrupt data.
    """
    frame.refuse_unpatchable(pictured)
    coded = coding(photo, layout, pictured.colour)
    optimize = _optimized(layout)
    library = turbo.load()
    if library is None:
        whole = reencode.reencoded(pictured, pixels, optimize=optimize)
        return Replaced(whole, difference.of_pixels(reencode.decoded(coded), pixels), lossless=False)
    blocks = quantised(pictured, pixels, changed)
    progressive = pictured.process == PROGRESSIVE
    patched = library.replace(coded, blocks, progressive=progressive, optimize=optimize)
    return Replaced(patched, difference.of_blocks(pictured, blocks), lossless=True)


def decode(photo: bytes, eighths: int = 8) -> NDArray[np.uint8]:
    """The picture in stored orientation, (h, w, 3) RGB, at `eighths`/8 of its size, 1 to 8, rounded up.

    Raises IncompleteError where it ends early, UnsupportedError for inks, and PhotoError where the data are corrupt:
    with libturbojpeg wherever a decoder has to guess, without it only where Pillow gives up.
    """
    layout = survey(photo)
    pictured = frame.read(photo, layout.segments)
    frame.refuse_unpatchable(pictured)
    width, height = (-(-side * eighths // SIDE) for side in (pictured.width, pictured.height))
    library = turbo.load()
    if library is not None:
        return library.decode(coding(photo, layout, pictured.colour), width, height)
    return reencode.decoded(coding(photo, layout, pictured.colour), (width, height))


def coding(photo: bytes, layout: Layout, colour: Colour) -> bytes:
    """The picture alone: what codes it, after a segment of our own that says what its components stand for."""
    parts = (photo[s.start : s.scan_end] for s in layout.segments if s.marker in CODING)
    return b"".join((b"\xff\xd8", _COLOUR[colour], *parts, b"\xff\xd9"))


def _optimized(layout: Layout) -> bool:
    tables = sum(segment.end - segment.payload.start for segment in layout.segments if segment.marker == DHT)
    return tables not in _STANDARD_TABLES
