"""The cosine transform of 8 x 8 blocks, rounded in every step as libjpeg rounds it (its accurate integer method).

A block that gpend writes is therefore the very block that encoding the whole picture would have made.
"""

import numpy as np
from numpy.typing import NDArray

SIDE = 8
"""A block's side in samples."""

_BITS = 13  # of the fractions in _WAVES
_EXTRA = 2  # bits that the first pass keeps for the second


def _mirrored(even: tuple[int, int, int, int], sign: int) -> list[int]:
    return [*even, *(sign * value for value in reversed(even))]


_WAVES = np.array(
    [
        _mirrored((8192, 8192, 8192, 8192), 1),
        _mirrored((11363, 9633, 6437, 2260), -1),
        _mirrored((10703, 4433, -4433, -10703), 1),
        _mirrored((9633, -2259, -11362, -6436), -1),
        _mirrored((8192, -8192, -8192, 8192), 1),
        _mirrored((6437, -11362, 2261, 9633), -1),
        _mirrored((4433, -10704, 10704, -4433), 1),
        _mirrored((2260, -6436, 9633, -11363), -1),
    ],
    np.float64,
)
"""Sums of the method's constants: sqrt(2) cos((2x + 1) u pi / 16) in 1/8192, save for their own rounding."""


def transformed(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Whole samples (count, 8, 8), -128 to 127, to whole eighths of coefficients, of the same shape."""
    rows = _rounded(samples.reshape(-1, SIDE).astype(np.float64) @ _WAVES.T, _BITS - _EXTRA)
    columns = np.ascontiguousarray(rows.reshape(-1, SIDE, SIDE).swapaxes(1, 2)).reshape(-1, SIDE)
    return _rounded(columns @ _WAVES.T, _BITS + _EXTRA).reshape(-1, SIDE, SIDE).swapaxes(1, 2)


def _rounded(numbers: NDArray[np.float64], bits: int) -> NDArray[np.float64]:
    """Whole numbers over a power of two, rounded; in their own place."""
    numbers *= 0.5**bits
    numbers += 0.5
    return np.floor(numbers, out=numbers)


def restored(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coefficients (count, 8, 8) float32 back to samples, about -128 to 127, not rounded."""
    waves = (_WAVES / (8192 * np.sqrt(8))).astype(np.float32)
    samples: NDArray[np.float32] = waves.T @ coefficients @ waves
    return samples
