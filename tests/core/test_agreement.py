"""The physical gate: what a result blurred again does not explain is seen."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from gpend.core import agreement, align, coefficients, deconvolution, sharpness
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane
from tests.core.blurs import CLEAN, MARGIN


def gauss(sigma: float) -> Blur:
    line = cv2.getGaussianKernel(41, sigma)[:, 0]
    return Blur(np.asarray(np.outer(line, line), np.float32), 1.0)


def blurred(picture: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def test_a_result_that_explains_the_photo_is_trusted_everywhere() -> None:
    noise = np.random.default_rng(1).normal(0, CLEAN.level, (SIDE, SIDE)).astype(np.float32)
    assert agreement.trust(noise, CLEAN).min() == pytest.approx(1)


def test_a_place_that_is_not_explained_is_not_trusted() -> None:
    residual = np.zeros((SIDE, SIDE), np.float32)
    residual[100:140, 100:140] = 0.2
    trust = agreement.trust(residual, CLEAN)
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
