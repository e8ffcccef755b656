"""The photo's own spectrum bears out the blur that was there, and no other."""

import cv2
import numpy as np
import pytest

from gpend.core import spectrum
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from tests.core.blurs import CLEAN, spoiled, streak


def gaussian(deviation: float) -> Plane:
    line = cv2.getGaussianKernel(41, deviation).astype(np.float32)
    return np.asarray(line @ line.T, np.float32)


@pytest.mark.parametrize("length", [9, 17, 27])
def test_a_shake_that_was_there_explains_the_face_better_than_any_round_blur(padded: Plane, length: int) -> None:
    found = spectrum.explanation(spoiled(padded, streak(length)), Blur(streak(length), 1.0), CLEAN, 1.0)
    assert found.ahead > 0.3


@pytest.mark.parametrize("kernel", [gaussian(1.5), gaussian(3), streak(17).T])
def test_a_shake_that_was_not_there_does_not(padded: Plane, kernel: Plane) -> None:
    found = spectrum.explanation(spoiled(padded, kernel), Blur(streak(17), 1.0), CLEAN, 1.0)
    assert found.ahead < 0.05


@pytest.mark.parametrize("deviation", [1.1, 2.0, 3.0, 4.3])
def test_the_width_of_a_round_blur_is_told_whatever_was_found(padded: Plane, deviation: float) -> None:
    for found in (gaussian(deviation), streak(17)):
        told = spectrum.explanation(spoiled(padded, gaussian(deviation)), Blur(found, 0.95), CLEAN, 1.0)
        assert told.blurred == pytest.approx(deviation, rel=0.3)


def test_grain_that_the_noise_does_not_explain_contradicts_a_blur(padded: Plane) -> None:
    grain = np.random.default_rng(2).normal(0, 1, padded.shape[:2]).astype(np.float32)
    coarse = cv2.GaussianBlur(grain, (0, 0), 1.2)
    grainy = np.asarray(np.clip(padded + 0.07 * (coarse / coarse.std())[:, :, None], 0, 1), np.float32)
    found = spectrum.explanation(grainy, Blur(gaussian(2), 0.98), Noise(1.2 / 255), 1.0)
    assert found.ahead < -0.5


def test_a_face_in_a_larger_crop_is_told_like_the_same_face_in_a_small_one(padded: Plane) -> None:
    small = spoiled(padded, gaussian(3))
    large = np.asarray(cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    told = [
        spectrum.explanation(np.clip(crop, 0, 1), Blur(gaussian(3), 1.0), CLEAN, scale)
        for crop, scale in ((small, 0.5), (large, 1.0))
    ]
    assert told[0].blurred == told[1].blurred
    assert told[0].ahead == pytest.approx(told[1].ahead, abs=0.05)


@pytest.mark.parametrize("length", [9, 17, 27])
def test_a_shake_that_was_there_is_borne_out_by_the_face_alone(padded: Plane, length: int) -> None:
    assert spectrum.ahead_in_face(spoiled(padded, streak(length)), Blur(streak(length), 1.0), CLEAN, 1.0) > 0.2


def test_an_upright_frame_beside_a_face_passes_for_a_shake_and_the_face_alone_denies_it(padded: Plane) -> None:
    framed = padded.copy()
    framed[:, :100], framed[:, -100:] = 1, 1  # as identity photos have it
    soft, upright = spoiled(framed, gaussian(1.1)), Blur(np.ascontiguousarray(streak(9).T), 0.98)
    assert spectrum.explanation(soft, upright, CLEAN, 1.0).ahead > spectrum.ahead_in_face(soft, upright, CLEAN, 1.0)
    assert spectrum.ahead_in_face(soft, upright, CLEAN, 1.0) < -0.045


def test_the_face_alone_is_told_alike_in_a_larger_crop(padded: Plane) -> None:
    small = spoiled(padded, streak(17))
    large = np.asarray(cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    told = [
        spectrum.ahead_in_face(np.clip(crop, 0, 1), Blur(streak(17), 1.0), CLEAN, scale)
        for crop, scale in ((small, 0.5), (large, 1.0))
    ]
    assert told[0] == pytest.approx(told[1], abs=0.05)


def amid_blur(padded: Plane, sigma: float) -> Plane:
    """The features sharp, and all around them blurred, as where a phone made a portrait of it."""
    side = padded.shape[0]
    down, across = np.mgrid[:side, :side] - np.asarray([(side / 2 + 14), side / 2])[:, None, None]
    share = np.clip((1.3 - np.hypot(across / 45, down / 58)) / 0.3, 0, 1)[:, :, None]
    return np.asarray(share * padded + (1 - share) * spoiled(padded, gaussian(sigma)), np.float32)


@pytest.mark.parametrize("sigma", [1.5, 2.5, 4.0])
def test_a_face_that_is_sharp_amid_blur_is_not_as_blurred_as_that(padded: Plane, sigma: float) -> None:
    found = Blur(gaussian(sigma), 0.98)
    assert spectrum.ahead_in_face(amid_blur(padded, sigma), found, CLEAN, 1.0) < -0.5
    assert spectrum.ahead_in_face(spoiled(padded, gaussian(sigma)), found, CLEAN, 1.0) > -0.25
