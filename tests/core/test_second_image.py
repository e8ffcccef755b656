"""A picture that is there twice shows in its cepstrum."""

import cv2
import numpy as np
import pytest

from gpend.core import deconvolution, second_image
from gpend.core.blend import luma
from gpend.core.photo import Plane


def twice(once: Plane, shift: tuple[int, int]) -> Plane:
    return np.asarray(0.5 * once + 0.5 * np.roll(once, shift, (0, 1)), np.float32)


def kernel(*points: tuple[int, int]) -> Plane:
    drawn = np.zeros((41, 41), np.float32)
    for down, across in points:
        drawn[20 + down, 20 + across] = 1 / len(points)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.0), np.float32)


@pytest.mark.parametrize("shift", [(8, 3), (0, 14), (-20, 10)])
def test_a_face_that_is_there_twice_shows_in_the_cepstrum(padded: Plane, shift: tuple[int, int]) -> None:
    once = luma(deconvolution.middle(padded))
    doubled, single = (second_image.strength(second_image.waves(one, 0.01)) for one in (twice(once, shift), once))
    assert doubled > 2 * single


@pytest.mark.parametrize("shift", [(8, 4), (0, 14), (-12, 10)])
def test_a_second_image_that_the_kernel_tells_of_is_explained_by_it(padded: Plane, shift: tuple[int, int]) -> None:
    both = second_image.waves(twice(luma(deconvolution.middle(padded)), shift), 0.01)
    one, two = ((-shift[0] // 2, -shift[1] // 2), (shift[0] // 2, shift[1] // 2))
    explained = second_image.unexplained(both, kernel(one, two))
    assert explained < 0.7 * second_image.unexplained(both, kernel((0, 0)))


@pytest.mark.parametrize(("shift", "reach"), [((8, 3), 0), ((0, 16), 1), ((-20, 10), 1), ((22, 14), 2)])
def test_a_second_image_stands_out_of_what_is_shifted_as_far(padded: Plane, shift: tuple[int, int], reach: int) -> None:
    once = luma(deconvolution.middle(padded))
    doubled, single = (second_image.clearness(second_image.waves(one, 0.01)) for one in (twice(once, shift), once))
    assert doubled[reach] > single[reach] + 0.5


def test_where_there_is_nothing_to_see_nothing_stands_out() -> None:
    flat = second_image.waves(np.full((256, 256), 0.5, np.float32), 0.01)
    assert np.isfinite(second_image.clearness(flat)).all()
