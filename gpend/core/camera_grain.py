"""Grain that a camera's denoiser left in a face: coarser than a sensor's noise, and strongest where it is dark (pure).

A blur lets nothing of a face's finest detail through. What power a face has there nevertheless came after the blur: it
is the sensor's noise, as demosaicing, denoising and sharpening left it. Who measures noise from pixel to pixel misses
it, as it is smooth from one to the next; and a bright background without any hides that of a dark face. A filter that
does not know of it enlarges it to specks.
"""

from dataclasses import replace

import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core import align, deconvolution, spectrum
from gpend.core.blend import smooth
from gpend.core.blur import SIDE
from gpend.core.fourier import spectrum_of
from gpend.core.noise import PLACES, Noise, Power
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_BAND = 0.03  # cycles a pixel of the crop of SIDE: what is measured together
_COARSEST, _FINEST = 0.04, 0.45  # cycles a pixel of the crop; finer ones, of the photo too, are what interpolation left
_FEWEST = 60  # frequencies, to tell a mean
_UNSEEN = 0.3  # of the noise that is told: where a blurred face is expected to have less power, it does not show
_SHAPE = 8.0  # pixels: coarser light and dark would leak into what is fine
_LEAST = 0.5  # of the noise that is told: where there is less, interpolation or compression took grain too
_USUAL, _SURELY = 8.0, 20.0
"""Times the noise that is told, where grain is strongest, from which on some of it counts, and all. Faces without any
reach 1 to 5, or 18 where their blur is not quite the one that was found; those that were taken in a room 6 to 66."""
_MOST = 4.0  # times what was measured where it is strongest: coarser grain is not taken to be stronger than that
_FAINT = 1e-2  # of the noise that is told: as good as nothing
_STEEPEST = 40.0  # of its logarithm, against squared cycles a pixel of the photo: a Gaussian of one pixel
_TRAINED, _BEYOND = 2.5 / 255, 5 / 255
"""Standard deviations of all noise in a crop: up to the first the refining network, which was trained with as much, is
told of no grain, and from the second on of all: told of more it left small faces of a dark bar softer than before."""
_TINY = 1e-9  # variance of squared frequencies: of a single band no slope is told


def with_grain(seen: Seen) -> Seen:
    """The face with its grain told, or as it is where there is as good as none."""
    found = grain_of(seen)
    return replace(seen, grain=found) if found else seen


def grain_of(seen: Seen, *, around: bool = False) -> tuple[float, ...]:
    """Power of grain in a face, as in `Noise.grain`; () where it is as good as none, or the blur would not show it.

    White noise after a Gaussian is fitted to what the face has where its blur lets nothing through, so that it is known
    where the face is seen as well. With `around`, what is around the face counts as much.
    """
    plane, scale = spectrum.at_side(seen.padded, align.scale_of(seen.transform))
    whole = plane.shape[0]
    window = deconvolution.fade(whole) if around else spectrum.face_window(whole)
    power, variance = _power_of(plane, window)
    prior, frequency = deconvolution.prior_of(whole, SIDE)
    told = seen.lost.power(np.asarray(frequency * scale, np.float32)) * np.float32(scale**2)
    passed = deconvolution.passed_of(seen.blur.kernel, SIDE, whole) + deconvolution.error_of(seen.blur)
    is_unseen = (passed * prior * variance < _UNSEEN * told) & (frequency > _COARSEST)
    is_unseen &= (frequency < _FINEST) & (frequency * scale < _FINEST)
    bands = np.asarray(frequency[is_unseen] / _BAND, int)
    total = np.bincount(bands, minlength=1).astype(np.float64)
    there, expected, places = (np.bincount(bands, one[is_unseen], minlength=1) for one in (power, told, frequency))
    tells = (total >= _FEWEST) & (there > _LEAST * expected)
    if not tells.any():
        return ()
    counts = total[tells]
    fitted = _fitted(places[tells] / counts * scale, there[tells] / counts / scale**2, counts)
    usual = seen.lost.power(np.asarray(PLACES, np.float32))
    counts_for = float(np.clip((fitted[0] / usual[0] - _USUAL) / (_SURELY - _USUAL), 0, 1))
    return tuple(float(one) for one in np.maximum(counts_for * fitted, _FAINT * usual)) if counts_for else ()


def deviation_of(noise: Noise, scale: float) -> float:
    """Standard deviation of noise and grain in a crop with `scale` pixels for each of the photo, 0 to 1."""
    if not noise.grain:
        return noise.level
    frequency = np.hypot(fft.fftfreq(SIDE)[:, None], fft.fftfreq(SIDE)[None]) * scale
    grain = Noise(0.0, (), noise.grain).power(np.asarray(frequency, np.float32)).mean() * scale**2
    return float(np.hypot(noise.level, np.sqrt(grain)))


def white_of(noise: Noise, scale: float) -> float:
    """Standard deviation, 0 to 1, of white noise in such a crop that is as strong as grain where it is coarse.

    Of little noise it is less, or 0.
    """
    if not noise.grain:
        return 0.0
    counts_for = np.clip((deviation_of(noise, scale) - _TRAINED) / (_BEYOND - _TRAINED), 0, 1)
    return float(counts_for * np.sqrt(noise.grain[0])) * scale


def _fitted(frequencies: NDArray[np.float64], power: NDArray[np.float64], counts: NDArray[np.float64]) -> Power:
    """(places,) float32: power at PLACES of white noise after a Gaussian, whose logarithm falls with the square.

    By what was measured, (bands,): frequencies in cycles a pixel of the photo, power there, and how many tell it.
    """
    squares, logarithms = frequencies**2, np.log(power)
    middle, mean = (float(np.average(one, weights=counts)) for one in (squares, logarithms))
    spread = float(np.average((squares - middle) ** 2, weights=counts))
    falling = -float(np.average((squares - middle) * (logarithms - mean), weights=counts)) / max(spread, _TINY)
    line = mean - min(max(0.0, falling), _STEEPEST) * (PLACES**2 - middle)
    return np.asarray(np.exp(np.minimum(line, logarithms.max() + np.log(_MOST))), np.float32)


def _power_of(plane: Plane, window: Plane) -> tuple[Power, float]:
    """(n, n / 2 + 1): power at each frequency of what `window` shows of a luma, both (n, n); and its variance there."""
    total = float(window.sum())
    variance = float(((plane - float((plane * window).sum()) / total) ** 2 * window).sum()) / total
    fine = plane - smooth(plane, _SHAPE)
    fine = (fine - np.float32((fine * window).sum() / total)) * window
    found = spectrum_of(np.asarray(fine, np.float32))
    return np.asarray((found.real**2 + found.imag**2) / float((window**2).sum()), np.float32), variance
