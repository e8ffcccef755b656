"""Is a picture that was written with loss the one that was meant? A fault of one part must show as one of the whole."""

import numpy as np
from numpy.typing import NDArray

CELL = 32  # pixels a side
CLOSE = 12.0
"""Levels of 255. Of photos, noise and drawings, at all qualities, the means of cells came to differ by up to 6 as AVIF
and 4 as WebP. A wrong matrix or range, or a part of another picture, shows here; fine texture that was smoothed does
not."""


def apart(written: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """The most levels by which the means of two pictures differ in a cell; both (h, w, channels) uint8 of one shape."""
    height, width = wanted.shape[:2]
    columns = np.arange(0, width, CELL)
    wide = np.minimum(columns + CELL, width) - columns
    most = 0.0
    for top in range(0, height, CELL):
        now, then = (each[top : top + CELL] for each in (written, wanted))
        sums = now.sum(axis=0, dtype=np.int32) - then.sum(axis=0, dtype=np.int32)
        means = np.add.reduceat(sums, columns, axis=0) / (len(then) * wide[:, None])
        most = max(most, float(np.abs(means).max()))
    return most
