"""Wanted pixels to quantised DCT blocks, with the file's own tables and sampling; only blocks that changed are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gpend.core.jpeg.frame import Colour, Component, Frame, Table
from gpend.core.photo import Mask
from gpend.errors import PhotoError

Scalar = TypeVar("Scalar", bound=np.generic)

SIDE = 8
"""A block's side in samples."""

_AT_ONCE = 2048
"""How many MCUs are converted at a time: a few megabytes."""

TO_YCC = np.array(  # ITU-T T.871, clause 7, centred on zero
    [[0.299, 0.587, 0.114], [-0.299 / 1.772, -0.587 / 1.772, 0.5], [0.5, -0.587 / 1.402, -0.114 / 1.402]], np.float32
)
_PLANES = {Colour.YCC: TO_YCC, Colour.GREY: TO_YCC[:1], Colour.RGB: np.eye(3, dtype=np.float32)}
_CENTRE = {
    Colour.YCC: np.array([128, 0, 0], np.float32),
    Colour.GREY: np.array([128], np.float32),
    Colour.RGB: np.array([128, 128, 128], np.float32),
}


def _cosines() -> NDArray[np.float32]:
    place = np.arange(SIDE)
    waves = np.cos((2 * place + 1) * place[:, None] * np.pi / 16) / 2
    waves[0] /= np.sqrt(2)
    return waves.astype(np.float32)


COSINES = _cosines()
"""The orthonormal DCT of eight samples: `COSINES @ block @ COSINES.T` transforms, and its transpose transforms back."""


@dataclass
class Blocks:
    """Blocks of one component that shall be replaced, in the order of their rows."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    wanted: NDArray[np.int16]  # (count, 64) quantised, row by row
    previous: NDArray[np.int16]  # the same of the photo as it was; zero until somebody fills it in
    table: Table

    @cached_property
    def spans(self) -> dict[int, slice]:
        """For each row of blocks, where its blocks stand in the arrays."""
        rows, starts = np.unique(self.rows, return_index=True)
        ends = [*starts[1:].tolist(), len(self.rows)]
        return {int(row): slice(int(start), end) for row, start, end in zip(rows, starts, ends, strict=True)}


def quantised(frame: Frame, pixels: NDArray[np.uint8], changed: Mask) -> tuple[Blocks, ...]:
    """The blocks, for each component, that `changed` (h, w) touches, made from `pixels` (h, w, 3) RGB.

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
    touched_rows, touched_columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    if not len(touched_rows):
        return
    top, left = touched_rows[0] // tall, touched_columns[0] // wide
    bottom, right = touched_rows[-1] // tall + 1, touched_columns[-1] // wide + 1
    area = np.s_[top * tall : bottom * tall, left * wide : right * wide]
    picture, mask = _filled(pixels[area], tall, wide), _filled(changed[area], tall, wide)
    shape = (picture.shape[0] // tall, tall, picture.shape[1] // wide, wide)
    cut_picture, cut_mask = picture.reshape(*shape, 3), mask.reshape(shape)
    rows, columns = np.nonzero(cut_mask.any((1, 3)))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
        here = (some[0], slice(None), some[1])
        yield _Tiles(some[0] + top, some[1] + left, cut_picture[here], cut_mask[here])


def _filled(area: NDArray[Scalar], tall: int, wide: int) -> NDArray[Scalar]:
    missing = -area.shape[0] % tall, -area.shape[1] % wide
    if missing == (0, 0):
        return area
    return np.pad(area, ((0, missing[0]), (0, missing[1]), (0, 0))[: area.ndim], mode="edge")


def _blocks_of(frame: Frame, tiles: _Tiles) -> list[_Part]:
    planes = tiles.pixels.astype(np.float32) @ _PLANES[frame.colour].T - _CENTRE[frame.colour]
    return [_part(frame, component, planes[..., place], tiles) for place, component in enumerate(frame.components)]


def _part(frame: Frame, component: Component, plane: NDArray[np.float32], tiles: _Tiles) -> _Part:
    """The component's changed blocks out of every tile's plane (count, height, width)."""
    across, down = frame.factors(component)
    tall, wide = frame.down // down, frame.across // across
    samples = plane.reshape(-1, down * SIDE, tall, across * SIDE, wide).mean((2, 4))
    touched = tiles.changed.reshape(-1, down, SIDE * tall, across, SIDE * wide).any((2, 4))
    blocks = samples.reshape(-1, down, SIDE, across, SIDE).swapaxes(2, 3)
    rows = tiles.rows[:, None, None] * down + np.arange(down)[:, None]
    columns = tiles.columns[:, None, None] * across + np.arange(across)
    height, width = frame.blocks(component)
    kept = touched & (rows < height) & (columns < width)
    place = np.broadcast_to(rows, kept.shape)[kept], np.broadcast_to(columns, kept.shape)[kept]
    return _Part(*place, _coefficients(blocks[kept], table_of(component)))


def table_of(component: Component) -> Table:
    """The component's quantisation table. Raises PhotoError where the file defines none."""
    if component.table is None or not component.table.all():
        raise PhotoError("the JPEG is corrupt: a quantisation table is missing")
    return component.table


def _coefficients(samples: NDArray[np.float32], table: Table) -> NDArray[np.int16]:
    """Samples (count, 8, 8) around zero to quantised coefficients (count, 64), within what Huffman coding can hold."""
    steps = np.rint((COSINES @ samples @ COSINES.T).reshape(-1, 64) / table)
    limited = np.clip(steps, -1023, 1023)
    limited[:, 0] = np.clip(steps[:, 0], -1024, 1023)
    return limited.astype(np.int16)


def _joined(frame: Frame, place: int, parts: list[_Part]) -> Blocks:
    rows = np.concatenate([np.empty(0, np.intp), *(part.rows for part in parts)])
    columns = np.concatenate([np.empty(0, np.intp), *(part.columns for part in parts)])
    wanted = np.concatenate([np.empty((0, 64), np.int16), *(part.wanted for part in parts)])
    order = np.argsort(rows, kind="stable")
    table = table_of(frame.components[place])
    return Blocks(rows[order], columns[order], wanted[order], np.zeros_like(wanted), table)
