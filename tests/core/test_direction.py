"""A kernel and its mirror image leave the same spectrum; the photo tells which of the two it was."""

import cv2
import numpy as np
import pytest

from gpend.core import light
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.direction import along, directed, turned
from gpend.core.photo import Plane
from tests.benchmarks import kernels
from tests.core.blurs import spoiled as spoiled_all
from tests.core.test_light import LEVEL, in_light, seen


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


@pytest.mark.parametrize("is_light", [False, True])
@pytest.mark.parametrize("length", [8, 12, 20])
@pytest.mark.parametrize("angle", [0.3, 1.7, 2.9, 4.4])
def test_the_way_is_found_in_light_as_in_tones_whichever_is_told(
    padded: Plane, length: int, angle: float, *, is_light: bool
) -> None:
    kernel = hook(length, angle)
    photo = in_light(padded, kernel) if is_light else spoiled_all(padded, kernel, LEVEL)
    for told in (kernel, np.ascontiguousarray(kernel[::-1, ::-1])):
        face = seen(photo, Blur(told, 0.98))
        known = turned(face, light.compared(face))
        assert np.array_equal(known.blur.kernel, kernel)


@pytest.mark.parametrize(("length", "seed"), [(8, 10), (12, 10), (16, 10), (20, 11)])
def test_where_tones_alone_tell_the_wrong_way_light_tells_the_right_one(padded: Plane, length: int, seed: int) -> None:
    kernel = kernels.curved(length, np.random.default_rng(seed))
    wrong = Blur(np.ascontiguousarray(kernel[::-1, ::-1]), 0.98)
    face = seen(in_light(padded, kernel), wrong)
    assert directed(luma(face.crop), wrong) is wrong
    assert np.array_equal(turned(face, light.compared(face)).blur.kernel, kernel)


def test_what_light_tells_of_a_turned_shake_is_told_of_that_one(padded: Plane) -> None:
    kernel = hook(12, 0.3)
    face = seen(in_light(padded, kernel), Blur(np.ascontiguousarray(kernel[::-1, ::-1]), 0.98))
    known = turned(face, light.compared(face))
    again = light.compared(seen(face.padded, known.blur))
    assert np.array_equal(known.told.brighter, again.brighter)
    assert known.told.share > light.compared(face).share


def test_of_a_blur_that_is_hardly_another_one_mirrored_light_is_not_asked_twice(padded: Plane) -> None:
    straight = np.zeros((41, 41), np.float32)
    straight[20, 12:29] = 1 / 17
    face = seen(in_light(padded, straight), Blur(straight, 0.98))
    told = light.compared(face)
    known = turned(face, told)
    assert known.blur is face.blur
    assert known.told is told


def test_a_shake_that_is_told_again_goes_the_way_that_was_found() -> None:
    found, again = Blur(hook(12, 0.3), 0.98), Blur(hook(11, 0.35), 0.97)
    mirrored = Blur(np.ascontiguousarray(again.kernel[::-1, ::-1]), 0.97)
    for told in (again, mirrored):
        assert np.array_equal(along(told, found).kernel, again.kernel)
    assert along(again, found) is again
