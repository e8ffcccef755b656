"""The strips and tiles of a TIFF's picture: read as samples, and written anew only where samples changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpend.core.formats.scaling import contiguous, eight_bits
from gpend.core.formats.tiff import lossy
from gpend.core.formats.tiff.compression import SCHEMES, Scheme, unpacked
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError


@dataclass(frozen=True)
class Piece:
    """One strip or tile of one plane."""

    number: int  # among the offsets
    channels: slice  # of the picture
    rows: slice
    columns: slice
    shape: tuple[int, int, int]  # as stored: rows, columns, channels; tiles reach beyond the picture's edge


@dataclass(frozen=True)
class Layout:
    """How a TIFF's samples lie in its file."""

    width: int
    height: int
    channels: int
    depth: int  # bits of a sample, 8 or 16
    order: str  # of its bytes: < or >
    planar: bool  # each channel has its own strips
    tile: tuple[int, int]  # rows and columns of a strip or tile
    tiled: bool
    compression: int
    differences: bool  # each sample is stored as the difference from its left neighbour (predictor 2)
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]  # in bytes, as stored
    lengths_told: bool = True  # by the file; else a strip reaches no farther than that
    coding: lossy.Coding | None = None  # where they are JPEGs

    @property
    def kind(self) -> np.dtype[Any]:
        """Of a sample as it is stored."""
        return np.dtype(f"{self.order}u{self.depth // 8}")

    @property
    def scheme(self) -> Scheme:
        """How strips are packed."""
        return SCHEMES[self.compression]

    @property
    def per_plane(self) -> int:
        """Strips or tiles of one plane."""
        return -(-self.height // self.tile[0]) * -(-self.width // self.tile[1])

    @property
    def largest(self) -> int:
        """Bytes of a strip or tile, unpacked."""
        return self.tile[0] * self.tile[1] * (1 if self.planar else self.channels) * self.depth // 8

    def pieces(self) -> Iterator[Piece]:
        """Every strip or tile, in the order of the offsets."""
        number = 0
        for plane in range(self.channels if self.planar else 1):
            channels = slice(plane, plane + 1) if self.planar else slice(0, self.channels)
            for top in range(0, self.height, self.tile[0]):
                for left in range(0, self.width, self.tile[1]):
                    rows = slice(top, min(self.height, top + self.tile[0]))
                    columns = slice(left, min(self.width, left + self.tile[1]))
                    height = self.tile[0] if self.tiled else rows.stop - rows.start
                    shape = (height, self.tile[1], channels.stop - channels.start)
                    yield Piece(number, channels, rows, columns, shape)
                    number += 1


def samples(photo: bytes, layout: Layout) -> Pixels:
    """(height, width, channels) uint8 or uint16 over the whole range, in the byte order of this machine."""
    result = np.empty((layout.height, layout.width, layout.channels), layout.kind.newbyteorder("="))
    for piece in layout.pieces():
        stored = _read(photo, layout, piece)
        result[piece.rows, piece.columns, piece.channels] = stored[: _length(piece.rows), : _length(piece.columns)]
    return contiguous(result)


def steps(photo: bytes, layout: Layout) -> tuple[int, ...]:
    """How coarsely the first of strips that are JPEGs is quantised, 64 steps; () where that is not told."""
    piece = next(layout.pieces())
    return lossy.steps(bytes(_bytes(photo, layout, piece)), layout.coding, piece.shape) if layout.coding else ()


def rewritten(photo: bytes, layout: Layout, before: Pixels, after: Pixels) -> Iterator[tuple[int, bytes]]:
    """The number and the new bytes of every strip or tile in which `after` differs from `before`.

    Both are (height, width, channels) uint8 or uint16, as `samples` gives them.
    """
    for piece in layout.pieces():
        place = (piece.rows, piece.columns, piece.channels)
        if not np.array_equal(before[place], after[place]):
            stored = _read(photo, layout, piece).copy()
            shown = stored[: _length(piece.rows), : _length(piece.columns)]
            changed = (shown != after[place]).any(axis=2)
            shown[:] = after[place]
            yield piece.number, _packed(photo, layout, piece, stored, changed)


def _length(part: slice) -> int:
    length: int = part.stop - part.start
    return length


def _read(photo: bytes, layout: Layout, piece: Piece) -> Pixels:
    """A strip or tile as it is stored, (rows, columns, channels) uint8 or uint16, unpacked; not to be written to."""
    packed = _bytes(photo, layout, piece)
    if layout.coding:
        return lossy.read(bytes(packed), layout.coding, piece.shape)
    rows, columns, channels = piece.shape
    plain = unpacked(layout.scheme, packed, columns * channels * layout.kind.itemsize, rows)
    stored = np.frombuffer(plain, layout.kind, rows * columns * channels).reshape(piece.shape)
    native: Pixels = stored.astype(layout.kind.newbyteorder("="), copy=False)
    if layout.differences:
        native = contiguous(np.cumsum(native, axis=1, dtype=native.dtype))
    return native


def _bytes(photo: bytes, layout: Layout, piece: Piece) -> memoryview:
    start, length = layout.offsets[piece.number], layout.lengths[piece.number]
    if start + length > len(photo):
        raise IncompleteError("the file ends before its picture does")
    return memoryview(photo)[start : start + length]


def _packed(photo: bytes, layout: Layout, piece: Piece, stored: Pixels, changed: Mask) -> bytes:
    """The bytes of a strip or tile, (rows, columns, channels) uint8 or uint16, as they are stored.

    changed: (rows, columns) bool of those within the picture, where they are others than in the photo.
    """
    if layout.coding:
        mask = np.zeros(stored.shape[:2], np.bool_)
        mask[: changed.shape[0], : changed.shape[1]] = changed
        return lossy.patched(bytes(_bytes(photo, layout, piece)), layout.coding, eight_bits(stored), mask)
    if layout.differences:
        stored = np.diff(stored, axis=1, prepend=stored.dtype.type(0))
    row = stored.shape[1] * stored.shape[2] * layout.kind.itemsize
    return layout.scheme.pack(stored.astype(layout.kind).tobytes(), row)
