"""What a network's result is refused for, and what it may do."""

import cv2
import numpy as np
import pytest

from gpend.core import align, gates
from gpend.core.photo import Face, Landmarks, Plane
from tests.pictures import portrait

SIDE = 128
TEMPLATE: Landmarks = align.scaled(align.FFHQ_TEMPLATE, SIDE)
CROP: Plane = np.asarray(cv2.resize(portrait(), (SIDE, SIDE)) / 255, np.float32)


def blurred(crop: Plane, sigma: float = 2.5) -> Plane:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.float32)


def moved(landmarks: Landmarks, pixels: float) -> Landmarks:
    return tuple((x + pixels, y) for x, y in landmarks)  # type: ignore[return-value]


def at(landmarks: Landmarks) -> Face:
    return Face(box=(0.0, 0.0, float(SIDE), float(SIDE)), landmarks=landmarks, score=0.99)


def test_a_picture_is_not_refused_for_its_own_structure_or_another_tone() -> None:
    assert gates.structure_refusal(CROP, CROP, TEMPLATE) == ""
    assert gates.structure_refusal(np.clip(CROP * 0.5 + 0.3, 0, 1), CROP * 0.5, TEMPLATE) == ""


def test_a_face_of_another_coarse_structure_is_refused_with_how_much() -> None:
    reason = gates.structure_refusal(
        np.asarray(CROP[:, ::-1] * np.linspace(0, 1, SIDE)[:, None, None], np.float32), CROP, TEMPLATE
    )
    assert "differs too much in its coarse structure" in reason


def test_one_eye_that_is_another_is_refused_though_the_face_is_the_same() -> None:
    grey = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    output = grey.copy()
    x, y = (round(each) for each in TEMPLATE[0])
    output[y - 10 : y + 10, x - 10 : x + 10] = 0.8
    assert "an eye, the nose or the mouth differs too much" in gates.structure_refusal(output, grey, TEMPLATE)


def test_what_is_hardly_sharper_is_refused_and_what_is_clearly_sharper_is_not() -> None:
    soft = blurred(CROP)
    assert gates.sharpness_refusal(soft, soft, 1.0, TEMPLATE) == "the restored face is not clearly sharper"
    assert gates.sharpness_refusal(CROP, soft, 1.0, TEMPLATE) == ""


@pytest.mark.parametrize(("pixels", "is_refused"), [(0.0, False), (1.0, False), (12.0, True)])
def test_features_may_hardly_move(pixels: float, is_refused: bool) -> None:  # noqa: FBT001  # drawn
    answers = iter(([at(TEMPLATE)], [at(moved(TEMPLATE, pixels))]))
    reason = gates.landmark_refusal(CROP, CROP, lambda _: next(answers), TEMPLATE)
    assert ("eyes, nose or mouth have moved by" in reason) == is_refused


def test_a_result_in_which_no_face_is_found_is_refused() -> None:
    answers = iter(([at(TEMPLATE)], []))
    assert (
        gates.landmark_refusal(CROP, CROP, lambda _: next(answers), TEMPLATE) == "no face is found in the restored crop"
    )


def test_what_the_detector_gets_wrong_in_both_crops_cancels() -> None:
    beside = [at(moved(TEMPLATE, 30.0)), at(moved(TEMPLATE, 5.0))]
    assert gates.landmark_refusal(CROP, CROP, lambda _: beside, TEMPLATE) == ""
