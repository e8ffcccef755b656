"""What is in a photo's pixels that is not the picture: the sensor's noise, and what a format's quantisation took."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Pixels

Power = NDArray[np.float32]

_SECOND_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)  # Immerkaer 1996
_GAIN = 6.0  # the standard deviation of its answer to noise of 1
_DIFFERENCES = 8 * 255 + 1  # of whole numbers up to 255, so many are possible, none of them below 0
_TO_MEDIAN = 0.6745  # the median absolute value of Gaussian noise of 1
_LEAST = 1.2 / 255  # standard deviation: no photo of 8 bits has less, whatever a denoiser makes of it
_STEPS = 8  # frequencies of the cosine transform along one side of a block
_NEAR = 0.75  # of a step: coefficients that are so near to a radius count for it
_TINY = 1e-12  # power of a step of nothing
_MIDDLE = 4  # of the radii: a quarter of a cycle a pixel
_HARD = 4 / 255  # standard deviation of what is taken there: of quality 72 and less
_RADII = 10  # up to the corner of a block

PLACES = np.arange(_RADII) / (2 * _STEPS)
"""In cycles a pixel of the photo: where power is told."""


@dataclass(frozen=True)
class Noise:
    """Noise as power at frequencies of the photo's own pixels."""

    level: float  # standard deviation of the sensor's, 0 to 1
    quantisation: tuple[float, ...] = ()  # power that was taken at 0, 1/16, 2/16 ... cycles a pixel; () for none
    grain: tuple[float, ...] = ()  # power likewise of what a camera's denoiser left; () for none

    @property
    def is_of_hard_compression(self) -> bool:
        """Whether saving took more than grain by day, as apps do, and no camera."""
        return bool(self.quantisation) and self.quantisation[_MIDDLE] >= _HARD**2

    def power(self, frequency: Power, caution: float = 1.0) -> Power:
        """The power at these frequencies, float32 of any shape, in cycles for each pixel of the photo.

        What is modelled counts `caution` times; grain is measured, and counts once.
        """
        result = np.full_like(frequency, self.level**2)
        if self.quantisation:
            result += _between(self.quantisation, frequency)
        result *= np.float32(caution)
        return result + _between(self.grain, frequency) if self.grain else result


def _between(told: tuple[float, ...], frequency: Power) -> Power:
    """Power at these frequencies, of any shape, by what is told at PLACES."""
    return np.exp(np.interp(frequency, PLACES, np.log(told))).astype(np.float32)


def noise_level(pixels: Pixels) -> float:
    """Standard deviation of the noise in the luma of (height, width, 3) pixels, 0 to 1, at least that of 8 bits.

    Edges hardly count: the median of second differences is taken.
    """
    if min(pixels.shape[:2]) < _STEPS:
        return _LEAST
    luma, most = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.iinfo(pixels.dtype).max
    if pixels.dtype == np.uint8:
        change = np.abs(cv2.filter2D(luma, cv2.CV_16S, _SECOND_DIFFERENCE)[1:-1, 1:-1])
        middle = _median(np.asarray(change, np.uint16)) / most
    else:
        change = np.abs(cv2.filter2D(np.asarray(luma, np.float32), -1, _SECOND_DIFFERENCE)[1:-1, 1:-1])
        middle = float(np.median(change)) / most
    return max(_LEAST, middle / (_TO_MEDIAN * _GAIN))


def _median(numbers: NDArray[np.uint16]) -> float:
    """Of second differences of 8 bits (height, width), counted: that takes a tenth of the time of sorting them."""
    counts = cv2.calcHist([np.ascontiguousarray(numbers)], [0], None, [_DIFFERENCES], [0, _DIFFERENCES])
    reached, half = np.cumsum(counts, dtype=np.float64), numbers.size / 2
    return float(np.searchsorted(reached, half, "left") + np.searchsorted(reached, half, "right")) / 2


def quantisation_power(table: Sequence[float]) -> tuple[float, ...]:
    """What a table of 64 steps, row by row, takes at 0, 1/16 ... cycles a pixel: a step q has errors of q^2 / 12.

    Where the picture holds less than that, all of it is taken and no more: that is as good as lost, too.
    """
    steps = np.asarray(table, np.float64).reshape(_STEPS, _STEPS) / 255
    radius = np.hypot(np.arange(_STEPS)[:, None], np.arange(_STEPS)[None])
    lost = np.log(steps**2 / 12 + _TINY)
    rings = (lost[np.abs(radius - place) < _NEAR] for place in range(_RADII))
    return tuple(float(np.exp(ring.mean())) for ring in rings)
