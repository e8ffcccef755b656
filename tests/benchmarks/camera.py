"""What a phone's camera makes of light: a mosaic of photons, demosaiced, denoised, curved and sharpened.

Noise that is added to a finished picture is the same in light and dark, and from pixel to pixel. A camera's is not: it
is stronger in the dark, once the tones are curved, and what the denoiser leaves of it is smooth, and sharpened again.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Plane
from gpend.fitting.degradations import Random

_LIGHT, _DARK = 4000, 120  # photons of white, by day and where there is next to no light
_READ, _READ_DARK = 1.5, 2.0  # electrons: standard deviation of what the sensor adds, and how much more in the dark
_BALANCE = np.array([1.9, 1.0, 1.6], np.float32)  # how many times red, green and blue are raised to make white white
_DEPTH = 60_000  # levels of the mosaic
_STRONG, _LEAST, _COLOUR = 1.3, 0.5, 1.7  # of the denoiser, against the noise that it measures; and against colour
_PATCH, _SEARCHED = 5, 13  # pixels, of non-local means (Buades et al. 2005)
_SHARPENED, _RADIUS = 0.6, 1.2  # of an unsharp mask, and its radius in pixels
_TO_MEDIAN = 0.6745  # the median absolute value of Gaussian noise of 1
_WHITE = 255

Pixels = NDArray[np.uint8]


def mosaic(light: Plane, dark: float, random: Random) -> Plane:
    """Light (height, width, 3), 0 to 1, both even, as a sensor sees it (RGGB) and demosaics it: of the same shape.

    `dark` is 0 by day and 1 where there is next to no light.
    """
    white = _LIGHT * (1 - dark) + _DARK * dark
    raised = np.clip(light, 0, None) / _BALANCE
    seen = np.empty(light.shape[:2], np.float32)
    for down, across, colour in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        seen[down::2, across::2] = raised[down::2, across::2, colour]
    electrons = random.poisson(seen * white) + random.normal(0, _READ + _READ_DARK * dark, seen.shape)
    levels = np.asarray(np.rint(np.clip(electrons / white, 0, 1) * _DEPTH), np.uint16)
    colours = np.asarray(cv2.cvtColor(levels, cv2.COLOR_BayerBG2RGB), np.float32) / _DEPTH * _BALANCE
    return np.asarray(np.clip(colours, 0, 1), np.float32)


def finished(tones: Pixels) -> Pixels:
    """(height, width, 3) as a phone's camera hands it over: denoised, as far as it is noisy, and sharpened."""
    grey = cv2.cvtColor(tones, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across = np.diff(np.diff(grey, axis=0), axis=1)  # of white noise of 1 it has 2
    level = float(np.median(np.abs(across))) / _TO_MEDIAN / 2
    strength = max(_LEAST, _STRONG * level)
    clean = cv2.fastNlMeansDenoisingColored(tones, None, strength, _COLOUR * strength + 1, _PATCH, _SEARCHED)
    plain = np.asarray(clean, np.float32)
    sharper = plain + np.float32(_SHARPENED) * (plain - cv2.GaussianBlur(plain, (0, 0), _RADIUS))
    return np.asarray(np.rint(np.clip(sharper, 0, _WHITE)), np.uint8)
