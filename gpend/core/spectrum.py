"""Whether the photo's own spectrum bears out the blur that was found (pure).

The power of a blurred photo is that of sharp faces times the square of the blur's transfer function, and noise. How
well a kernel explains what is there is told by Whittle's likelihood (Whittle 1953). It needs no network: where any
round blur explains a face as well as the shake that was found, nothing shook; and the round blur that explains it best
tells how much of its detail the photo has.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core import deconvolution
from gpend.core.blend import luma
from gpend.core.blur import SIDE, Blur
from gpend.core.fourier import spectrum_of
from gpend.core.noise import Noise, Power
from gpend.core.photo import Plane

_ROUND = (0.0, 0.5, 0.8, 1.1, 1.5, 2.0, 2.5, 3.0, 3.6, 4.3, 5.2)  # standard deviations, in pixels of the crop of SIDE
_CONTRASTS = (0.5, 1.0, 2.0, 4.0, 8.0)  # of the sharp face, for the variance of the blurred one: the likeliest counts
_NOISES = (0.5, 1.0, 2.0, 4.0)  # of what was measured; also the likeliest
_COARSEST = 0.02  # cycles a pixel of the crop: coarser, faces differ too much from each other
_FINEST = 0.45  # cycles a pixel, of the crop and of the photo: finer is what interpolation left
_UPRIGHT = 0.004  # cycles a pixel across: what is left of the crop's border stands there
_EVERY = 2  # frequencies of each axis: neighbours tell the same, as the crop is faded at its border
_LEAST = 1e-4  # squared error of a round blur's transfer function


@dataclass(frozen=True)
class Explanation:
    """How well blurs explain the spectrum of a face."""

    ahead: float  # log-likelihood for each frequency by which the kernel that was found is ahead of any round blur
    blurred: float  # standard deviation of the round blur that explains it best, in pixels of the crop of SIDE


def explanation(padded: Plane, blur: Blur, noise: Noise, scale: float) -> Explanation:
    """How the spectrum of a face speaks for its blur; arguments are those of `deconvolution.deconvolve`.

    `padded` (1.5 side, 1.5 side, 3) float32, 0 to 1, is measured at SIDE whatever its side.
    """
    side = deconvolution.side_of(padded)
    plane, whole = luma(padded), round(SIDE * (1 + 2 * deconvolution.MARGIN))
    if side != SIDE:
        plane = np.asarray(cv2.resize(plane, (whole, whole), interpolation=cv2.INTER_AREA), np.float32)
        scale *= SIDE / side
    inner = deconvolution.middle(plane)
    fade = deconvolution.fade(whole)
    seen = spectrum_of((plane - inner.mean()) * fade)
    power = (seen.real**2 + seen.imag**2) / float((fade**2).sum())
    prior, frequencies = deconvolution.prior_of(whole, SIDE)
    use = _told(frequencies, scale)
    own = np.asarray(frequencies[use] * scale, np.float32)  # of the photo's own pixels
    faces = np.asarray(prior[use] * inner.var(), np.float32)
    measured = power[use].astype(np.float32), faces, noise.power(own) * np.float32(scale**2)
    transfer = np.abs(deconvolution.transfer_of(blur.kernel, SIDE, whole))[use] ** 2
    found = _likelihood(transfer + deconvolution.error_of(blur), *measured)
    others = {width: _likelihood(_round(width, whole)[use] + _LEAST, *measured) for width in _ROUND}
    best = max(others, key=others.__getitem__)
    return Explanation(found - others[best], best)


def _likelihood(transfer: Power, seen: Power, faces: Power, noise: Power) -> float:
    """Mean of Whittle's log-likelihood of the power that is `seen`, at the likeliest contrast and noise."""
    best = -np.inf
    for contrast in _CONTRASTS:
        signal = np.float32(contrast) * faces * transfer
        for times in _NOISES:
            expected = signal + np.float32(times) * noise
            best = max(best, -float((np.log(expected) + seen / expected).mean()))
    return best


def _told(frequencies: NDArray[np.float64], scale: float) -> NDArray[np.bool_]:
    """(whole, whole / 2 + 1): which of these frequencies are asked."""
    across = fft.rfftfreq(frequencies.shape[0])[None]
    use = (frequencies > _COARSEST) & (frequencies < _FINEST) & (frequencies * scale < _FINEST) & (across > _UPRIGHT)
    thinned = np.zeros_like(use)
    thinned[::_EVERY, ::_EVERY] = use[::_EVERY, ::_EVERY]
    return thinned


@cache
def _round(deviation: float, whole: int) -> Power:
    """(whole, whole / 2 + 1): the squared transfer function of a Gaussian blur."""
    _, frequencies = deconvolution.prior_of(whole, SIDE)
    return np.asarray(np.exp(-((2 * np.pi * deviation * frequencies) ** 2)), np.float32)
