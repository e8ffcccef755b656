"""Photos of 12 megapixels, as phones take them, with the bundled portrait in them."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend import shipped

_WIDTH, _HEIGHT = 4000, 3000
_SIDE = 1800  # of the portrait in it
_SIGMA = 7.0
_GRAIN = 2.0
_SAMPLINGS = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}


@cache
def blurred_portrait(sampling: str = "4:2:0") -> bytes:
    """One that is restored."""
    return _photo(_SIGMA, sampling)


@cache
def sharp_portrait() -> bytes:
    """One that is left alone."""
    return _photo(0.0)


def _photo(sigma: float, sampling: str = "4:2:0") -> bytes:
    portrait = _read(shipped.sample("portrait-sharp.jpg"))
    photo = cv2.resize(portrait, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA) // 3 + 90
    top, left = (_HEIGHT - _SIDE) // 2, (_WIDTH - _SIDE) // 2
    photo[top : top + _SIDE, left : left + _SIDE] = cv2.resize(portrait, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    if sigma:
        photo = cv2.GaussianBlur(photo, (0, 0), sigma)
    grain = np.random.default_rng(0).normal(0, _GRAIN, (_HEIGHT, _WIDTH, 1)).astype(np.float32)
    noisy = np.clip(photo.astype(np.float32) + grain, 0, 255).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _SAMPLINGS[sampling]]
    return bytes(cv2.imencode(".jpg", noisy, options)[1])


def _read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR), np.uint8)
