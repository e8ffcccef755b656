"""Whether a picture is there twice, as in a double exposure (pure).

The log spectrum of a picture and its shifted copy waves with the shift: its inverse transform, the cepstrum (Bogert
1963), has a peak there. Frequencies count by how far they stand out of the noise. A shake with pauses leaves peaks too:
what the kernel explains can be taken out first.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core.blend import smooth
from gpend.core.blur import SIDE
from gpend.core.fourier import spectrum_of
from gpend.core.photo import Plane

_REACH = (4, 36)  # pixels by which a second exposure may be shifted: nearer is blur, farther another feature
_FAR = 40  # the same, where the shift counts: a face is less like itself the farther it is shifted
_RINGS_OF_SHIFTS = ((6.5, 9, 13), (13, 18, 24), (24, 30, 38))  # pixels: near, in the middle, far, each in two rings
_USUAL = 12.0  # pixels, of shifts that count as they are
_QUIETEST = 2 / 255  # noise that counts at least
_FLOOR = 0.3  # of the noise's power, below which a wave is none
_NO_POWER = 1e-12
_RINGS = 7  # over which a profile is smoothed: noise goes, and the face's own fall stays
_TINY = 1e-6
_EVEN = 1e-5  # of a cepstrum: its usual spread, at least
_TO_DEVIATION = 1.4826  # the standard deviation of Gaussian noise for its median absolute value
_NEARLY_NONE = 1e-9  # of a kernel's power

_Power = NDArray[np.float32]


@dataclass(frozen=True)
class Waves:
    """How the log spectrum of a luma waves, and its cepstrum."""

    level: float  # standard deviation of its noise
    profile: _Power  # the mean power of the ring that each frequency is in
    waves: _Power  # log power against its ring's
    weight: _Power  # of each frequency

    @cached_property
    def cepstrum(self) -> Plane:
        """(SIDE, SIDE), about 0 to 1, no shift in the middle."""
        return _cepstrum(self.waves * self.weight, self.weight)


def waves(plane: Plane, level: float) -> Waves:
    """Of luma (SIDE, SIDE), 0 to 1; `level` is the standard deviation of the noise."""
    return _waves(_power(plane), level)


def strength(seen: Waves) -> float:
    """How strong a second image of itself is in a luma, against the first: 0 to about 1."""
    near, _ = _within()
    return float(seen.cepstrum[near].max())


def clearness(seen: Waves) -> tuple[float, float, float]:
    """How far the strongest second image stands out of all that are shifted as far, near, in the middle and far.

    Each is log(1 + z), with z the height of the peak above the median of its ring, in standard deviations told robustly
    (1.4826 times the median absolute deviation). Faces are like themselves, the less the farther they are shifted; what
    stands out at its own distance is no such likeness.
    """
    near, middle, far = (max(_outstanding(seen.cepstrum[ring]) for ring in rings) for rings in _shifts())
    return near, middle, far


def unexplained(seen: Waves, kernel: Plane) -> float:
    """The same for what the kernel that blurred it does not leave there; farther shifts count more.

    `kernel` is (k, k) float32 of sum 1, in pixels of the plane.
    """
    told = _passed(kernel)
    expected = _waves(told * seen.profile / (_profile(told) + np.float32(_NEARLY_NONE)), seen.level).waves
    cepstrum = _cepstrum((seen.waves - expected) * seen.weight, seen.weight)
    _, counts = _within()
    return float((cepstrum * counts).max())


def _outstanding(values: NDArray[np.float32]) -> float:
    """Of values (n,): log(1 + z) of the highest, as in `clearness`."""
    usual = np.median(values)
    spread = _TO_DEVIATION * np.median(np.abs(values - usual)) + _EVEN
    return float(np.log1p(max(0.0, (values.max() - usual) / spread)))


def _power(plane: Plane) -> _Power:
    window, total = _window()
    seen = spectrum_of((plane - plane.mean()) * window)
    return np.asarray((seen.real**2 + seen.imag**2) / np.float32(total), np.float32)


@cache
def _window() -> tuple[Plane, float]:
    """(SIDE, SIDE), 0 to 1, falling to 0 towards its border; and the sum of its squares."""
    line = np.hanning(SIDE)
    window = np.asarray(line[:, None] * line[None], np.float32)
    window.flags.writeable = False  # shared by all faces
    return window, float((line**2).sum()) ** 2


def _passed(kernel: Plane) -> _Power:
    """What a kernel (k, k) leaves of the power of each frequency, as a window smears it."""
    spread = np.zeros((SIDE, SIDE), np.float32)
    spread[: kernel.shape[0], : kernel.shape[1]] = kernel
    seen = spectrum_of(spread)
    return smooth(np.asarray(seen.real**2 + seen.imag**2, np.float32), 1.0)


def _waves(power: _Power, level: float) -> Waves:
    floor = np.float32(max(level, _QUIETEST) ** 2)
    profile = _profile(power)
    weight = np.where(_ring() > _REACH[0], (profile / (profile + floor)) ** 2, np.float32(0))
    least = np.float32(_FLOOR) * floor
    return Waves(level, profile, np.log((power + least) / (profile + least)), weight)


def _cepstrum(waves: _Power, weight: _Power) -> Plane:
    """(SIDE, SIDE), no shift in the middle."""
    plane = smooth(np.asarray(fft.fftshift(fft.irfft2(waves, (SIDE, SIDE))), np.float32), 1.0)
    return np.asarray(plane / (2 * float(weight.sum()) / SIDE**2 + _TINY), np.float32)


def _profile(power: _Power) -> _Power:
    """The mean power of the ring that each frequency is in, smoothed over seven rings."""
    profile = np.bincount(_ring().ravel(), power.ravel()) / _many()
    logs = np.pad(np.log(profile + _NO_POWER), _RINGS // 2, mode="edge")
    smoothed = np.exp(np.convolve(logs, np.full(_RINGS, 1 / _RINGS), "valid"))
    return np.asarray(smoothed, np.float32)[_ring()]


@cache
def _ring() -> NDArray[np.intp]:
    rings = np.asarray(np.hypot(fft.fftfreq(SIDE)[:, None], fft.rfftfreq(SIDE)[None]) * SIDE, np.intp)
    rings.flags.writeable = False  # shared by all faces
    return rings


@cache
def _many() -> NDArray[np.intp]:
    """How many frequencies each ring has."""
    return np.bincount(_ring().ravel())


@cache
def _within() -> tuple[NDArray[np.bool_], Plane]:
    """(SIDE, SIDE), no shift in the middle: which shifts are a second exposure's; and how much each of more counts."""
    down, across = np.mgrid[0:SIDE, 0:SIDE] - SIDE // 2
    shift = np.hypot(down, across)
    near = np.asarray((shift > _REACH[0]) & (shift < _REACH[1]))
    counts = np.where((shift > _REACH[0]) & (shift < _FAR), np.sqrt(shift / _USUAL), 0).astype(np.float32)
    for shared in (near, counts):
        shared.flags.writeable = False  # the same
    return near, counts


@cache
def _shifts() -> tuple[tuple[NDArray[np.bool_], ...], ...]:
    """(SIDE, SIDE) each, no shift in the middle: the rings of _RINGS_OF_SHIFTS, in which a shift's reverse is not."""
    down, across = np.mgrid[0:SIDE, 0:SIDE] - SIDE // 2
    shift = np.where(down >= 0, np.hypot(down, across), -1.0)
    rings = tuple(
        tuple((shift >= least) & (shift < most) for least, most in pairwise(reaches)) for reaches in _RINGS_OF_SHIFTS
    )
    for ring in (ring for pair in rings for ring in pair):
        ring.flags.writeable = False  # the same
    return rings
