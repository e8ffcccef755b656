"""How much of the network's change may a face get, and of which detail? As far as it comes nearer to the truth.

The change is split into octave bands, because what a network adds is worth different things: under a strong blur the
coarse features are right and the finest detail is invented; in noise the finest is the best. Two fits to faces whose
truth is known, on the terms of the sharpness measure: for each band, the share of the change that is nearest to the
sharp face (least squares, the Wiener gain of the band); and of all shares, the part up to which both structure (SSIM)
and features still gain in nine of ten such faces. Where that part is small, the face is better left alone.
"""

import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, sharpness

BANDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Where each band of the change ends, finest first: the standard deviation of a Gaussian in pixels of the measured
crop. What is coarser is tone, and stays the photo's own."""

LEAST = 0.35
"""The least part that is applied: less is hardly seen."""

_LIVELY = 1.25  # least squares is timid: a little more than its share looks sharper and is as near to the truth


def shares(terms: dict[str, float]) -> NDArray[np.float64]:
    """The share of the change in each of BANDS, 0 to 1, for the terms of `sharpness.measure`, in its crop's pixels."""
    fitted = sharpness.standard(sharpness.row(terms)) @ np.asarray(coefficients.SHARES).T
    return np.asarray(np.clip(_LIVELY * fitted[0], 0, 1))


def strength(terms: dict[str, float]) -> float:
    """The part of all `shares` to apply, LEAST to 1, for the terms of `sharpness.measure`; 0: better none."""
    part = float((sharpness.quadratic(sharpness.row(terms)) @ np.asarray(coefficients.STRENGTH))[0])
    return min(part, 1.0) if part >= LEAST else 0.0
