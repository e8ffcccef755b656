"""What runs straight through a face along its blur lies before it; features that a shake drew out do not."""

import cv2
import numpy as np
import pytest

from gpend.core import bars
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane


def shake(degrees: float, length: int = 21) -> Plane:
    """A straight one; degrees from across to down."""
    line = np.zeros((41, 41), np.float32)
    line[20, 20 - length // 2 : 21 + length // 2] = 1
    turned = cv2.warpAffine(line, cv2.getRotationMatrix2D((20, 20), -degrees, 1), (41, 41))
    return np.asarray(turned / turned.sum(), np.float32)


def barred(face: Plane, degrees: float) -> Plane:
    """Out of focus, behind sharp bars in this direction."""
    spoiled = np.asarray(cv2.GaussianBlur(face, (0, 0), 3), np.float32)
    down, across = np.mgrid[:SIDE, :SIDE]
    angle = np.radians(degrees)
    spoiled[(down * np.cos(angle) - across * np.sin(angle)) % 26 < 5] = 0.35
    return np.asarray(cv2.GaussianBlur(spoiled, (0, 0), 0.7), np.float32)


@pytest.mark.parametrize("degrees", [0, 35, 90, 140])
def test_bars_before_a_face_are_seen_along_the_shake_they_pass_for(face: Plane, degrees: float) -> None:
    assert bars.lie_before(barred(face, degrees), Blur(shake(degrees), 0.98))


@pytest.mark.parametrize("degrees", [0, 35, 90, 140])
@pytest.mark.parametrize("length", [9, 21, 35])
def test_a_face_that_was_shaken_has_nothing_before_it(face: Plane, degrees: float, length: int) -> None:
    kernel = shake(degrees, length)
    shaken = cv2.filter2D(face, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    assert not bars.lie_before(np.asarray(shaken, np.float32), Blur(kernel, 0.98))


def test_a_blur_without_a_direction_asks_for_no_bars(face: Plane) -> None:
    round_ = np.outer(np.hanning(41), np.hanning(41)).astype(np.float32)
    assert not bars.lie_before(barred(face, 0), Blur(round_ / round_.sum(), 0.98))
