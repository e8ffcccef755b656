"""Is a picture that was written with loss the one that was meant? A fault of one part must show as one of the whole."""

import cv2
import numpy as np
from numpy.typing import NDArray

CELL = 32  # pixels a side; at the right and at the bottom a cell has up to twice as many, lest a sliver has one alone
CLOSE = 12.0
"""Levels of 255. Of photos, noise and drawings, at all qualities, the means of cells came to differ by up to 6 as AVIF
and 4 as WebP. A wrong matrix or range, or a part of another picture, shows here; fine texture that was smoothed does
not."""

SHARINGS = ((2, 2), (2, 1))  # how many pixels share a colour, across and down
MARGIN = 4  # rows beyond a cell's own, by which the colours of its pixels may be smoothed
COLOURS = 3


def apart(written: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """The most levels by which the means of two pictures differ in a cell; both (h, w, channels) uint8 of one shape.

    Fine patterns in full colours become others where pixels share their colours: there, those count as wanted.
    """
    rows, columns = (_starts(side) for side in wanted.shape[:2])
    most = 0.0
    for top, bottom in zip(rows, [*rows[1:], len(wanted)], strict=True):
        now = _means(written[top:bottom], columns)
        found = _off(now, _means(wanted[top:bottom], columns))
        if found.max() > CLOSE and wanted.shape[2] >= COLOURS:
            begin = max(0, top - MARGIN)
            band = wanted[begin : bottom + MARGIN]
            for across, down in SHARINGS:
                then = _shared(band, across, down)[top - begin : bottom - begin]
                found = np.minimum(found, _off(now, _means(then, columns)))
        most = max(most, float(found.max()))
    return most


def _starts(side: int) -> NDArray[np.intp]:
    return np.arange(max(1, side // CELL)) * CELL


def _means(pixels: NDArray[np.uint8], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """(cells, channels), of a row of cells that begin at `columns`."""
    sums = np.add.reduceat(pixels.sum(axis=0, dtype=np.int32), columns, axis=0)
    wide = np.diff(columns, append=pixels.shape[1])
    return np.asarray(sums / (len(pixels) * wide[:, None]))


def _off(now: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much each cell differs where it differs most."""
    return np.asarray(np.abs(now - then).max(axis=1))


def _shared(pixels: NDArray[np.uint8], across: int, down: int) -> NDArray[np.uint8]:
    """(h, w, 3 or 4) with one colour for so many pixels, beside the light of each, as what is coded has it."""
    height, width = pixels.shape[:2]
    parted = cv2.cvtColor(np.ascontiguousarray(pixels[..., :COLOURS]), cv2.COLOR_RGB2YCrCb)
    fewer = max(1, -(-width // across)), max(1, -(-height // down))
    colours = cv2.resize(cv2.resize(parted[..., 1:], fewer, interpolation=cv2.INTER_AREA), (width, height))
    parted[..., 1:] = colours
    result = pixels.copy()
    result[..., :COLOURS] = cv2.cvtColor(parted, cv2.COLOR_YCrCb2RGB)
    return result
