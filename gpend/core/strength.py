"""How strongly may this face be restored? As far as the network brings such faces nearer to the truth, and no farther.

Fitted, like the sharpness, to faces whose truth is known: the tenth percentile of the largest strength at which both
structure (SSIM) and face features came nearer to the sharp face. Strong blur with noise gets nearly all of the
network's output, motion blur a part of it; what only compression spoiled is left alone, since there the network
invents.
"""

import numpy as np

from gpend.core import coefficients, sharpness

LEAST = 0.15
"""Below this strength a face would look the same: it is left alone."""


def strength(terms: dict[str, float]) -> float:
    """The share of the network's change to apply, 0 to 1, from the terms of `sharpness.measure`."""
    row = sharpness.quadratic(np.array([list(terms.values())]))
    return float(np.clip(row @ np.asarray(coefficients.STRENGTH), 0.0, 1.0)[0])
