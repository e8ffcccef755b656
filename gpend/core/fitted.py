"""What is fitted for a network, as plain data; no pictures here, so that reports need not wait for what sees them."""

import hashlib
from dataclasses import dataclass

from gpend.core import coefficients

BANDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Where each band of the change ends, finest first: the standard deviation of a Gaussian in pixels of the measured
crop. What is coarser is tone, and stays the photo's own."""

STANDARD = 1 + len(coefficients.MEANS)
"""Columns of `sharpness.standard`: 1, and every term."""

QUADRATIC = STANDARD + (STANDARD - 1) * STANDARD // 2
"""Columns of `sharpness.quadratic`."""

LIVELY = 1.25
"""Least squares is timid: a little more than its share looks sharper and is as near to the truth."""

_EDITION = 1  # to be raised where a term of the sharpness measure is computed in another way


def version() -> str:
    """Of the terms and how they are standardised: what was fitted on them under another one cannot be used."""
    told = (_EDITION, coefficients.MEANS, coefficients.SPREADS)
    return f"{_EDITION}-{hashlib.sha256(repr(told).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Coefficients:
    """What a face's weights are made of; `blend.weights_of` makes them."""

    strength: tuple[float, ...]  # of the part, for each of `sharpness.quadratic`
    shares: tuple[tuple[float, ...], ...]  # in each of BANDS, for each of `sharpness.standard`


@dataclass(frozen=True)
class BlendFit:
    """How much of one network's change is used."""

    on_photo: Coefficients  # for a face as the photo holds it
    after_filter: Coefficients  # for one whose blur was taken out before


_HALF = Coefficients((0.5, *(0.0,) * (QUADRATIC - 1)), ((1 / LIVELY, *(0.0,) * (STANDARD - 1)),) * len(BANDS))

CAUTIOUS = BlendFit(_HALF, _HALF)
"""For a network that nothing was fitted for: half of its change, in every band."""
