"""How strongly may this face be restored? As far as the network brings such faces nearer to the truth, and no farther.

Two fits to faces whose truth is known, on the terms of the sharpness measure: the chance that a light touch brings
the face's features nearer to the sharp face, and the share of the network's change up to which structure (SSIM) and
features still gain, in nine of ten such faces. Noise gets most of the network's output, motion blur two fifths of it;
what only compression spoiled is mostly left alone, since there the network invents.
"""

import numpy as np

from gpend.core import coefficients, sharpness

LIGHT = 0.3
"""The light touch of the first fit."""

LEAST = 0.4
"""The least share that is applied: less is hardly seen, and up to here hardly a face in ten is led astray."""

_LIKELY = 1.4  # log-odds (0.8) from which a light touch is worth it


def strength(terms: dict[str, float]) -> float:
    """The share of the network's change to apply, LEAST to 1, from the terms of `sharpness.measure`; 0: better none."""
    row = sharpness.quadratic(np.array([list(terms.values())]))[0]
    if float(row @ np.asarray(coefficients.HELP)) < _LIKELY:
        return 0.0
    return float(np.clip(row @ np.asarray(coefficients.STRENGTH), LEAST, 1.0))
