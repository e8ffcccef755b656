"""The scanlines of a PNG: inflated, and filtered anew only where pixels changed (PNG, chapters 7 to 10)."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError

Rows = NDArray[np.uint8]  # (rows, bytes of a row)

ADAM7 = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))
PROGRESSIVE = (0, 1, 0, 1)
BAND = 64  # rows filtered at once: keeps the candidates in the cache
DEFLATE_BEST_RATIO = 1032  # no byte of a deflate stream can stand for more
PAETH = 4  # the last filter
LEVELS = (1, 4, 6, 9)  # of zlib, by the effort that a stream's header tells
PIECE = 1 << 16  # bytes of the stream looked at at once
PART = 1 << 20  # bytes inflated at once


@dataclass(frozen=True)
class Layout:
    """How samples lie in the scanlines."""

    width: int
    height: int
    depth: int  # bits of a sample
    channels: int
    interlaced: bool
    indexed: bool  # the samples are palette indices

    @property
    def bytes_per_pixel(self) -> int:
        """The distance at which filters look back."""
        return max(1, self.channels * self.depth // 8)

    def passes(self) -> Iterator["Pass"]:
        """The reduced pictures of an interlaced file, or the one whole picture, without the empty ones."""
        at = 0
        for y, dy, x, dx in ADAM7 if self.interlaced else (PROGRESSIVE,):
            width, height = -(-(self.width - x) // dx), -(-(self.height - y) // dy)
            if width > 0 and height > 0:
                row = -(-width * self.channels * self.depth // 8)
                yield Pass(slice(y, None, dy), slice(x, None, dx), height, row, at)
                at += height * (row + 1)

    @property
    def size(self) -> int:
        """All scanlines with their filter bytes, in bytes."""
        return sum(one.height * (one.row + 1) for one in self.passes())


@dataclass(frozen=True)
class Pass:
    """One pass over the picture."""

    rows: slice  # of the whole picture
    columns: slice
    height: int
    row: int  # bytes of a scanline without its filter byte
    at: int  # where its scanlines begin


def inflated(pieces: Sequence[memoryview], layout: Layout) -> bytearray:
    """The filtered scanlines, all of them: for pieces that passed `require_whole`."""
    rows = bytearray()
    for part in _inflating(pieces, layout.size):
        rows += part
    return rows


def require_whole(pieces: Sequence[memoryview], layout: Layout) -> None:
    """IncompleteError unless the data hold every scanline that the header promises; needs next to no memory."""
    if sum(map(len, pieces)) * DEFLATE_BEST_RATIO < layout.size:
        raise IncompleteError("the file holds too little for the picture that its header promises")
    done = 0
    for part in _inflating(pieces, layout.size):
        if any(max(filters, default=0) > PAETH for filters in _filters(part, done, layout)):
            raise PhotoError("the file is corrupt: a row is filtered in a way that PNG does not have")
        done += len(part)
    if done < layout.size:
        raise IncompleteError("the picture's data end before the picture does")


def _filters(part: bytes, at: int, layout: Layout) -> Iterator[bytes]:
    """The filter bytes among a part of the scanlines that begins at byte `at` of them, per pass."""
    for one in layout.passes():
        first = one.at + max(0, -(-(at - one.at) // (one.row + 1))) * (one.row + 1)
        yield part[first - at : max(0, one.at + one.height * (one.row + 1) - at) : one.row + 1]


def _inflating(pieces: Sequence[memoryview], size: int) -> Iterator[bytes]:
    """The first `size` bytes of the stream, in parts of at most `PART` bytes."""
    stream = zlib.decompressobj()
    for piece in (whole[at : at + PIECE] for whole in pieces for at in range(0, len(whole), PIECE)):
        rest: bytes | memoryview = piece
        part = b"..."
        while part or len(rest):
            part = stream.decompress(rest, min(size, PART) or 1)  # the checksum stands behind the last byte
            rest = stream.unconsumed_tail
            if part and not size:
                return  # more than the header promises, which no reader looks at
            size -= len(part)
            yield part
            if stream.eof:
                return


def deflated(rows: bytearray, before: Sequence[memoryview]) -> bytes:
    """The scanlines as the data of IDAT, packed with as much effort as those that were there before."""
    effort = before[0][1] >> 6 if len(before[0]) > 1 else 2  # zlib's header, RFC 1950: FLEVEL
    return zlib.compress(rows, LEVELS[effort])


def refiltered(filtered: bytearray, layout: Layout, samples: Pixels, touched: Mask) -> bytearray:
    """`filtered` where nothing is touched, else filtered anew.

    samples: (height, width, channels) uint8 or uint16 of the new picture; touched: (height, width) bool. The row below
    a touched one is filtered anew too, for it may look up to it. All other rows keep the filter their encoder chose,
    byte for byte.
    """
    result = np.frombuffer(filtered, np.uint8).copy()
    for one in layout.passes():
        lines = result[one.at : one.at + one.height * (one.row + 1)].reshape(one.height, one.row + 1)
        due: NDArray[np.bool_] = np.asarray(touched[one.rows, one.columns].any(axis=1))
        due[1:] |= due[:-1].copy()
        numbers = np.flatnonzero(due)
        part = samples[one.rows, one.columns]
        for start in range(0, len(numbers), BAND):
            band = numbers[start : start + BAND]
            rows = _packed(part[band], layout.depth)
            above = _packed(part[np.maximum(band - 1, 0)], layout.depth)
            above[band == 0] = 0
            lines[band] = _filtered(rows, above, layout)
    return bytearray(result.tobytes())


def _packed(samples: Pixels, depth: int) -> Rows:
    """(rows, width, channels) uint8 or uint16 as the bytes of their scanlines, (rows, bytes of a row) uint8."""
    rows = samples.reshape(len(samples), -1)
    if depth == 16:  # noqa: PLR2004 - bits
        return rows.astype(">u2").view(np.uint8)
    if depth == 8:  # noqa: PLR2004 - bits
        return rows.astype(np.uint8)
    bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
    return np.packbits(bits.reshape(len(rows), -1), axis=1)


def _filtered(rows: Rows, above: Rows, layout: Layout) -> Rows:
    """(rows, 1 + bytes of a row) uint8: each behind its filter byte.

    The filter is the one whose differences are the smallest (the standard's heuristic).
    """
    if layout.indexed or layout.depth < 8:  # noqa: PLR2004 - bits; differences of indices mean nothing
        return np.pad(rows, ((0, 0), (1, 0)))
    distance = layout.bytes_per_pixel
    left, above_left = (np.pad(each, ((0, 0), (distance, 0)))[:, : rows.shape[1]] for each in (rows, above))
    mean = ((left.astype(np.uint16) + above) >> 1).astype(np.uint8)
    tries = [rows - guess for guess in (np.uint8(0), left, above, mean, _paeth(left, above, above_left))]
    costs = [np.abs(each.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64) for each in tries]
    best = np.argmin(costs, axis=0)
    chosen = np.choose(best[:, None], tries)
    return np.concatenate((best[:, None].astype(np.uint8), chosen), axis=1)


def _paeth(left: Rows, above: Rows, above_left: Rows) -> Rows:
    """(rows, bytes of a row) uint8: of the three neighbours the one nearest to left + above - above_left."""
    a, b, c = (each.astype(np.int16) for each in (left, above, above_left))
    far_a, far_b, far_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    nearest = np.where(far_b <= far_c, above, above_left)
    return np.where((far_a <= far_b) & (far_a <= far_c), left, nearest)
