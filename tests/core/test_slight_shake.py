"""A hand that shook a little is told from none, in faces that the measure of sharpness takes for sharp."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import deconvolution, sharpness, slight_shake
from gpend.core.blur import Blur
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from tests.core.blurs import CLEAN, spoiled, streak
from tests.core.test_spectrum import gaussian

SHAKE = Blur(streak(7), 0.98)


def seen(padded: Plane, blur: Blur) -> Seen:
    terms = sharpness.measure(deconvolution.middle(padded), 1.0, 0.0).terms
    return Seen(padded, np.eye(2, 3), blur, CLEAN, terms)


def test_a_shake_that_was_there_is_borne_out(padded: Plane) -> None:
    assert slight_shake.is_borne_out(seen(spoiled(padded, SHAKE.kernel), SHAKE))


@pytest.mark.parametrize("kernel", [np.ones((1, 1), np.float32), gaussian(1.0), gaussian(2.0), streak(7).T])
def test_one_that_was_not_there_is_not(padded: Plane, kernel: Plane) -> None:
    assert not slight_shake.is_borne_out(seen(spoiled(padded, kernel), SHAKE))


@pytest.mark.parametrize(
    ("blur", "is_told"),
    [
        (SHAKE, True),
        (Blur(streak(7), 0.96), False),  # the network is not sure
        (Blur(gaussian(2.0), 0.98), False),  # a lens, not a hand
        (Blur(streak(1), 0.98), False),  # next to nothing
    ],
)
def test_the_photo_is_asked_about_a_shake_that_is_told_surely(blur: Blur, *, is_told: bool) -> None:
    assert slight_shake.is_told(blur) is is_told


@pytest.mark.parametrize(
    ("value", "limit", "may_be"),
    [(0.5, 0.5, True), (0.96, 0.5, True), (0.98, 0.5, False), (0.49, 0.5, False), (0.98, 1.0, False)],
)
def test_what_is_crisp_is_not_asked_nor_what_is_restored_anyway(value: float, limit: float, *, may_be: bool) -> None:
    assert slight_shake.may_be(value, limit) is may_be


@given(st.floats(0, 1), st.floats(0, 0.49))
def test_who_wants_fewer_faces_restored_has_fewer_of_these_restored_and_none_with_a_threshold_of_zero(
    value: float, limit: float
) -> None:
    assert not slight_shake.may_be(value, 0.0)
    if slight_shake.may_be(value, limit):
        assert value < 2 * limit
