"""A camera blurs light, of which a photo stores tones: by what that made it brighter it is darkened again (pure).

Filter and refining network take a photo y for blurred tones, y = k * x. A camera stores s(k * l(x)): s is the curve
of sRGB from light to tones (IEC 61966-2-1), l its inverse. With s(k * l(x)) - k * x taken off, y is what blurred tones
would have been; x is what the filter finds, better with each round. What apps blur are tones. Which of both it was, the
two results tell: of the true one the roots of all gradients add up to less, as in sharp pictures (Krishnan and Fergus
2009), and blurred again it leaves less of the photo over. Fitted by `python -m tests.benchmarks.light FACES --fit`.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import align, coefficients, deconvolution, sharpness
from gpend.core.blend import luma
from gpend.core.blur import SIDE, Blur
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_ROUNDS = 3  # after which the result hardly changes any more
_LIKELY = 0.45  # share from which on its kernel is looked for in what blurred tones would have been
_SURELY = 0.85  # share from which on it was light
_CERTAIN = 30.0  # log-odds; their exponential is still to be had
_LEAST = 0.05  # share, below which the photo is taken as it is
_WHOLE = round(SIDE * (1 + 2 * deconvolution.MARGIN))
_TINY = 1e-6  # of full scale: for a logarithm to be had
_LIFT, _POWER, _SLOPE, _LINEAR = 0.055, 2.4, 12.92, 0.0031308  # of sRGB


@dataclass(frozen=True)
class Known:
    """What `compared` has told of a face already, by one blur, in a crop of SIDE."""

    blur: Blur
    told: "Told"


@dataclass(frozen=True)
class Found:
    """What the filter finds in a face, by logarithms."""

    gradients: float  # the mean root of the steps between neighbours in the result
    leftover: float  # of the photo, where the result is blurred again: root mean square


@dataclass(frozen=True)
class Told:
    """What the filter finds in a face if its light was blurred, and what it finds if its tones were."""

    brighter: Plane  # (1.5 side, 1.5 side), -1 to 1: what luma gained, if it was light
    of_light: Found
    of_tones: Found

    @property
    def gradients(self) -> float:
        """Logarithm: how many times more gradients the result has if it was tones."""
        return self.of_tones.gradients - self.of_light.gradients

    @property
    def leftover(self) -> float:
        """Logarithm: how many times more is left over if it was tones."""
        return self.of_tones.leftover - self.of_light.leftover

    @property
    def share(self) -> float:
        """0 to 1: how much of that is best taken off; a little of it costs next to nothing where it was tones."""
        odds = float(np.dot((1.0, self.gradients, self.leftover), coefficients.LIGHT))
        return float(1 / (1 + np.exp(-np.clip(odds, -_CERTAIN, _CERTAIN))))


def explained(seen: Seen, told: Told) -> Seen:
    """The face, of which `compared` told this, with what its luma gained if light was blurred, as far as is likely."""
    share = told.share
    return seen if share < _LEAST else replace(seen, brighter=told.brighter * np.float32(share))


def in_tones(crop: Plane, told: Told) -> Plane | None:
    """`crop`, (SIDE, SIDE) luma, 0 to 1, of the face as if its tones had been blurred; None where they may have been.

    `told` is what `compared` told of it. Network and path of a shake know blurred tones: of what they were, the kernel
    is told better.
    """
    if told.share < _LIKELY:
        return None
    darker = crop - deconvolution.middle(_resized(told.brighter, _WHOLE)) * np.float32(told.share)
    return np.asarray(np.clip(darker, 0, 1), np.float32)


def is_of_path_as_told(seen: Seen, followed: Told, known: Known | None = None) -> bool:
    """Is it light by the blur as the network told it, and not by the path since followed, of which this was told?

    `known` is as in `compared`.

    Paths are followed in tones, where what light adds passes for a part of the path: of real photos blurred in light 10
    of 42 such paths lost .05 in structure by it; of 50 of photos blurred in their tones none is taken for that.
    """
    told = seen.blur.told
    return told is not None and followed.share < _SURELY <= compared(replace(seen, blur=told), known).share


def compared(seen: Seen, known: Known | None = None) -> Told:
    """What the filter finds if light was blurred, and if tones were; looked at in a crop of SIDE.

    `known` is of the same face: it is taken where that was by this very blur, and in a crop as large.
    """
    if known is not None and known.blur is seen.blur and seen.side == SIDE:
        return known.told
    padded = _resized(luma(seen.padded), _WHOLE)
    of_tones = of_light = _result(padded, seen)
    brighter = np.zeros_like(padded)
    again = again_of_tones = deconvolution.blurred(of_tones, seen.blur)
    for _ in range(_ROUNDS):
        brighter = _gained(of_light, again, seen.blur)
        of_light = _result(padded - brighter, seen)
        again = deconvolution.blurred(of_light, seen.blur)
    return Told(
        _resized(brighter, seen.padded.shape[0]),
        _found(of_light, padded - brighter - again),
        _found(of_tones, padded - again_of_tones),
    )


def gained(sharp: Plane, blur: Blur) -> Plane:
    """(1.5 side, 1.5 side), -1 to 1: how much brighter tones, 0 to 1, are if light is blurred; 0 at the border."""
    return _gained(sharp, deconvolution.blurred(sharp, blur), blur)


def _gained(sharp: Plane, in_tones: Plane, blur: Blur) -> Plane:
    """The same where it is known what they are if tones are blurred."""
    in_light = stored(deconvolution.blurred(light_of(sharp), blur))
    return np.asarray((in_light - in_tones) * deconvolution.fade(sharp.shape[0]), np.float32)


def light_of(tones: Plane) -> Plane:
    """Light, 0 to 1, of the tones that sRGB stores of it, 0 to 1, of any shape."""
    light = np.asarray(((tones + _LIFT) / (1 + _LIFT)) ** _POWER, np.float32)
    dark = tones <= _LINEAR * _SLOPE
    light[dark] = tones[dark] / _SLOPE
    return light


def stored(light: Plane) -> Plane:
    """Tones, 0 to 1, that sRGB stores of light, of any shape; what is darker than black or brighter than white, too."""
    light = np.clip(light, 0, 1)
    tones = np.asarray((1 + _LIFT) * light ** (1 / _POWER) - _LIFT, np.float32)
    dark = light <= _LINEAR
    tones[dark] = _SLOPE * light[dark]
    return tones


def _result(padded: Plane, seen: Seen) -> Plane:
    """As the filter finds it that knows nothing of compression: it goes farther, and more tells both apart."""
    scale = align.scale_of(seen.transform) * SIDE / seen.side
    grain = Noise(seen.noise.level)
    return np.asarray(np.clip(deconvolution.luma_of(padded, seen.blur, grain, scale), 0, 1), np.float32)


def _gradients(padded: Plane) -> float:
    """The mean root of the steps between neighbours in the face."""
    face = deconvolution.middle(padded)
    return float(sum(np.sqrt(np.abs(np.diff(face, axis=axis)[sharpness.FACE])).mean() for axis in (0, 1)))


def _deviation(padded: Plane) -> float:
    """Root mean square in the face."""
    return float(np.sqrt(np.mean(deconvolution.middle(padded)[sharpness.FACE] ** 2)))


def _found(result: Plane, left: Plane) -> Found:
    return Found(float(np.log(_gradients(result) + _TINY)), float(np.log(_deviation(left) + _TINY)))


def _resized(plane: Plane, side: int) -> Plane:
    if plane.shape[0] == side:
        return plane
    method = cv2.INTER_AREA if side < plane.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, (side, side), interpolation=method), np.float32)
