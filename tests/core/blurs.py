"""The size of what is filtered, a photo with hardly any noise, and one way to spoil it."""

import cv2
import numpy as np

from gpend.core import deconvolution
from gpend.core.blur import SIDE
from gpend.core.noise import Noise
from gpend.core.photo import Plane

CLEAN = Noise(1.5 / 255)
MARGIN = round(SIDE * deconvolution.MARGIN)


def streak(length: int) -> Plane:
    """A hand that shook sideways, so many pixels far: (41, 41), of sum 1."""
    kernel = np.zeros((41, 41), np.float32)
    kernel[20, 20 - length // 2 : 20 + length // 2 + 1] = 1
    return np.asarray(kernel / kernel.sum(), np.float32)


def spoiled(picture: Plane, kernel: Plane, level: float = 1.5 / 255) -> Plane:
    """The picture blurred by a kernel, with noise of this standard deviation."""
    blurred = cv2.filter2D(picture, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    noise = np.random.default_rng(1).normal(0, level, picture.shape)
    return np.asarray(np.clip(blurred + noise, 0, 1), np.float32)
