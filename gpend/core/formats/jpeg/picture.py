"""The coded picture of a JPEG: decoded, or coded anew where it changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import damage, difference, frame, reencode, turbo
from gpend.core.formats.jpeg.blocks import Blocks, quantised
from gpend.core.formats.jpeg.dct import SIDE
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.frame import PROGRESSIVE
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.segments import DHT, Layout
from gpend.core.formats.jpeg.turbo import SamplingError, Turbo, WarnedError
from gpend.core.photo import Mask
from gpend.errors import PhotoError

_STANDARD_TABLES = frozenset({208, 416})
"""Bytes of the Huffman tables that everybody copies from T.81, annex K, for grey and for colour."""

WITHOUT_LIBRARY = "libturbojpeg was not found, so the whole picture was coded again, with its own tables"
UNUSUAL_SAMPLING = (
    "its colour is shared by pixels in an unusual way, so the whole picture was coded again, with its own tables"
)
"""The notes on a photo that could not be patched without loss."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Replaced:
    """A picture in which blocks were replaced."""

    coded: bytes  # a JPEG without the photo's metadata
    difference: Difference
    is_changed: bool  # whether any block differs from what it was
    note: str = ""  # why not all other blocks are the same, bit for bit


def replaced(jpeg: Jpeg, pixels: NDArray[np.uint8], changed: Mask) -> Replaced:
    """The picture with `pixels` (h, w, 3) uint8 RGB where `changed` (h, w) bool.

    Raises UnsupportedError for kinds that cannot be replaced, PhotoError for corrupt data.
    """
    frame.refuse_unpatchable(jpeg.frame)
    library = turbo.load()
    if library is None:
        return _coded_again(jpeg, pixels, changed, WITHOUT_LIBRARY)
    blocks = quantised(jpeg.frame, pixels, changed)
    options = {"progressive": jpeg.frame.process == PROGRESSIVE, "optimize": _optimized(jpeg.layout)}
    try:
        patched = _mended(jpeg, library, lambda: library.replace(jpeg.coding, blocks, **options))
    except SamplingError:
        return _coded_again(jpeg, pixels, changed, UNUSUAL_SAMPLING)
    return Replaced(patched, difference.of_blocks(jpeg.frame, blocks), _differ(blocks))


def _coded_again(jpeg: Jpeg, pixels: NDArray[np.uint8], changed: Mask, note: str) -> Replaced:
    before = reencode.decoded(jpeg.coding)
    after = before.copy()
    after[changed] = pixels[changed]
    whole = reencode.reencoded(jpeg.frame, after, optimize=_optimized(jpeg.layout))
    return Replaced(whole, difference.of_pixels(before, after), bool((before != after).any()), note)


def decode(photo: bytes | Jpeg, eighths: int = 8) -> NDArray[np.uint8]:
    """The picture in stored orientation, (h, w, 3) uint8 RGB, at `eighths`/8 of its size, 1 to 8, rounded up.

    Raises IncompleteError where it ends early, UnsupportedError for inks, and PhotoError where the data are corrupt:
    with libturbojpeg wherever a decoder has to guess, without it only where Pillow gives up.
    """
    jpeg = parse(photo)
    frame.refuse_unpatchable(jpeg.frame)
    width, height = _size(jpeg, eighths)
    library = turbo.load()
    if library is not None:
        return _mended(jpeg, library, lambda: library.decode(jpeg.coding, width, height))
    return reencode.decoded(jpeg.coding, (width, height))


def _mended(jpeg: Jpeg, library: Turbo, work: Callable[[], _Result]) -> _Result:
    """The result of `work` on the coding; once more without the bytes in it that every reader skips."""
    try:
        return work()
    except WarnedError as error:
        if not damage.is_extraneous(error.warning):
            raise PhotoError(str(error)) from error
    jpeg.coding, told = damage.without_strays(jpeg.coding, lambda coded: _warning(library, coded, _size(jpeg, 1)))
    if told:
        jpeg.notes.append(damage.STRAY_DATA)
    return work()


def _warning(library: Turbo, coded: bytes, size: tuple[int, int]) -> str:
    try:
        library.decode(coded, *size)
    except WarnedError as error:
        return error.warning
    return ""


def _size(jpeg: Jpeg, eighths: int) -> tuple[int, int]:
    """Width and height at `eighths`/8."""
    width, height = (-(-side * eighths // SIDE) for side in (jpeg.frame.width, jpeg.frame.height))
    return width, height


def _differ(blocks: tuple[Blocks, ...]) -> bool:
    return any(bool((some.wanted != some.previous).any()) for some in blocks)


def _optimized(layout: Layout) -> bool:
    tables = sum(segment.end - segment.payload.start for segment in layout.segments if segment.marker == DHT)
    return tables not in _STANDARD_TABLES
