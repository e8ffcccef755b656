"""Triage: which faces are worth restoring, and why the rest are not."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align, triage
from gpend.core.blend import LEAST
from gpend.core.photo import Face, Landmarks
from gpend.core.report import Verdict
from gpend.core.sharpness import Measure, Terms
from gpend.settings import TriageSettings

SETTINGS = TriageSettings()


def face(width: float = 100, score: float = 0.99, landmarks: Landmarks | None = None, x: float = 0) -> Face:
    side = width / 0.52
    marks = align.scaled(align.FFHQ_TEMPLATE, round(side)) if landmarks is None else landmarks
    one, two, three, four, five = ((px + x, py) for px, py in marks)
    left, top = 0.24 * side + x, 0.26 * side
    return Face((left, top, left + width, top + 1.25 * width), (one, two, three, four, five), score)


def verdict_of(one: Face) -> Verdict | None:
    doubt = triage.doubt(one, SETTINGS) or triage.pose_doubt(one)
    return None if doubt is None else doubt.verdict


def test_a_face_that_is_hardly_too_small_is_not_told_to_be_large_enough() -> None:
    doubt = triage.doubt(face(width=SETTINGS.minimum_face_px - 0.4), SETTINGS)
    assert doubt is not None
    assert doubt.reason == "47 px wide; at least 48 px are needed"


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        (0.31, 0.5, "0.31 is below 0.50;"),
        (0.4962, 0.5, "0.496 is below 0.50;"),
        (0.49999, 0.5, "0.49999 is below 0.50;"),
        (0.4999999, 0.5, "0.49999 is below 0.50;"),
        (0.4945, 0.495, "0.49 is below 0.495;"),
        (0.49496, 0.495, "0.49 is below 0.495;"),
        (0.495, 0.495, "0.495 reaches 0.495"),
        (0.502, 0.505, "0.50 is below 0.505;"),
        (0.506, 0.505, "0.51 reaches 0.505"),
        (0.5, 0.5, "0.50 reaches 0.50"),
        (0.9999999, 1.0, "1.00 does not matter, as you want it restored;"),
        (0.4962, 1.0, "0.50 does not matter, as you want it restored;"),
    ],
)
def test_how_sharp_a_face_is_and_how_sharp_it_should_be_do_not_contradict_themselves_in_figures(
    value: float, limit: float, told: str
) -> None:
    settings = SETTINGS.model_copy(update={"sharpness_threshold": limit})
    report = triage.judged(face(), triage.Findings(Measure(value, -1.0, 0.0, TERMS), CLEAR), settings).report
    assert f"{report.reason};".startswith(f"sharpness {told}")


def test_a_face_seen_from_the_front_raises_no_doubt() -> None:
    assert verdict_of(face()) is None


@given(st.floats(-3.1, 3.1), st.floats(60, 3000))
def test_neither_a_turned_head_nor_its_size_raises_doubt(angle: float, width: float) -> None:
    upright = face(width)
    turn = complex(math.cos(angle), math.sin(angle))
    points = [complex(x, y) * turn for x, y in upright.landmarks]
    one, two, three, four, five = ((point.real, point.imag) for point in points)
    assert verdict_of(Face(upright.box, (one, two, three, four, five), 0.99)) is None


def test_a_small_face_is_left_alone() -> None:
    assert verdict_of(face(width=SETTINGS.minimum_face_px - 1)) is Verdict.SMALL
    assert verdict_of(face(width=SETTINGS.minimum_face_px + 1)) is None


def test_an_unsure_detection_is_left_alone() -> None:
    assert verdict_of(face(score=0.5)) is Verdict.UNSURE


def test_a_profile_is_left_alone() -> None:
    (x0, y0), (x1, y1), nose, mouth0, mouth1 = face().landmarks
    near = (x0 + 0.8 * (x1 - x0), y0)
    assert verdict_of(face(landmarks=(near, (x1, y1), nose, mouth0, mouth1))) is Verdict.PROFILE
    aside = (nose[0] + 0.7 * (x1 - x0), nose[1])
    assert verdict_of(face(landmarks=((x0, y0), (x1, y1), aside, mouth0, mouth1))) is Verdict.PROFILE


def test_landmarks_out_of_order_are_no_face() -> None:
    one, two, nose, four, five = face().landmarks
    assert verdict_of(face(landmarks=(four, five, nose, one, two))) is Verdict.PROFILE


def test_an_eye_inside_a_face_is_not_a_face() -> None:
    whole = face(width=200)
    x, y = whole.landmarks[0]
    eye = Face((x - 20, y - 20, x + 20, y + 20), face(width=30).landmarks, 0.9)
    assert triage.faces_of([eye, whole]) == [whole]


def test_a_looser_box_around_a_surer_face_goes() -> None:
    whole = face(width=200, score=0.98)
    loose = Face((0, 0, 500, 600), whole.landmarks, 0.7)
    assert triage.faces_of([loose, whole]) == [whole]


def test_faces_side_by_side_both_stay() -> None:
    both = [face(width=100), face(width=100, x=70)]
    assert triage.faces_of(both) == both


TERMS = Terms(
    fine_low=-1.5,
    fine_high=-0.6,
    middle_low=-1.2,
    middle_median=-0.8,
    middle_high=-0.4,
    broad_low=-0.9,
    broad_median=-0.5,
    broad_high=-0.2,
    broad_top=0.0,
    noise=-2.6,
    edge=0.0,
    concentration=-0.3,
    direction=0.15,
    enlarged=0.0,
    blockiness=0.0,
)


CLEAR = triage.COVERED - 5
"""Log-odds of a face with nothing before it."""


@pytest.mark.parametrize(("value", "expected"), [(0.5, Verdict.SHARP), (0.9, Verdict.SHARP)])
def test_what_reaches_the_threshold_is_sharp(value: float, expected: Verdict) -> None:
    report = triage.judged(face(), triage.Findings(Measure(value, 0.0, 0.0, TERMS), CLEAR), SETTINGS).report
    assert report.verdict is expected
    assert "strength" in report.terms


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_spares_a_face_that_a_lower_one_restores(value: float, threshold: float) -> None:
    low = TriageSettings(sharpness_threshold=min(value, threshold))
    high = TriageSettings(sharpness_threshold=max(value, threshold))
    measure = Measure(value, 0.0, 0.0, TERMS)
    if triage.judged(face(), triage.Findings(measure, CLEAR), low).report.verdict is Verdict.RESTORED:
        assert triage.judged(face(), triage.Findings(measure, CLEAR), high).report.verdict is Verdict.RESTORED


def test_a_face_of_which_nothing_is_left_is_too_far_gone() -> None:
    assert (
        triage.judged(face(), triage.Findings(Measure(0.0, 20.0, -0.5, TERMS), CLEAR), SETTINGS).report.verdict
        is Verdict.GONE
    )


def test_a_blurred_face_with_something_before_it_is_left_alone() -> None:
    measure = Measure(0.1, 5.0, 0.0, TERMS)
    report = triage.judged(face(), triage.Findings(measure, triage.COVERED + 0.1), SETTINGS).report
    assert report.verdict is Verdict.COVERED
    assert report.terms["covered"] == pytest.approx(0.1)
    assert triage.judged(face(), triage.Findings(measure, CLEAR), SETTINGS).report.verdict is not Verdict.COVERED
    wish = TriageSettings(sharpness_threshold=1.0)
    assert (
        triage.judged(face(), triage.Findings(measure, triage.COVERED + 0.1), wish).report.verdict is Verdict.RESTORED
    )


@pytest.mark.parametrize(
    ("verdict", "turned"), [(Verdict.PROFILE, True), (Verdict.COVERED, True), (Verdict.GONE, False)]
)
def test_a_face_that_holds_too_little_to_be_painted_is_none_that_is_turned(verdict: Verdict, *, turned: bool) -> None:
    measure, unpaintable = Measure(0.0, 20.0, 0.0, TERMS), triage.Doubt(verdict, "for some reason")
    plan = triage.judged(face(), triage.Findings(measure, CLEAR, unpaintable, blur="shaken"), SETTINGS).plan
    assert plan.sees
    assert not plan.paints
    assert plan.turned == turned


def test_whoever_asks_for_every_face_gets_every_face() -> None:
    wish = TriageSettings(sharpness_threshold=1.0)
    report = triage.judged(face(), triage.Findings(Measure(0.99, -5.0, 0.0, TERMS), CLEAR), wish).report
    assert report.verdict is Verdict.RESTORED
    assert report.terms["part"] >= LEAST
    assert 0 < report.terms["strength"] <= 1
    assert report.reason.startswith("sharpness 0.99 does not matter, as you want it restored")


def slightly_shaken(**known: object) -> triage.Judged:
    found = triage.Findings(
        Measure(0.83, -2.0, 0.0, TERMS), CLEAR, blur="shaken by about 7 px, towards the top", cleans=True, shaken=True
    )
    strength = known.pop("strength", 1.0)
    assert isinstance(strength, float)
    return triage.judged(face(), replace(found, **known), SETTINGS, strength)  # type: ignore[arg-type]


def test_of_a_face_that_counts_as_sharp_and_was_shaken_a_little_the_shake_is_taken_out_and_nothing_painted() -> None:
    judged = slightly_shaken()
    assert judged.report.verdict is Verdict.RESTORED
    assert judged.report.reason == (
        "sharpness 0.83 reaches 0.50, but the face is shaken by about 7 px, towards the top"
    )
    assert judged.plan == triage.Plan(sees=True, paints=False, weights=None, cleans=False, turned=True)


@pytest.mark.parametrize(
    "known",
    [{"left": triage.Doubt(Verdict.BACKGROUND, "it stands far behind")}, {"strength": 0.0}, {"shaken": False}],
)
def test_it_stays_a_sharp_one_where_something_speaks_against_that(known: dict[str, object]) -> None:
    judged = slightly_shaken(**known)
    assert judged.report.verdict is Verdict.SHARP
    assert not judged.plan.acts
