"""A threshold for a person's own camera."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gpend.preview.threshold import DEFAULT, ENOUGH, propose


@given(st.lists(st.floats(0, 1), max_size=200))
def test_any_photos_give_a_usable_threshold(sharpness: list[float]) -> None:
    proposal = propose(sharpness)
    assert 0.1 < proposal.threshold < 0.9
    assert 0 <= proposal.touched <= 1
    assert proposal.reason


def test_few_faces_leave_the_default() -> None:
    assert propose([0.9] * (ENOUGH - 1)).threshold == DEFAULT


def test_a_soft_camera_gets_a_lower_threshold() -> None:
    shaky = random.Random(1)  # noqa: S311  # no secret
    soft = [shaky.uniform(0.35, 0.65) for _ in range(200)] + [shaky.uniform(0.0, 0.01) for _ in range(20)]
    assert propose(soft).threshold < DEFAULT


def test_faces_that_are_clearly_sharp_or_clearly_blurred_leave_the_default() -> None:
    assert propose([0.999] * 100 + [0.001] * 20).threshold == DEFAULT


def test_a_folder_in_which_most_faces_are_blurred_is_doubted() -> None:
    assert "blurred" in propose([0.1] * 60 + [0.95] * 40).doubt
    assert propose([0.1] * 30 + [0.95] * 70).doubt == ""
    assert propose([0.1] * 5).doubt == ""  # so few that the default stands anyway
