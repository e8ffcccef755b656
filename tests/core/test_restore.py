"""Restoring: the photo's own tone, colour and grain stay, and no structure moves unseen."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpend.core import restore
from gpend.core.photo import Plane

crops = arrays.arrays(np.float32, (8, 8, 3), elements=st.floats(0, 1, width=32))


def large(crop: Plane) -> Plane:
    return np.asarray(np.clip(cv2.resize(crop, (64, 64), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


@given(crops, crops)
def test_colour_differences_of_the_photo_stay_where_nothing_is_cut(output: Plane, crop: Plane) -> None:
    dull = 0.25 + 0.5 * large(crop)
    result = restore.matched(0.4 + 0.2 * large(output), dull)
    inside = ((result > 0.0) & (result < 1.0)).all(axis=2)
    for first, second in ((0, 1), (1, 2)):
        gap = (result[..., first] - result[..., second]) - (dull[..., first] - dull[..., second])
        assert np.abs(gap[inside]).max(initial=0) < 1e-5


@given(crops, crops)
def test_grey_stays_grey(output: Plane, crop: Plane) -> None:
    grey = np.repeat(large(crop)[..., :1], 3, axis=2)
    result = restore.matched(large(output), grey)
    assert np.abs(result - result[..., :1]).max() < 1e-5


@given(crops, st.floats(0, 1))
def test_a_network_that_changes_nothing_changes_nothing(crop: Plane, strength: float) -> None:
    picture = large(crop)
    assert np.abs(restore.blended(restore.matched(picture, picture), picture, strength) - picture).max() < 1e-5


def test_a_colour_cast_of_the_network_does_not_reach_the_photo() -> None:
    random = np.random.default_rng(2)
    crop = np.asarray(cv2.GaussianBlur(random.uniform(0.3, 0.7, (128, 128, 3)), (0, 0), 3), np.float32)
    red = np.clip(crop + np.array([0.2, 0.0, -0.1], np.float32), 0, 1)
    assert np.abs(restore.matched(np.asarray(red, np.float32), crop) - crop).mean() < 0.01


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_restored_face_keeps_some_of_the_photo_s_grain(strength: float) -> None:
    random = np.random.default_rng(3)
    smooth = np.full((128, 128, 3), 0.5, np.float32)
    grainy = np.asarray(smooth + random.normal(0, 0.04, (128, 128, 1)), np.float32)
    result = restore.blended(smooth, grainy, strength)
    assert 0.2 < float(result.std()) / float(grainy.std()) < 0.7
