"""Is a picture that was written with loss the one that was meant? A fault of one part must show as one of the whole."""

import numpy as np
from numpy.typing import NDArray

CELL = 32  # pixels a side; at the right and at the bottom a cell has up to twice as many, lest a sliver has one alone
CLOSE = 12.0
"""Levels of 255. Of photos, noise and drawings, at all qualities, the means of cells came to differ by up to 6 as AVIF
and 4 as WebP. A wrong matrix or range, or a part of another picture, shows here; fine texture that was smoothed does
not."""


def apart(written: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """The most levels by which the means of two pictures differ in a cell; both (h, w, channels) uint8 of one shape."""
    height, width = wanted.shape[:2]
    columns, rows = (np.arange(max(1, side // CELL)) * CELL for side in (width, height))
    wide, tall = (np.diff(starts, append=side) for starts, side in ((columns, width), (rows, height)))
    most = 0.0
    for top, count in zip(rows, tall, strict=True):
        now, then = (each[top : top + count] for each in (written, wanted))
        sums = now.sum(axis=0, dtype=np.int32) - then.sum(axis=0, dtype=np.int32)
        means = np.add.reduceat(sums, columns, axis=0) / (count * wide[:, None])
        most = max(most, float(np.abs(means).max()))
    return most
