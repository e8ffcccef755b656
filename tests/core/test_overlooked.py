"""Neither dust and writing before a blurred face nor a slight shake make it sharp; a sharp one stays sharp."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from gpend.core import deconvolution, overlooked, sharpness
from gpend.core.photo import Plane
from tests.benchmarks import kernels
from tests.benchmarks.marks import MARKS

SEEDS = range(4)


@pytest.fixture(scope="session")
def crop(padded: Plane) -> Plane:
    """A sharp face."""
    return np.ascontiguousarray(deconvolution.middle(padded))


def marked(crop: Plane, name: str, seed: int) -> Plane:
    cover, light = (plane[:, :, None] for plane in MARKS[name](sharpness.SIDE, np.random.default_rng(seed)))
    return np.asarray(crop * (1 - cover) + light * cover, np.float32)


def sharpness_of(crop: Plane) -> float:
    return overlooked.measured(crop, 1.0, 0.0)[1].sharpness


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("sigma", [3.0, 4.5])
def test_marks_before_a_blurred_face_do_not_make_it_sharp(crop: Plane, name: str, sigma: float) -> None:
    blurred = np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.float32)
    found = [sharpness_of(marked(blurred, name, seed)) for seed in SEEDS]
    assert sorted(found)[-2] < 0.5  # of four at most one is overlooked


@pytest.mark.parametrize("name", MARKS)
def test_marks_before_a_sharp_face_leave_it_sharp(crop: Plane, name: str) -> None:
    assert min(sharpness_of(marked(crop, name, seed)) for seed in SEEDS) > 0.5


def test_a_sharp_face_is_measured_as_the_measure_alone_has_it(crop: Plane) -> None:
    clean, found = overlooked.measured(crop, 1.0, 0.0)
    assert replace(found, beneath=1.0) == sharpness.measure(clean, 1.0, 0.0)
    assert min(found.sharpness, found.beneath) > 0.9


@pytest.mark.parametrize("length", [7.0, 10.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slight_shake_is_no_sharp_face(crop: Plane, length: float, seed: int) -> None:
    kernel = kernels.straight(length, np.random.default_rng(seed))
    shaken = np.asarray(cv2.filter2D(crop, -1, kernel), np.float32)
    assert sharpness_of(shaken) < 0.5


def test_what_was_overlooked_is_measured_without_what_lies_before_it(crop: Plane) -> None:
    blurred = np.asarray(cv2.GaussianBlur(crop, (0, 0), 4), np.float32)
    clean, found = overlooked.measured(marked(blurred, "150 specks", 1), 1.0, 0.0)
    assert found.sharpness < 0.5
    assert np.abs(clean - blurred).max() < 0.25


def test_of_a_flat_picture_there_are_values_too() -> None:
    flat = np.full((sharpness.SIDE, sharpness.SIDE, 3), 0.5, np.float32)
    values = overlooked.values(flat, sharpness.measured_terms(flat, 1.0, 0.0))
    assert np.isfinite(values).all()
    assert overlooked.rows(values).shape == (1, 1 + 41 + 41 * 42 // 2)
