"""Seeing through the blur: what a known kernel did is undone as far as noise lets it, and nothing is made up."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import deconvolution
from gpend.core.blend import luma
from gpend.core.blur import SIDE, Blur
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from tests.core.blurs import CLEAN, MARGIN, spoiled, streak


def error(one: Plane, other: Plane) -> float:
    return float(np.sqrt(((luma(one) - luma(other)) ** 2).mean()))


@pytest.mark.parametrize("length", [9, 17, 27])
def test_a_known_motion_is_undone(padded: Plane, length: int) -> None:
    seen, truth = spoiled(padded, streak(length)), deconvolution.middle(padded)
    found = deconvolution.deconvolve(seen, Blur(streak(length), 1.0), CLEAN, 1.0)
    assert error(found.restored, truth) < 0.6 * error(deconvolution.middle(seen), truth)


def test_a_kernel_that_is_not_believed_changes_less(padded: Plane) -> None:
    seen = spoiled(padded, streak(17))
    sure, unsure = (
        deconvolution.deconvolve(seen, Blur(streak(17), confidence), CLEAN, 1.0).restored for confidence in (1.0, 0.7)
    )
    before = deconvolution.middle(seen)
    assert error(unsure, before) < error(sure, before)


def test_noise_is_not_sharpened_into_the_face(padded: Plane) -> None:
    level = 12 / 255
    seen, truth = spoiled(padded, streak(9), level), deconvolution.middle(padded)
    found = deconvolution.deconvolve(seen, Blur(streak(9), 1.0), Noise(level), 1.0)
    assert error(found.restored, truth) < error(deconvolution.middle(seen), truth)


def test_the_right_kernel_explains_the_photo_and_a_wrong_one_does_not(padded: Plane) -> None:
    seen = spoiled(padded, streak(17))
    right, wrong = (
        float(deconvolution.deconvolve(seen, Blur(kernel, 0.9), CLEAN, 1.0).residual.std())
        for kernel in (streak(17), streak(31))
    )
    assert right < wrong


def test_a_lamp_in_the_picture_does_not_ring_across_the_face(padded: Plane) -> None:
    bright = padded.copy()
    bright[100:140, 60:100] = 6.0  # far beyond what a sensor holds
    blurred = cv2.filter2D(bright, -1, streak(17)[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    seen = np.asarray(np.clip(blurred, 0, 1), np.float32)
    truth = deconvolution.middle(padded)
    found = deconvolution.deconvolve(seen, Blur(streak(17), 1.0), CLEAN, 1.0).restored
    face = np.s_[120:230, 90:170]
    assert error(found[face], truth[face]) < error(deconvolution.middle(seen)[face], truth[face])


def test_a_grey_face_stays_grey(padded: Plane) -> None:
    grey = np.repeat(luma(padded)[:, :, None], 3, 2)
    found = deconvolution.deconvolve(spoiled(grey, streak(9), 0), Blur(streak(9), 1.0), CLEAN, 1.0).restored
    assert np.abs(found - found[:, :, :1]).max() < 0.02


@given(st.floats(0, 1), st.integers(3, 31), st.floats(0, 1))
def test_a_picture_without_anything_in_it_stays_as_it_is(value: float, length: int, confidence: float) -> None:
    flat = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3), value, np.float32)
    found = deconvolution.deconvolve(flat, Blur(streak(length), confidence), CLEAN, 1.0)
    assert np.abs(found.restored - value).max() < 0.02


def test_only_a_large_face_with_little_blur_is_worth_a_larger_crop() -> None:
    none, much = (
        Blur(np.asarray(np.outer(line, line), np.float32), 1.0)
        for line in (cv2.getGaussianKernel(41, 0.6)[:, 0], cv2.getGaussianKernel(41, 4)[:, 0])
    )
    assert deconvolution.side_for(none, 1.0) == SIDE
    assert deconvolution.side_for(none, 0.45) == 2 * SIDE
    assert deconvolution.side_for(none, 0.2) == 4 * SIDE
    assert deconvolution.side_for(much, 0.2) == SIDE


def test_a_kernel_s_mirror_image_needs_no_transform_of_its_own(padded: Plane) -> None:
    kernel = np.zeros((41, 41), np.float32)
    kernel[20, 12:25] = kernel[12:20, 25] = 1 / 21
    mirrored = np.ascontiguousarray(kernel[::-1, ::-1])
    seen = np.asarray(luma(spoiled(padded, kernel)), np.float32)
    either = deconvolution.luma_either_way(seen, Blur(kernel, 0.97), 0.01, 1.5)
    for found, own in zip(either, (kernel, mirrored), strict=True):
        (expected,) = deconvolution.lumas_without(seen, Blur(own, 0.97), 0.01, (1.5,))
        assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_a_kernel_in_a_larger_crop_is_as_much_wider(factor: float) -> None:
    wide = deconvolution.resampled(streak(17), factor)
    assert wide.sum() == pytest.approx(1, abs=1e-4)
    ratio = Blur(wide, 1.0).axes()[0] / Blur(streak(17), 1.0).axes()[0]
    assert ratio == pytest.approx(factor, rel=0.05)
