"""Whether the photo's own spectrum bears out the blur that was found (pure).

The power of a blurred photo is that of sharp faces times the square of the blur's transfer function, and noise. How
well a kernel explains what is there is told by Whittle's likelihood (Whittle 1953). It needs no network: where any
round blur explains a face as well as the shake that was found, nothing shook; and the round blur that explains it best
tells how much of its detail the photo has.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

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
_FEATURES = ((142.0, 90.0), (128.0, 75.0))  # middle and reach down and across, in pixels of the crop of SIDE
_FLAT = 0.55  # of that reach counts whole
_LEAST = 1e-4  # squared error of a round blur's transfer function
_TIMES = np.tile(np.asarray(_NOISES, np.float32), len(_CONTRASTS))  # of noise, for each contrast
_RATIOS, _RATIO = np.unique(np.repeat(np.asarray(_CONTRASTS, np.float32), len(_NOISES)) / _TIMES, return_inverse=True)
_KEPT = 4  # scales of which the frequencies are kept: those of one face are asked several times


@dataclass(frozen=True)
class Explanation:
    """How well blurs explain the spectrum of a face."""

    ahead: float  # log-likelihood for each frequency by which the kernel that was found is ahead of any round blur
    blurred: float  # standard deviation of the round blur that explains it best, in pixels of the crop of SIDE


@dataclass(frozen=True)
class Heard:
    """The power of a face at the frequencies that are asked, each value float32 (count,)."""

    asked: "_Asked"
    whole: int  # side of the plane that it was measured in
    seen: Power
    faces: Power  # of a sharp face with the same variance
    noise: Power

    def likelihood(self, kernel: Plane, error: np.float32) -> float:
        """Mean log-likelihood for each frequency of a kernel (side, side), in pixels of the crop of SIDE.

        `error` is the expected squared error of its transfer function.
        """
        passed = deconvolution.passed_of(kernel, SIDE, self.whole)[::_EVERY, ::_EVERY].ravel()[self.asked.places]
        return self.of(passed + error)

    def of(self, transfer: Power) -> float:
        """The same of the squared absolute of a transfer function (count,)."""
        return _likelihood(transfer, self.seen, self.faces, self.noise)


def explanation(padded: Plane, blur: Blur, noise: Noise, scale: float) -> Explanation:
    """How the spectrum of a face speaks for its blur; arguments are those of `deconvolution.deconvolve`.

    `padded` (1.5 side, 1.5 side, 3) float32, 0 to 1, is measured at SIDE whatever its side.
    """
    plane, scale = at_side(padded, scale)
    inner = deconvolution.middle(plane)
    fade = deconvolution.fade(plane.shape[0])
    found, others = _explained(plane, fade, (inner.mean(), inner.var()), blur, (noise, scale))
    best = max(others, key=others.__getitem__)
    return Explanation(found - others[best], best)


def heard(padded: Plane, noise: Noise, scale: float) -> Heard:
    """What the spectrum of a face and what is around it, `padded` (1.5 side, 1.5 side, 3), 0 to 1, says of kernels.

    Arguments are those of `explanation`.
    """
    plane, scale = at_side(padded, scale)
    inner = deconvolution.middle(plane)
    return _heard(plane, deconvolution.fade(plane.shape[0]), (float(inner.mean()), float(inner.var())), (noise, scale))


def ahead_in_face(padded: Plane, blur: Blur, noise: Noise, scale: float) -> float:
    """`Explanation.ahead` of the face alone, without what is around it in `padded` (1.5 side, 1.5 side, 3), 0 to 1.

    Arguments are those of `explanation`. A door frame, or the border of an identity photo, has detail across it and
    none along it, as has what was shaken; the brows, the eyes and the mouth have both.
    """
    plane, scale = at_side(padded, scale)
    window = face_window(plane.shape[0])
    mean = float((plane * window).sum() / window.sum())
    variance = float(((plane - mean) ** 2 * window).sum() / window.sum())
    found, others = _explained(plane, window, (mean, variance), blur, (noise, scale))
    return found - max(others.values())


def at_side(padded: Plane, scale: float) -> tuple[Plane, float]:
    """(n, n), 0 to 1: the luma of `padded` (1.5 side, 1.5 side, 3) at SIDE, and its pixels for each of the photo."""
    side, plane = deconvolution.side_of(padded), luma(padded)
    if side == SIDE:
        return plane, scale
    whole = round(SIDE * (1 + 2 * deconvolution.MARGIN))
    small = cv2.resize(plane, (whole, whole), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), scale * SIDE / side


def _explained(
    plane: Plane, fade: Plane, light: tuple[float, float], blur: Blur, seen_as: tuple[Noise, float]
) -> tuple[float, dict[float, float]]:
    """Log-likelihoods of the blur that was found, and of round ones by their width, in what `fade` leaves of a luma.

    `light` is its mean and variance there; `seen_as` the photo's noise, and the plane's pixels for each of the photo.
    """
    told = _heard(plane, fade, light, seen_as)
    found = told.likelihood(blur.kernel, deconvolution.error_of(blur))
    return found, {width: told.of(left) for width, left in zip(_ROUND, told.asked.rounds, strict=True)}


def _heard(plane: Plane, fade: Plane, light: tuple[float, float], seen_as: tuple[Noise, float]) -> Heard:
    """What `fade` leaves of a luma says; arguments are those of `_explained`."""
    (mean, variance), (noise, scale), whole = light, seen_as, plane.shape[0]
    asked = _asked(whole, scale)
    seen = spectrum_of((plane - mean) * fade)[::_EVERY, ::_EVERY].ravel()[asked.places]
    power = np.asarray((seen.real**2 + seen.imag**2) / float((fade**2).sum()), np.float32)
    faces = asked.prior * np.float32(variance)
    return Heard(asked, whole, power, faces, noise.power(asked.frequencies) * np.float32(scale**2))


def _likelihood(transfer: Power, seen: Power, faces: Power, noise: Power) -> float:
    """Mean of Whittle's log-likelihood of the power that is `seen`, at the likeliest contrast and noise.

    What is expected is noise so many times, and the signal in some ratio to it: of ratios there are few.
    """
    expected = np.multiply.outer(_RATIOS, faces * transfer) + noise
    logarithms, misfits = np.log(expected).mean(1)[_RATIO], (seen / expected).mean(1)[_RATIO]
    return -float((logarithms + np.log(_TIMES) + misfits / _TIMES).min())


@dataclass(frozen=True)
class _Asked:
    """The frequencies that are asked in planes of one size and scale, each value float32 (count,)."""

    places: NDArray[np.intp]  # in a spectrum of every `_EVERY`th frequency, as one row
    frequencies: Power  # in cycles for each pixel of the photo
    prior: Power  # of sharp faces of unit variance
    rounds: tuple[Power, ...]  # squared transfer function of each of `_ROUND`, with its error


@lru_cache(maxsize=_KEPT)
def _asked(whole: int, scale: float) -> _Asked:
    prior, frequencies = (one[::_EVERY, ::_EVERY] for one in deconvolution.prior_of(whole, SIDE))
    across = fft.rfftfreq(whole)[None, ::_EVERY]
    use = (frequencies > _COARSEST) & (frequencies < _FINEST) & (frequencies * scale < _FINEST) & (across > _UPRIGHT)
    places = np.flatnonzero(use)
    there = frequencies.ravel()[places]
    rounds = (np.exp(-((2 * np.pi * deviation * there) ** 2)) + _LEAST for deviation in _ROUND)
    own, faces, *left = (np.asarray(one, np.float32) for one in (there * scale, prior.ravel()[places], *rounds))
    together: tuple[NDArray[Any], ...] = (places, own, faces, *left)
    for shared in together:
        shared.flags.writeable = False
    return _Asked(places, own, faces, tuple(left))


@cache
def face_window(whole: int) -> Plane:
    """(whole, whole), 0 to 1: 1 on brows, eyes, nose and mouth, falling to 0 before hair and collar."""
    down, across = (_taper(whole, *place) for place in _FEATURES)
    window = np.asarray(down[:, None] * across[None], np.float32)
    window.flags.writeable = False
    return window


def _taper(whole: int, middle: float, reach: float) -> NDArray[np.float64]:
    """(whole,): 1 around a place of the crop in the middle of a plane, 0 from `reach` pixels on."""
    places = np.arange(whole) - (whole - SIDE) / 2 - middle
    return np.asarray(np.cos(np.pi / 2 * np.clip((np.abs(places) / reach - _FLAT) / (1 - _FLAT), 0, 1)) ** 2)
