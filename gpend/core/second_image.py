"""Whether a picture is there twice, as in a double exposure (pure).

The log spectrum of a picture and its shifted copy waves with the shift: its inverse transform, the cepstrum (Bogert
1963), has a peak there. Frequencies count by how far they stand out of the noise. A shake with pauses leaves peaks too:
what the kernel explains can be taken out first.
"""

from functools import cache

import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core.blend import smooth
from gpend.core.blur import SIDE
from gpend.core.photo import Plane

_REACH = (4, 36)  # pixels by which a second exposure may be shifted: nearer is blur, farther another feature
_FAR = 40  # the same, where the shift counts: a face is less like itself the farther it is shifted
_USUAL = 12.0  # pixels, of shifts that count as they are
_QUIETEST = 2 / 255  # noise that counts at least
_FLOOR = 0.3  # of the noise's power, below which a wave is none
_NO_POWER = 1e-12
_RINGS = 7  # over which a profile is smoothed: noise goes, and the face's own fall stays
_TINY = 1e-6
_NEARLY_NONE = 1e-9  # of a kernel's power

_Power = NDArray[np.float64]


def strength(plane: Plane, level: float) -> float:
    """How strong a second image of itself is in luma (SIDE, SIDE), 0 to 1, against the first: 0 to about 1.

    `level` is the standard deviation of the noise.
    """
    power = _power(plane)
    waves, weight = _waves(power, level)
    cepstrum = _cepstrum(waves * weight, weight)
    shift = _shift()
    return float(cepstrum[(shift > _REACH[0]) & (shift < _REACH[1])].max())


def unexplained(plane: Plane, level: float, kernel: Plane) -> float:
    """The same for what the kernel that blurred it does not leave there; farther shifts count more.

    `kernel` is (k, k) float32 of sum 1, in pixels of the plane.
    """
    power = _power(plane)
    waves, weight = _waves(power, level)
    profile = _profile(power)
    told = _passed(kernel)
    expected, _ = _waves(told * profile / (_profile(told) + _NEARLY_NONE), level)
    cepstrum = _cepstrum((waves - expected) * weight, weight)
    shift = _shift()
    within = (shift > _REACH[0]) & (shift < _FAR)
    return float((cepstrum * np.sqrt(shift / _USUAL))[within].max())


def _power(plane: Plane) -> _Power:
    line = np.hanning(SIDE)
    return np.abs(fft.rfft2((plane - plane.mean()) * line[:, None] * line[None])) ** 2 / float((line**2).sum()) ** 2


def _passed(kernel: Plane) -> _Power:
    """What a kernel (k, k) leaves of the power of each frequency, as a window smears it."""
    return np.asarray(smooth(np.asarray(np.abs(fft.rfft2(kernel, (SIDE, SIDE))) ** 2, np.float32), 1.0), np.float64)


def _waves(power: _Power, level: float) -> tuple[_Power, _Power]:
    """Log power against its ring's, and the weight of each frequency."""
    floor = max(level, _QUIETEST) ** 2
    mean = _profile(power)
    weight = np.where(_ring() > _REACH[0], (mean / (mean + floor)) ** 2, 0)
    return np.log(power + _FLOOR * floor) - np.log(mean + _FLOOR * floor), weight


def _cepstrum(waves: _Power, weight: _Power) -> Plane:
    """(SIDE, SIDE), no shift in the middle."""
    plane = smooth(fft.fftshift(fft.irfft2(waves, (SIDE, SIDE))).astype(np.float32), 1.0)
    return np.asarray(plane / (2 * float(weight.sum()) / SIDE**2 + _TINY), np.float32)


def _profile(power: _Power) -> _Power:
    """The mean power of the ring that each frequency is in, smoothed over seven rings."""
    ring = _ring().ravel()
    profile = np.bincount(ring, power.ravel()) / np.bincount(ring)
    logs = np.pad(np.log(profile + _NO_POWER), _RINGS // 2, mode="edge")
    return np.asarray(np.exp(np.convolve(logs, np.full(_RINGS, 1 / _RINGS), "valid"))[_ring()])


@cache
def _ring() -> NDArray[np.intp]:
    rings = np.asarray(np.hypot(fft.fftfreq(SIDE)[:, None], fft.rfftfreq(SIDE)[None]) * SIDE, np.intp)
    rings.flags.writeable = False  # shared by all faces
    return rings


@cache
def _shift() -> _Power:
    down, across = np.mgrid[0:SIDE, 0:SIDE] - SIDE // 2
    shift = np.asarray(np.hypot(down, across), np.float64)
    shift.flags.writeable = False  # the same
    return shift
