"""What a filter leaves beside edges is told from the detail that it brings back."""

import cv2
import numpy as np
import pytest

from gpend.core import deconvolution, rings
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane
from tests.core.blurs import CLEAN, spoiled, streak


def without(blurred: Plane, blur: Blur) -> Plane:
    """What the filter makes of it, (SIDE, SIDE, 3)."""
    return deconvolution.deconvolve(blurred, blur, CLEAN, 1.0).restored


def overshoot(padded: Plane, real: Plane, told: Plane) -> float:
    """Where a face was blurred by the real kernel, and the told one was taken out."""
    blurred, blur = spoiled(padded, real), Blur(told, 0.98)
    return rings.overshoot(without(blurred, blur), deconvolution.middle(blurred), blur)


@pytest.mark.parametrize("length", [9, 17, 27])
def test_where_the_blur_was_there_hardly_anything_leaves_the_range_of_the_photo(padded: Plane, length: int) -> None:
    assert overshoot(padded, streak(length), streak(length)) < 1.75 / 255


def test_where_another_was_there_edges_get_rims(padded: Plane) -> None:
    line = cv2.getGaussianKernel(41, 2.0).astype(np.float32)
    round_ = np.asarray(line @ line.T, np.float32)
    right, wrong = overshoot(padded, streak(9), streak(9)), overshoot(padded, round_, streak(27))
    assert wrong > 1.75 / 255
    assert wrong > 2 * right


def test_a_face_that_stays_as_it_is_has_none_whatever_its_size(padded: Plane) -> None:
    crop = deconvolution.middle(padded)
    large = np.asarray(cv2.resize(crop, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_LINEAR), np.float32)
    assert rings.overshoot(crop, crop, Blur(streak(9), 1.0)) == 0.0
    assert rings.overshoot(large, large, Blur(streak(9), 1.0)) == 0.0
