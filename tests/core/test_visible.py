"""What nobody can see is not written: the measure of a change, and what it decides."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gpend.core import visible
from gpend.core.blend import luma
from gpend.core.photo import Plane

SIDE = 256
EVERYWHERE = np.ones((SIDE, SIDE), np.bool_)


@pytest.fixture(scope="module")
def face(samples: Path) -> Plane:
    portrait = Image.open(samples / "portrait-sharp.jpg").convert("RGB").resize((SIDE, SIDE))
    return np.asarray(np.asarray(portrait, np.float32) / 255, np.float32)


def blurred(picture: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def mixed(first: Plane, second: Plane, share: float) -> Plane:
    return np.asarray(first + share * (second - first), np.float32)


def test_a_face_that_becomes_sharp_is_seen_to_and_a_thirtieth_of_that_is_not(face: Plane) -> None:
    before = blurred(face, 3)
    assert visible.noticed(before, face, EVERYWHERE) > 2 * visible.LEAST
    assert visible.noticed(before, mixed(before, face, 0.033), EVERYWHERE) < visible.LEAST


def test_a_shift_of_tone_alone_adds_nothing_to_a_face(face: Plane) -> None:
    assert visible.noticed(face, np.asarray(face * 0.98, np.float32), EVERYWHERE) < visible.LEAST


@pytest.mark.parametrize("side", [60, 333, 1000])
def test_what_is_smoothed_on_a_coarser_grid_is_as_if_it_were_not(
    face: Plane, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    large = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)
    pair, where = (blurred(large, 1 + side / 300), large), np.ones((side, side), np.bool_)
    told = visible.noticed(*pair, where)
    monkeypatch.setattr(visible, "_FINE_ENOUGH", float(side))
    assert visible.noticed(*pair, where) == pytest.approx(told, rel=0.005)


@pytest.mark.parametrize("side", [120, 400, 1000])
@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_in_a_picture_of_half_the_size_as_much_is_seen(face: Plane, side: int, share: float) -> None:
    large = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)
    before = blurred(large, 1 + side / 100)
    change = luma(mixed(before, large, share)) - luma(before)
    old, shift = (visible.resized(one, side // 2) for one in (luma(before), change))
    told = visible.noticed_in_luma(luma(before), change, np.ones((side, side), np.bool_), 1e-6)
    again = visible.noticed_in_luma(old, shift, np.ones((side // 2, side // 2), np.bool_), 1e-6, halved=True)
    assert again == pytest.approx(told, rel=0.12)


def test_texture_hides_what_is_seen_on_smooth_skin() -> None:
    random = np.random.default_rng(1)
    smooth = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    rough = np.asarray(smooth + random.normal(0, 0.1, (SIDE, SIDE, 1)), np.float32)
    change = np.asarray(random.normal(0, 0.02, (SIDE, SIDE, 1)), np.float32)
    on_skin, on_cloth = (visible.noticed(each, each + change, EVERYWHERE) for each in (smooth, rough))
    assert on_cloth < on_skin / 1.3


@given(share=st.floats(0.05, 1), more=st.floats(1.05, 3))
@settings(max_examples=20, deadline=None)
def test_more_of_a_change_is_seen_better(share: float, more: float) -> None:
    random = np.random.default_rng(2)
    before = np.asarray(random.uniform(0.3, 0.7, (64, 64, 3)), np.float32)
    change = np.asarray(random.normal(0, 0.1, (64, 64, 3)), np.float32)
    where = np.ones((64, 64), np.bool_)
    less, most = (visible.noticed(before, before + np.float32(part) * change, where) for part in (share, share * more))
    assert 0 < less < most


@settings(deadline=None, max_examples=15)
@given(share=st.floats(0, 1), enough=st.floats(0.01, 3))
def test_whether_enough_is_seen_is_told_as_by_all_bands_together(share: float, enough: float) -> None:
    old, other = np.random.default_rng(5).random((2, SIDE, SIDE), np.float32)
    change = np.asarray(share * (other - old), np.float32)
    whole = visible.noticed_in_luma(old, change, EVERYWHERE)
    told = visible.noticed_in_luma(old, change, EVERYWHERE, enough)
    assert told <= whole
    assert (told >= enough) == (whole >= enough)


def test_what_is_changed_nowhere_is_seen_nowhere(face: Plane) -> None:
    assert visible.noticed(face, face, EVERYWHERE) == 0
    assert visible.noticed(face, blurred(face, 3), ~EVERYWHERE) == 0


def test_a_face_is_looked_at_in_its_own_pixels_and_no_larger_than_a_screen() -> None:
    assert [visible.side_for(side) for side in (3, 200.4, 4000)] == [16, 200, visible.SCREEN]
