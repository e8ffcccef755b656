"""Wanted pixels to quantised DCT blocks, with a frame's tables and sampling; only blocks that changed are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg.dct import SIDE, transformed
from gpend.core.formats.jpeg.frame import Colour, Component, Frame, Table
from gpend.core.photo import Mask
from gpend.errors import PhotoError

Scalar = TypeVar("Scalar", bound=np.generic)

_AT_ONCE = 256
"""How many MCUs are converted at a time: as many as a processor's cache holds."""

TO_YCC = np.array([[19595, 38470, 7471], [-11059, -21709, 32768], [32768, -27439, -5329]], np.float32)
"""RGB to luma and two colour differences around zero (ITU-T T.871, clause 7) in 1/65536, as libjpeg has it."""

ONE = 65536
_PLANES = {Colour.YCC: TO_YCC, Colour.GREY: TO_YCC[:1], Colour.RGB: ONE * np.eye(3, dtype=np.float32)}
_HALF = {Colour.YCC: (ONE // 2, ONE // 2 - 1, ONE // 2 - 1), Colour.GREY: (ONE // 2,), Colour.RGB: (0, 0, 0)}
_CENTRE = {Colour.YCC: (128, 0, 0), Colour.GREY: (128,), Colour.RGB: (128, 128, 128)}


@dataclass
class Blocks:
    """Blocks of one component that shall be replaced, in the order of their rows."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    wanted: NDArray[np.int16]  # (count, 64) quantised, row by row
    previous: NDArray[np.int16]  # the same of the photo as it was; zero until somebody fills it in
    table: Table
    growth: Table | None = None  # by which all coefficients of the photo grow, where the table has become finer

    @cached_property
    def spans(self) -> dict[int, slice]:
        """For each row of blocks, where its blocks stand in the arrays."""
        rows, starts = np.unique(self.rows, return_index=True)
        ends = [*starts[1:].tolist(), len(self.rows)]
        return {int(row): slice(int(start), end) for row, start, end in zip(rows, starts, ends, strict=True)}


def quantised(frame: Frame, pixels: NDArray[np.uint8], changed: Mask) -> tuple[Blocks, ...]:
    """The blocks, for each component, that `changed` (h, w) touches, made from `pixels` (h, w, 3) uint8 RGB.

    The frame's tables must be known, and its colour other than INK.
    """
    parts = [_blocks_of(frame, tiles) for tiles in _tiles(frame, pixels, changed)]
    return tuple(_joined(frame, place, [part[place] for part in parts]) for place in range(len(frame.components)))


@dataclass(frozen=True)
class _Tiles:
    """Some of the touched MCUs: where they are, their pixels, and which of these changed."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    pixels: NDArray[np.uint8]  # (count, height of an MCU, width of an MCU, 3)
    changed: NDArray[np.bool_]


@dataclass(frozen=True)
class _Part:
    """The blocks that one component gets out of some tiles."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    wanted: NDArray[np.int16]


def _tiles(frame: Frame, pixels: NDArray[np.uint8], changed: Mask) -> Iterator[_Tiles]:
    """Cut the rectangle around `changed` into MCUs, those at the edges filled up by repeating the last pixels."""
    tall, wide = SIDE * frame.down, SIDE * frame.across
    touched_rows = np.flatnonzero(changed.any(1))
    if not len(touched_rows):
        return
    touched_columns = np.flatnonzero(changed[touched_rows[0] : touched_rows[-1] + 1].any(0))
    top, left = touched_rows[0] // tall, touched_columns[0] // wide
    bottom, right = touched_rows[-1] // tall + 1, touched_columns[-1] // wide + 1
    area = np.s_[top * tall : bottom * tall, left * wide : right * wide]
    picture, mask = _filled(pixels[area], tall, wide), _filled(changed[area], tall, wide)
    shape = (picture.shape[0] // tall, tall, picture.shape[1] // wide, wide)
    cut_picture, cut_mask = picture.reshape(*shape, 3), mask.reshape(shape)
    rows, columns = np.nonzero(_eights(cut_mask).any((1, 3)))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
        here = (some[0], slice(None), some[1])
        yield _Tiles(some[0] + top, some[1] + left, cut_picture[here], cut_mask[here])


def _eights(mask: Mask) -> NDArray[np.uint64]:
    """A mask (..., n), n a multiple of 8, as (..., n / 8): other than 0 where any of the eight is True."""
    return np.ascontiguousarray(mask).view(np.uint64)


def _filled(area: NDArray[Scalar], tall: int, wide: int) -> NDArray[Scalar]:
    missing = -area.shape[0] % tall, -area.shape[1] % wide
    if missing == (0, 0):
        return area
    return np.pad(area, ((0, missing[0]), (0, missing[1]), (0, 0))[: area.ndim], mode="edge")


def _blocks_of(frame: Frame, tiles: _Tiles) -> list[_Part]:
    planes = _planes(tiles.pixels, frame.colour)
    return [_part(frame, component, planes[..., place], tiles) for place, component in enumerate(frame.components)]


def _planes(pixels: NDArray[np.uint8], colour: Colour) -> NDArray[np.float32]:
    """Pixels (..., 3) as whole numbers around zero, one for each component; every sum below is exact in 24 bits."""
    shift = np.array(_HALF[colour], np.float32)[:, None]
    flat = pixels.reshape(-1, 1, 3).astype(np.float32)
    sums = np.asarray(cv2.transform(flat, np.hstack([_PLANES[colour], shift])), np.float32)
    sums = sums.reshape(*pixels.shape[:-1], -1)
    sums *= np.float32(1 / ONE)
    return np.floor(sums, out=sums) - np.array(_CENTRE[colour], np.float32)


def _part(frame: Frame, component: Component, plane: NDArray[np.float32], tiles: _Tiles) -> _Part:
    """The component's changed blocks out of every tile's plane (count, height, width)."""
    across, down = frame.factors(component)
    tall, wide = frame.down // down, frame.across // across
    samples = _shared(plane, tall, wide)
    _repeat_last_row(samples, -(-frame.height // frame.down) * down - tiles.rows * down * SIDE)
    touched = _eights(tiles.changed).reshape(-1, down, SIDE * tall, across, wide).any((2, 4))
    blocks = samples.reshape(-1, down, SIDE, across, SIDE).swapaxes(2, 3)
    rows = tiles.rows[:, None, None] * down + np.arange(down)[:, None]
    columns = tiles.columns[:, None, None] * across + np.arange(across)
    height, width = frame.blocks(component)
    kept = touched & (rows < height) & (columns < width)
    place = np.broadcast_to(rows, kept.shape)[kept], np.broadcast_to(columns, kept.shape)[kept]
    return _Part(*place, _coefficients(blocks[kept], table_of(component)))


def _shared(plane: NDArray[np.float32], tall: int, wide: int) -> NDArray[np.float32]:
    """A plane (count, height, width) of whole numbers, each `tall` x `wide` of which share one sample; a new array."""
    if tall == wide == 1:
        return np.array(plane)
    sums = sum(plane[:, down::tall, across::wide] for down in range(tall) for across in range(wide))
    return np.floor((sums + _bias(tall, wide, plane.shape[2] // wide)) / (tall * wide))


def _repeat_last_row(samples: NDArray[np.float32], rows: NDArray[np.intp]) -> None:
    """Fill up tiles that have fewer `rows` than samples: libjpeg repeats rows that are already shrunk."""
    for tile in np.flatnonzero(rows < samples.shape[1]):
        samples[tile, rows[tile] :] = samples[tile, rows[tile] - 1]


def _bias(tall: int, wide: int, columns: int) -> NDArray[np.float32]:
    """What libjpeg adds before it divides the sum of `tall` x `wide` samples: halves go up and down by turns."""
    turns = {(1, 2): (0, 1), (2, 2): (1, 2)}.get((tall, wide), (tall * wide // 2,) * 2)
    return np.tile(np.array(turns, np.float32), columns // 2)


def table_of(component: Component) -> Table:
    """The component's quantisation table, (64,) int32, 1 and above. Raises PhotoError where the file defines none."""
    if component.table is None or not component.table.all():
        raise PhotoError("the JPEG is corrupt: a quantisation table is missing")
    return component.table


def _coefficients(samples: NDArray[np.float32], table: Table) -> NDArray[np.int16]:
    """Samples (count, 8, 8) around zero to quantised coefficients (count, 64), within what Huffman coding can hold.

    Rounded as libjpeg does it: to the nearest step, halves away from zero.
    """
    eighths = transformed(samples).reshape(-1, 64)
    steps = np.copysign(np.floor((np.abs(eighths) + SIDE // 2 * table) / (SIDE * table)), eighths)
    limited = np.clip(steps, -1023, 1023)
    limited[:, 0] = np.clip(steps[:, 0], -1024, 1023)
    return np.asarray(limited, np.int16)


def _joined(frame: Frame, place: int, parts: list[_Part]) -> Blocks:
    rows = np.concatenate([np.empty(0, np.intp), *(part.rows for part in parts)])
    columns = np.concatenate([np.empty(0, np.intp), *(part.columns for part in parts)])
    wanted = np.concatenate([np.empty((0, 64), np.int16), *(part.wanted for part in parts)])
    order = np.argsort(rows, kind="stable")
    table = table_of(frame.components[place])
    return Blocks(rows[order], columns[order], wanted[order], np.zeros_like(wanted), table)
