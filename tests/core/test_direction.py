"""A kernel and its mirror image leave the same spectrum; the photo tells which of the two it was."""

import cv2
import numpy as np
import pytest

from gpend.core.blur import Blur
from gpend.core.direction import directed
from gpend.core.photo import Plane


def hook(length: int, angle: float) -> Plane:
    """A hand that moved, and then turned and slowed down."""
    along = np.linspace(0, 1, 200)
    points = np.stack([length * along, length / 2 * np.clip(along - 0.6, 0, None)], 1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    weights = 1 + 3 * along**4
    points = (points - np.average(points, axis=0, weights=weights)) @ turn.T
    kernel = np.zeros((41, 41), np.float32)
    np.add.at(kernel, tuple((np.rint(points) + 20).astype(int).T[::-1]), weights)
    return np.asarray(kernel / kernel.sum(), np.float32)


def spoiled(face: Plane, kernel: Plane) -> Plane:
    blurred = cv2.filter2D(face, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    noise = np.random.default_rng(3).normal(0, 2 / 255, face.shape)
    return np.asarray(np.clip(blurred + noise, 0, 1), np.float32)


@pytest.mark.parametrize("length", [8, 12, 20])
@pytest.mark.parametrize("angle", [0.3, 1.7, 2.9, 4.4])
def test_the_way_in_which_the_hand_moved_is_found(face: Plane, length: int, angle: float) -> None:
    kernel = hook(length, angle)
    mirrored = np.ascontiguousarray(kernel[::-1, ::-1])
    photo = spoiled(face, kernel)
    for told in (kernel, mirrored):
        assert np.array_equal(directed(photo, Blur(told, 0.98)).kernel, kernel)


def test_a_kernel_that_is_its_own_mirror_image_is_not_looked_at_twice(face: Plane) -> None:
    straight = np.zeros((41, 41), np.float32)
    straight[20, 12:29] = 1 / 17
    blur = Blur(straight, 0.98)
    assert directed(face, blur) is blur


def test_the_confidence_stays(face: Plane) -> None:
    assert directed(face, Blur(hook(12, 0.3), 0.91)).confidence == 0.91
