"""A face that holds too little to be told from another is left alone, however large it was made."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import information
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.core.report import Verdict


def gaussian(sigma: float) -> Blur:
    line = cv2.getGaussianKernel(61, sigma).astype(np.float32)
    return Blur(line @ line.T, 1.0)


def scale(factor: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([[factor, 0.0, 0.0], [0.0, factor, 0.0]])


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_a_gaussian_smears_a_point_to_its_full_width_at_half_maximum_in_pixels_of_the_photo(factor: float) -> None:
    assert information.blur_width(gaussian(4), scale(factor)) == pytest.approx(4 * 2.355 / factor, rel=0.01)


def test_what_is_not_blurred_is_as_fine_as_its_pixels() -> None:
    assert information.blur_width(gaussian(0.1), scale(1)) == 1.0


def test_a_face_of_seven_pixels_of_real_detail_is_too_far_gone_whatever_its_size() -> None:
    for width in (60, 200, 1000):
        doubt = information.doubt(width, width / 7)
        assert doubt is not None
        assert doubt.verdict is Verdict.GONE
        assert "7 px of real detail" in doubt.reason


@given(st.floats(48, 4000), st.floats(1, 100))
def test_more_detail_never_raises_a_doubt_that_less_does_not(width: float, smeared: float) -> None:
    if information.doubt(width, smeared) is None:
        assert information.doubt(width * 1.1, smeared) is None
        assert information.doubt(width, max(1.0, smeared * 0.9)) is None


def streak(length: int) -> Blur:
    kernel = np.zeros((61, 61), np.float32)
    kernel[30, 30 - length // 2 : 30 + length // 2 + 1] = 1
    return Blur(np.asarray(kernel / kernel.sum(), np.float32), 1.0)


def test_nothing_is_painted_over_a_face_that_a_shake_left_few_pixels_along_it() -> None:
    doubt = information.paint_doubt(140, streak(27), scale(1))
    assert doubt is not None
    assert doubt.reason == "along its blur it holds only about 7 px of real detail"
    assert information.paint_doubt(140, streak(9), scale(1)) is None
    assert information.paint_doubt(560, streak(27), scale(0.25)) is not None


CLEAN, LOUD = Noise(1.2 / 255), Noise(30 / 255)


def test_where_there_is_hardly_any_noise_points_are_as_far_apart_as_the_blur_is_wide() -> None:
    wide = information.point_width(gaussian(4), CLEAN, 0.04, scale(1))
    assert wide == pytest.approx(4 * 2.355, rel=0.02)


def test_noise_leaves_less_of_a_face() -> None:
    quiet, noisy = (information.point_width(gaussian(2), noise, 0.04, scale(1)) for noise in (CLEAN, LOUD))
    assert noisy > 1.3 * quiet


def test_a_face_that_was_shaken_keeps_what_lies_across_the_shake() -> None:
    streak = np.zeros((41, 41), np.float32)
    streak[20, 8:33] = 1 / 25
    shaken, defocused = Blur(streak, 1.0), gaussian(7)
    along, round_ = (information.point_width(one, CLEAN, 0.04, scale(1)) for one in (shaken, defocused))
    assert along < 0.6 * round_


@given(st.floats(0.5, 8), st.floats(1.2, 40))
def test_more_blur_and_more_noise_never_leave_more(sigma: float, level: float) -> None:
    noise, more = Noise(level / 255), Noise(level * 1.3 / 255)
    here = information.point_width(gaussian(sigma), noise, 0.03, scale(1))
    assert here <= information.point_width(gaussian(sigma * 1.2), noise, 0.03, scale(1)) + 1e-6
    assert here <= information.point_width(gaussian(sigma), more, 0.03, scale(1)) + 1e-6
