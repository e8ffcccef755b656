"""How much of a network's change is used: as fitted for it, and as a person wishes."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import coefficients, sharpness
from gpend.core.blend import LEAST, BlendWeights, crisper, luma, weights_of
from gpend.core.fitted import BANDS, CAUTIOUS, QUADRATIC, STANDARD, version
from gpend.core.sharpness import Terms

TERMS = Terms(-1.5, -0.6, -1.2, -0.8, -0.4, -0.9, -0.5, -0.2, 0.0, -2.6, 0.0, -0.3, 0.15, 0.0, 0.0)

parts = st.one_of(st.just(0.0), st.floats(LEAST, 1))
weights = st.builds(BlendWeights, parts, st.lists(st.floats(0, 1), min_size=len(BANDS), max_size=len(BANDS)).map(tuple))
wishes = st.floats(0, 2)


@given(st.lists(st.floats(-5, 5), min_size=15, max_size=15))
def test_a_network_that_nothing_was_fitted_for_is_used_by_half_whatever_the_face(values: list[float]) -> None:
    found = weights_of(CAUTIOUS.on_photo, Terms(*values))
    assert found.bands == pytest.approx((0.5,) * len(BANDS))


@given(weights, wishes, wishes)
def test_who_wishes_more_gets_no_less_in_any_band(fitted: BlendWeights, one: float, other: float) -> None:
    less, more = (fitted.raised(wish).bands for wish in sorted((one, other)))
    assert all(low <= high + 1e-9 for low, high in zip(less, more, strict=True))


@given(weights)
def test_a_wish_of_one_is_what_was_fitted_and_two_is_the_whole_change(fitted: BlendWeights) -> None:
    assert fitted.raised(1.0) == fitted
    assert fitted.raised(2.0).bands == (1.0,) * len(BANDS)


@given(weights, st.floats(1, 2))
def test_what_is_used_is_never_less_than_can_be_seen(fitted: BlendWeights, wish: float) -> None:
    assert fitted.raised(wish).part == 0 or fitted.raised(wish).part >= LEAST


def test_the_terms_columns_are_counted_right() -> None:
    assert sharpness.standard(TERMS.row()).shape[1] == STANDARD
    assert sharpness.quadratic(TERMS.row()).shape[1] == QUADRATIC


def test_terms_standardised_in_another_way_are_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version()
    monkeypatch.setattr(coefficients, "MEANS", (0.0,) * len(astuple(TERMS)))
    assert version() != before


def test_a_network_s_own_fit_decides() -> None:
    nothing = replace(CAUTIOUS.on_photo, strength=(0.0,) * QUADRATIC)
    assert weights_of(nothing, TERMS).part == 0
    assert np.all(np.asarray(weights_of(nothing, TERMS).bands) == 0)


def waves(length: float, unit: int) -> np.ndarray:
    across = np.arange(128 * unit) / unit
    one = 0.5 + 0.1 * np.sin(2 * np.pi * across / length)
    return np.repeat(np.broadcast_to(one, (128 * unit, 128 * unit))[:, :, None], 3, 2).astype(np.float32)


def stronger(length: float, unit: int = 1) -> float:
    """How many times as strong waves of this length, in pixels of a face 256 pixels wide, are made."""
    face = waves(length, unit)
    middle = slice(32 * unit, 96 * unit)
    after = luma(face) + crisper(face, unit)
    return float(np.std(after[middle, middle]) / np.std(luma(face)[middle, middle]))


@given(st.floats(0, 1))
def test_where_a_face_has_no_detail_nothing_is_made_crisper(light: float) -> None:
    assert np.abs(crisper(np.full((32, 32, 3), light, np.float32), 1)).max() < 1e-5


def test_only_the_finest_of_a_face_is_made_stronger_and_by_less_than_a_third() -> None:
    assert 1.2 < stronger(4) < 1.3
    assert stronger(32) < 1.03


def test_what_is_finest_is_told_for_the_face_not_for_its_pixels() -> None:
    assert stronger(4, unit=2) == pytest.approx(stronger(4), abs=0.01)
