"""The physical gate: what a result blurred again does not explain is seen."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import agreement, align, coefficients, deconvolution, sharpness
from gpend.core.blur import SIDE, Blur
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from tests.core.blurs import CLEAN, MARGIN


def gauss(sigma: float) -> Blur:
    line = cv2.getGaussianKernel(41, sigma)[:, 0]
    return Blur(np.asarray(np.outer(line, line), np.float32), 1.0)


def blurred(picture: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def test_a_result_that_explains_the_photo_is_trusted_everywhere() -> None:
    noise = np.random.default_rng(1).normal(0, CLEAN.level, (SIDE, SIDE)).astype(np.float32)
    assert agreement.trust(noise, CLEAN.level).min() == pytest.approx(1)
    assert agreement.trust(noise, 0.1 / 255).min() == pytest.approx(1)  # as much fine texture is smoothed away


def test_a_place_that_is_not_explained_is_not_trusted() -> None:
    residual = np.zeros((SIDE, SIDE), np.float32)
    residual[100:140, 100:140] = 0.2
    trust = agreement.trust(residual, CLEAN.level)
    assert trust[120, 120] == 0
    assert trust[220, 220] == 1


def test_the_truth_agrees_with_its_blurred_photo_and_another_mouth_does_not(padded: Plane) -> None:
    seen, truth = blurred(padded, 2.5), deconvolution.middle(padded)
    assert not agreement.feature_refusal(truth, seen, gauss(2.5), CLEAN)
    x, y = (round(value) for value in align.scaled(align.FFHQ_TEMPLATE, SIDE)[3])
    other = truth.copy()
    other[y - 14 : y + 14, x - 14 : x + 14] = other[y - 14 : y + 14, x - 14 : x + 14][::-1] * 0.6
    assert "do not agree" in agreement.feature_refusal(other, seen, gauss(2.5), CLEAN)


def test_evidence_is_finite_even_where_there_is_nothing_to_see() -> None:
    flat = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3), 0.5, np.float32)
    found = deconvolution.deconvolve(flat, gauss(2), CLEAN, 1.0)
    seen = agreement.evidence(found, deconvolution.middle(flat), gauss(2), CLEAN)
    assert np.isfinite(list(vars(seen).values())).all()


def test_the_fits_are_of_as_many_terms_as_are_measured() -> None:
    count = len(fields(agreement.Evidence)) + len(fields(sharpness.Terms))
    assert len(coefficients.EVIDENCE_MEANS) == len(coefficients.EVIDENCE_SPREADS) == count
    assert [len(weights) for weights in coefficients.EVIDENCE] == [1 + count] * 4


def test_over_what_lies_before_a_face_nothing_is_painted_though_it_may_be_filtered() -> None:
    before = agreement.Judgement(worsens=-1, doubled=-1, overlaid=-1, before=1)
    assert before.unpaintable
    assert not before.forbids
    for told in ("doubled", "overlaid"):
        refused = replace(agreement.Judgement(-1, -1, -1, -1), **{told: 1.0})
        assert refused.forbids == refused.unpaintable == refused.refusal != ""
    assert not agreement.Judgement(-1, -1, -1, -1).unpaintable


def test_of_a_network_that_does_not_tell_whether_a_face_is_there_twice_nothing_is_concluded(padded: Plane) -> None:
    found = deconvolution.deconvolve(padded, gauss(2), CLEAN, 1.0)
    crop = deconvolution.middle(padded)
    unknown, *told = (
        agreement.evidence(found, crop, replace(gauss(2), doubled=odds), CLEAN).told_doubled
        for odds in (-np.inf, -3.0, 2.0)
    )
    assert unknown == coefficients.EVIDENCE_MEANS[TERMS.index("told_doubled")]
    assert told == [-3.0, 2.0]


TERMS = [each.name for each in fields(agreement.Evidence)]
FINE = agreement.Judgement(worsens=-1, doubled=-1, overlaid=-1, before=-1)


def row(said: agreement.Judgement = FINE, **shown: float) -> NDArray[np.float64]:
    """Evidence of which the fits say so, with the terms that are `shown`."""
    weights = np.array(coefficients.EVIDENCE, np.float64)
    unit = np.zeros(weights.shape[1] - 1)
    places = [TERMS.index(name) for name in shown]
    means, spreads = (np.array(each) for each in (coefficients.EVIDENCE_MEANS, coefficients.EVIDENCE_SPREADS))
    unit[places] = (np.array([*shown.values()]) - means[places]) / spreads[places]
    free = np.setdiff1d(np.arange(len(unit)), places)
    missing = np.array([said.worsens, said.doubled, said.overlaid, said.before]) - weights[:, 0] - weights[:, 1:] @ unit
    unit[free] = np.linalg.lstsq(weights[:, 1 + free], missing, rcond=None)[0]
    assert np.abs(unit[free]).max() < 3  # nothing that would be cut off
    return np.array([means + unit * spreads])


@pytest.mark.parametrize(
    ("before", "after", "unexplained", "twice"),
    [
        (0.40, 0.40, 0.44, True),
        (0.40, 0.40, 0.20, False),  # the kernel explains it: a shake with a pause
        (0.40, 0.30, 0.44, False),  # in the photo alone
        (0.30, 0.40, 0.44, False),  # in the result alone, where it may ring
    ],
)
def test_a_second_image_before_and_after_that_no_shake_explains_is_a_double_exposure(
    before: float, after: float, unexplained: float, *, twice: bool
) -> None:
    seen = row(doubled=before, doubled_after=after, unexplained=float(np.log(unexplained)))
    told = agreement.judged(seen, 0.9)
    assert ("there twice" in told.refusal) == twice


@pytest.mark.parametrize(
    ("worsens", "confidence", "refused"),
    [
        (-1, 0.5, False),
        (1, 0.98, True),
        (1, 0.99, False),  # what is out of focus, of which the network is hardly ever wrong
        (3, 0.99, True),  # but not whatever the result looks like
    ],
)
def test_of_a_kernel_that_is_nearly_always_right_more_is_granted(
    worsens: float, confidence: float, *, refused: bool
) -> None:
    told = agreement.judged(row(replace(FINE, worsens=worsens)), confidence)
    assert (bool(told.forbids), told.refusal) == (refused, "")


@pytest.mark.parametrize(
    ("overlaid", "stretch", "refused"), [(0.25, 1.15, True), (0.25, 1.25, False), (1.0, 1.25, True)]
)
def test_a_long_shake_is_not_as_easily_taken_for_something_sharp_before_the_face(
    overlaid: float, stretch: float, *, refused: bool
) -> None:
    told = agreement.judged(row(replace(FINE, overlaid=overlaid), stretch=stretch), 0.9)
    assert ("something sharp" in told.refusal) == refused


@pytest.mark.parametrize(
    ("doubled", "stretch", "refused"), [(0.25, 1.15, True), (0.25, 1.25, False), (1.0, 1.25, True)]
)
def test_nor_is_it_for_two_exposures(doubled: float, stretch: float, *, refused: bool) -> None:
    seen = row(replace(FINE, doubled=doubled), stretch=stretch, doubled=0.1, unexplained=float(np.log(0.2)))
    told = agreement.judged(seen, 0.9)
    assert ("there twice" in told.refusal) == refused


@pytest.mark.parametrize(
    ("doubled", "unexplained", "refused"),
    [(2.5, 0.12, False), (2.5, 0.14, True), (3.5, 0.12, True), (-0.5, 0.14, False)],
)
def test_a_second_image_that_the_kernel_explains_is_a_shakes_that_rested_unless_all_else_speaks_against_it(
    doubled: float, unexplained: float, *, refused: bool
) -> None:
    seen = row(replace(FINE, doubled=doubled), doubled=0.1, unexplained=float(np.log(unexplained)))
    assert ("there twice" in agreement.judged(seen, 0.9).refusal) == refused


@pytest.mark.parametrize(
    ("before", "stretch", "refused"),
    [
        (2.5, 0.7, True),
        (2.5, 0.5, False),  # a round kernel is no edge's
        (1.5, 0.7, False),  # something may be there, and hardly enough to pass for a shake
    ],
)
def test_what_lies_before_a_face_may_be_what_passes_for_its_shake(
    before: float, stretch: float, *, refused: bool
) -> None:
    told = agreement.judged(row(replace(FINE, before=before), stretch=stretch), 0.9)
    assert ("something sharp" in told.refusal) == refused
    assert told.unpaintable


def test_what_the_fit_never_saw_does_not_swing_it_further() -> None:
    usual, far, farthest = (agreement.judged(_with_roughness(off), 0.9).worsens for off in (3, 4, 100))
    assert usual != far == farthest


def _with_roughness(off: float) -> NDArray[np.float64]:
    """Evidence as usual, but for a result that is so many deviations rougher."""
    told = np.array([coefficients.EVIDENCE_MEANS], np.float64)
    told[0, TERMS.index("rough")] += off * coefficients.EVIDENCE_SPREADS[TERMS.index("rough")]
    return told


@pytest.mark.parametrize(
    ("darker", "noise", "refused"), [(0.03, 0.006, False), (0.10, 0.006, True), (0.10, 0.02, True), (0.10, 0.1, False)]
)
def test_a_feature_may_differ_a_little_and_in_a_noisy_photo_more(
    padded: Plane, darker: float, noise: float, *, refused: bool
) -> None:
    x, y = (round(value) for value in align.scaled(align.FFHQ_TEMPLATE, SIDE)[3])
    other = deconvolution.middle(padded).copy()
    other[y - 14 : y + 14, x - 14 : x + 14] *= 1 - darker
    assert bool(agreement.feature_refusal(other, blurred(padded, 2.5), gauss(2.5), Noise(noise))) == refused
