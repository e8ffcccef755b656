"""A hand that shook a little is told from none, in faces that the measure of sharpness takes for sharp."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import deconvolution, sharpness, slight_shake
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.direction import told_by
from gpend.core.networks import Networks
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from gpend.core.sharpness import Measure
from tests.core.blurs import CLEAN, spoiled, streak
from tests.core.test_spectrum import gaussian
from tests.core.test_triage import TERMS

SHAKE = Blur(streak(7), 0.98)


def seen(padded: Plane, blur: Blur) -> Seen:
    terms = sharpness.measure(deconvolution.middle(padded), 1.0, 0.0).terms
    return Seen(padded, np.eye(2, 3), blur, CLEAN, terms)


def test_a_shake_that_was_there_is_borne_out(padded: Plane) -> None:
    assert slight_shake.is_borne_out(seen(spoiled(padded, SHAKE.kernel), SHAKE))


@pytest.mark.parametrize(("light", "is_safe"), [(0.2, True), (2.2, False)])
def test_it_is_taken_out_of_a_dark_photo_and_not_of_one_whose_light_was_cut_off(
    padded: Plane, light: float, *, is_safe: bool
) -> None:
    photo = np.asarray(np.clip(spoiled(padded, SHAKE.kernel) * light, 0, 1), np.float32)
    assert slight_shake.is_borne_out(seen(photo, SHAKE)) is is_safe


@pytest.mark.parametrize("kernel", [np.ones((1, 1), np.float32), gaussian(1.0), gaussian(2.0), streak(7).T])
def test_one_that_was_not_there_is_not(padded: Plane, kernel: Plane) -> None:
    assert not slight_shake.is_borne_out(seen(spoiled(padded, kernel), SHAKE))


@pytest.mark.parametrize(("reach", "length"), [(26, 7), (28, 9)])
def test_a_face_whose_own_detail_speaks_against_it_was_not_shaken_whatever_is_around_it(
    padded: Plane, reach: int, length: int
) -> None:
    still, moved = (spoiled(padded, streak(each)) for each in (1, length))
    down, across = np.mgrid[: padded.shape[0], : padded.shape[1]] - padded.shape[0] // 2
    distance = np.hypot(across / reach, (down - 8) / (1.25 * reach))[:, :, None]
    inside = 1 / (1 + np.exp(8 * (distance - 1)))
    photo = np.asarray(still * inside + moved * (1 - inside), np.float32)
    assert not slight_shake.is_borne_out(seen(photo, Blur(streak(length), 0.98)))


@pytest.mark.parametrize(("length", "is_borne_out"), [(7, True), (5, False)])
def test_where_compression_was_hard_it_must_be_borne_out_further(
    padded: Plane, length: int, *, is_borne_out: bool
) -> None:
    slight = seen(spoiled(padded, streak(length)), Blur(streak(length), 0.98))
    assert slight_shake.is_borne_out(slight)
    hard = Noise(CLEAN.level, ((8 / 255) ** 2,) * 10)
    assert slight_shake.is_borne_out(replace(slight, noise=hard)) is is_borne_out


@pytest.mark.parametrize(
    ("kernel", "told", "is_sure"),
    [
        (streak(9), streak(9), True),
        (streak(9), streak(9).T, False),  # the photo denies it
        (gaussian(2.5), gaussian(2.5), False),  # a lens blurs one face and not the other
        (streak(1), streak(1), False),
    ],
)
def test_other_faces_are_asked_with_less_proof_where_one_was_surely_shaken(
    padded: Plane, kernel: Plane, told: Plane, *, is_sure: bool
) -> None:
    assert slight_shake.is_sure(seen(spoiled(padded, kernel), Blur(told, 0.98))) is is_sure


def measure(value: float = 0.8, beneath: float = 1.0) -> Measure:
    return Measure(value, 0.0, 0.0, TERMS, beneath)


def beside_each_other(padded: Plane, apart: int, axis: int) -> Plane:
    """Red and blue so many pixels to either side of green, as a lens or a press leaves them."""
    red, green, blue = np.moveaxis(padded, 2, 0)
    return np.ascontiguousarray(np.stack([np.roll(red, apart, axis), green, np.roll(blue, -apart, axis)], axis=2))


@pytest.mark.parametrize(("apart", "axis"), [(2, 0), (4, 0), (2, 1), (3, 1)])
def test_colours_that_lie_beside_each_other_are_not_taken_for_a_shake(
    networks: Networks, padded: Plane, apart: int, axis: int
) -> None:
    photo = spoiled(beside_each_other(padded, apart, axis), np.ones((1, 1), np.float32))
    assert networks.estimate is not None
    (told,) = told_by([luma(deconvolution.middle(photo))], networks.estimate)
    assert slight_shake.is_told(told, measure())
    assert not slight_shake.is_borne_out(seen(photo, told))


@pytest.mark.parametrize(
    ("blur", "beneath", "is_told"),
    [
        (SHAKE, 1.0, True),
        (Blur(streak(7), 0.96), 1.0, False),  # the network is not sure
        (Blur(streak(7), 0.96), 0.9, True),  # nor is the measure
        (Blur(streak(7), 0.93), 0.9, False),
        (Blur(gaussian(2.0), 0.98), 0.9, False),  # a lens, not a hand
        (Blur(streak(1), 0.98), 0.9, False),  # next to nothing
    ],
)
def test_the_photo_is_asked_about_a_shake_that_is_told_surely(blur: Blur, beneath: float, *, is_told: bool) -> None:
    assert slight_shake.is_told(blur, measure(beneath=beneath)) is is_told


def test_of_a_face_that_is_crisp_by_the_measure_a_shake_is_told_no_less_surely() -> None:
    assert not slight_shake.is_told(Blur(streak(7), 0.96), measure(0.998, 0.5))
    assert slight_shake.is_told(Blur(streak(7), 0.98), measure(0.998, 0.5))


@pytest.mark.parametrize(
    ("value", "beneath", "limit", "may_be"),
    [
        (0.5, 1.0, 0.5, True),
        (0.96, 1.0, 0.5, True),
        (0.98, 1.0, 0.5, False),
        (0.98, 0.9, 0.5, True),  # the measure alone takes it for crisp
        (0.49, 1.0, 0.5, False),
        (0.49, 0.9, 0.5, False),
        (0.98, 0.9, 1.0, False),
        (1.0, 0.9, 1.0, False),
    ],
)
def test_what_is_crisp_is_not_asked_nor_what_is_restored_anyway(
    value: float, beneath: float, limit: float, *, may_be: bool
) -> None:
    assert slight_shake.may_be(measure(value, beneath), limit) is may_be


@pytest.mark.parametrize(
    ("value", "beneath", "may_be"), [(0.99, 0.9, True), (0.99, 0.98, False), (0.999, 0.5, False), (0.4, 0.9, False)]
)
def test_beside_a_surely_shaken_face_one_that_noise_reduction_may_have_left_crisp_is_not_asked(
    value: float, beneath: float, *, may_be: bool
) -> None:
    assert slight_shake.may_be_with_others(measure(value, beneath), 0.5) is may_be


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.49))
def test_who_wants_fewer_faces_restored_has_fewer_of_these_restored_and_none_with_a_threshold_of_zero(
    value: float, beneath: float, limit: float
) -> None:
    found = measure(value, beneath)
    assert not slight_shake.may_be(found, 0.0)
    if slight_shake.may_be(found, limit):
        assert min(value, beneath) < 2 * limit
