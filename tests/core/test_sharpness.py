"""The measure: blur lowers it, and size, light, grain and colour do not pass for blur."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core import align, sharpness
from gpend.core.blend import LEAST, weights_of
from gpend.core.networks import Networks
from gpend.core.photo import Face, Pixels
from tests.fakes import shipped_fit

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
TARGET = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)


@pytest.fixture(scope="session")
def portrait(samples: Path) -> Picture:
    return np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))


@pytest.fixture(scope="session")
def face(networks: Networks, portrait: Picture) -> Face:
    return max(networks.detect(portrait), key=lambda one: one.score)


def measured(pixels: Pixels, face: Face, size: float = 1.0) -> sharpness.Measure:
    marks = [((x + 0.5) * size - 0.5, (y + 0.5) * size - 0.5) for x, y in face.landmarks]
    transform = align.similarity(marks, TARGET)
    return sharpness.measure(align.crop(pixels, transform, sharpness.SIDE), align.scale_of(transform), 0.0)


def blurred(pixels: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def test_more_blur_is_never_sharper(portrait: Picture, face: Face) -> None:
    needs = [measured(blurred(portrait, sigma), face).log_odds for sigma in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)]
    assert needs == sorted(needs)
    assert measured(portrait, face).sharpness > 0.5 > measured(blurred(portrait, 2.0), face).sharpness


def test_motion_counts_as_blur(portrait: Picture, face: Face) -> None:
    kernel = np.full((1, 13), 1 / 13, np.float32)
    assert measured(np.asarray(cv2.filter2D(portrait, -1, kernel), np.uint8), face).sharpness < 0.5


def test_grain_does_not_pass_for_sharpness(portrait: Picture, face: Face) -> None:
    grain = np.random.default_rng(0).normal(0, 12, portrait.shape)
    noisy = np.asarray(np.clip(blurred(portrait, 3) + grain, 0, 255), np.uint8)
    assert measured(noisy, face).sharpness < 0.5


@pytest.mark.parametrize("gain", [0.45, 0.7, 1.1])
def test_a_sharp_face_in_other_light_stays_sharp(portrait: Picture, face: Face, gain: float) -> None:
    assert measured(np.asarray(np.clip(portrait * gain, 0, 255), np.uint8), face).sharpness > 0.5


def test_a_sharp_face_without_colour_stays_sharp(portrait: Picture, face: Face) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert measured(np.asarray(grey, np.uint8), face).sharpness > 0.5


@pytest.mark.parametrize("size", [0.6, 0.8])
def test_a_sharp_face_in_a_smaller_photo_stays_sharp(portrait: Picture, face: Face, size: float) -> None:
    small = cv2.resize(portrait, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    assert measured(np.asarray(small, np.uint8), face, size).sharpness > 0.5


def test_a_sharp_face_before_a_blurred_background_stays_sharp(portrait: Picture, face: Face) -> None:
    soft = blurred(portrait, 6)
    x0, y0, x1, y1 = (int(edge) for edge in face.box)
    soft[y0 - 20 : y1 + 20, x0 - 10 : x1 + 10] = portrait[y0 - 20 : y1 + 20, x0 - 10 : x1 + 10]
    assert measured(soft, face).sharpness > 0.5


@given(st.integers(0, 255), st.floats(-10, 10))
def test_a_picture_without_anything_in_it_still_has_a_measure(value: int, scale: float) -> None:
    crop = np.full((sharpness.SIDE, sharpness.SIDE, 3), value / 255, np.float32)
    found = sharpness.measure(crop, max(1e-3, scale), 0.0)
    assert 0 <= found.sharpness <= 1
    assert all(np.isfinite(value) for value in found.terms.as_data().values())


def test_a_blurred_face_gets_part_of_the_network_s_change_and_a_sharp_one_at_most_the_least(
    portrait: Picture, face: Face
) -> None:
    assert weights_of(shipped_fit().on_photo, measured(blurred(portrait, 2.5), face).terms).part > LEAST
    assert weights_of(shipped_fit().on_photo, measured(portrait, face).terms).part <= LEAST


@pytest.mark.parametrize("sigma", [1.5, 3.0, 5.0])
def test_under_a_blur_the_coarse_features_get_more_of_the_change_than_the_finest_detail(
    portrait: Picture, face: Face, sigma: float
) -> None:
    found = np.asarray(weights_of(shipped_fit().on_photo, measured(blurred(portrait, sigma), face).terms).shares)
    assert ((found >= 0) & (found <= 1)).all()
    assert found[2] > found[0]


def test_noise_gets_more_of_the_finest_change_than_blur(portrait: Picture, face: Face) -> None:
    grain = np.random.default_rng(0).normal(0, 25, portrait.shape)
    noisy = np.asarray(np.clip(blurred(portrait, 0.7) + grain, 0, 255), np.uint8)
    grainy, soft = (
        weights_of(shipped_fit().on_photo, measured(one, face).terms).shares for one in (noisy, blurred(portrait, 2.5))
    )
    assert grainy[0] > 2 * soft[0]


def test_a_moved_camera_shows_in_the_direction_of_the_detail(portrait: Picture, face: Face) -> None:
    kernel = np.full((1, 13), 1 / 13, np.float32)
    moved = measured(np.asarray(cv2.filter2D(portrait, -1, kernel), np.uint8), face)
    still = measured(blurred(portrait, 3), face)
    assert moved.terms.direction > 2 * still.terms.direction
