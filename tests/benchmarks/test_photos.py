"""The filter that is told the kernel is told the one that blurred this face."""

import cv2
import numpy as np
import pytest

from gpend.core import align
from tests.benchmarks import kernels, photos

SIDE = 256


def a_scene() -> np.ndarray:
    """(480, 640, 3), 0 to 1: soft detail of every direction."""
    random = np.random.default_rng(3)
    noise = cv2.GaussianBlur(random.normal(0, 1, (480, 640, 3)).astype(np.float32), (0, 0), 3)
    return np.asarray(np.clip(0.5 + 0.8 * noise, 0, 1), np.float32)


@pytest.mark.parametrize(("scale", "turned"), [(1.0, 0.0), (2.0, 0.0), (0.6, 0.0), (1.0, 25.0), (1.7, -40.0)])
def test_a_kernel_of_the_photo_blurs_the_crop_of_a_face_as_it_blurs_the_photo(scale: float, turned: float) -> None:
    scene, kernel = a_scene(), kernels.straight(17, np.random.default_rng(5))
    transform = cv2.getRotationMatrix2D((320, 240), turned, scale) - [[0, 0, 320 - SIDE / 2], [0, 0, 240 - SIDE / 2]]
    here = photos.in_crop(kernel, transform)
    blurred_photo = cv2.filter2D(scene, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    wanted = align.crop(np.asarray(blurred_photo * 255, np.uint8), transform, SIDE)
    sharp = align.crop(np.asarray(scene * 255, np.uint8), transform, SIDE)
    found = cv2.filter2D(sharp, -1, here[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    middle = slice(64, 192)
    error = float(np.abs(found - wanted)[middle, middle].mean())
    assert here.sum() == pytest.approx(1, abs=1e-5)
    assert error < 0.1 * float(np.abs(sharp - wanted)[middle, middle].mean())
