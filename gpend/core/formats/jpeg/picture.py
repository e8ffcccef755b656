"""The coded picture of a JPEG: decoded, or coded anew where it changed."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import damage, difference, finer, frame, reencode, turbo
from gpend.core.formats.jpeg.blocks import Blocks, quantised, table_of
from gpend.core.formats.jpeg.dct import SIDE
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.frame import PROGRESSIVE, Frame
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.segments import DHT, Layout
from gpend.core.formats.jpeg.turbo import RangeError, SamplingError, TablesError, Turbo, WarnedError
from gpend.core.formats.reader import ENDS_EARLY
from gpend.core.photo import Mask
from gpend.errors import IncompleteError, PhotoError

_STANDARD_TABLES = frozenset({208, 416})
"""Bytes of the Huffman tables that everybody copies from T.81, annex K, for grey and for colour."""

WITHOUT_LIBRARY = (
    "libturbojpeg was not found, so the whole picture was coded again, in steps as fine as its own or finer"
)
UNUSUAL_SAMPLING = (
    "its colour is shared by pixels in an unusual way, so the whole picture was coded again,"
    " in steps as fine as its own or finer"
)
CHANGING_TABLES = (
    "its tables change between its scans, so the whole picture was coded again, in steps as fine as its own or finer"
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


def replaced(jpeg: Jpeg, pixels: NDArray[np.uint8], changed: Mask, *, keeps_steps: bool = False) -> Replaced:
    """The picture with `pixels` (h, w, 3) uint8 RGB where `changed` (h, w) bool.

    With `keeps_steps` a hard compressed one stays so: a thumbnail is to be no larger than it was. Raises
    UnsupportedError for kinds that cannot be replaced, PhotoError for corrupt data.
    """
    frame.refuse_unpatchable(jpeg.frame)
    library = turbo.load()
    again = jpeg.frame if keeps_steps else finer.with_bounded_steps(jpeg.frame)
    if library is None:
        return _coded_again(jpeg, again, (pixels, changed), WITHOUT_LIBRARY)
    try:
        if not keeps_steps:
            with suppress(RangeError):
                return _patched(jpeg, library, finer.with_finer_steps(jpeg.frame), (pixels, changed))
        return _patched(jpeg, library, jpeg.frame, (pixels, changed))
    except SamplingError:
        return _coded_again(jpeg, again, (pixels, changed), UNUSUAL_SAMPLING)
    except TablesError:
        return _coded_again(jpeg, again, (pixels, changed), CHANGING_TABLES)


def _patched(jpeg: Jpeg, library: Turbo, new: Frame, wanted: tuple[NDArray[np.uint8], Mask]) -> Replaced:
    """The picture with what is `wanted` (pixels, changed) and the tables of the `new` frame, which may be finer."""
    blocks, tables = quantised(new, *wanted), {}
    for some, old, component in zip(blocks, jpeg.frame.components, new.components, strict=True):
        some.growth = finer.growth(table_of(old), some.table)
        if some.growth is not None:
            tables[component.slot] = some.table
    options = {
        "progressive": new.process == PROGRESSIVE,
        "optimize": bool(tables) or _optimized(jpeg.layout),  # Huffman tables were made for what it was
    }
    coded = _mended(jpeg, library, lambda: library.replace(jpeg.coding, blocks, **options))
    return Replaced(finer.with_tables(coded, tables), difference.of_blocks(new, blocks), _differ(blocks))


def _coded_again(jpeg: Jpeg, new: Frame, wanted: tuple[NDArray[np.uint8], Mask], note: str) -> Replaced:
    """The whole picture, coded like the `new` frame, with what is `wanted` (pixels, changed)."""
    before, (pixels, changed) = reencode.decoded(jpeg.coding), wanted
    after = before.copy()
    after[changed] = pixels[changed]
    whole = reencode.reencoded(new, after, optimize=new is not jpeg.frame or _optimized(jpeg.layout))
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
    if jpeg.is_unmarked:
        raise IncompleteError(ENDS_EARLY)  # without the library nobody tells whether its data are all there
    return reencode.decoded(jpeg.coding, (width, height))


def _mended(jpeg: Jpeg, library: Turbo, work: Callable[[], _Result]) -> _Result:
    """The result of `work` on the coding; once more without the bytes in it that every reader skips."""
    try:
        return work()
    except WarnedError as error:
        if jpeg.is_unmarked:
            raise IncompleteError(ENDS_EARLY) from error
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
