"""People out of focus behind a crisp main face are left as they are."""

from hypothesis import given
from hypothesis import strategies as st

from gpend.core import background
from gpend.core.report import Verdict


def test_a_small_and_much_more_blurred_face_behind_a_crisp_one_is_background() -> None:
    doubt = background.doubt(width=150, smeared=9.4, crisp=[446])
    assert doubt is not None
    assert doubt.verdict is Verdict.BACKGROUND
    assert "sharp main face" in doubt.reason


def test_where_no_face_is_crisp_all_are_meant() -> None:
    assert background.doubt(width=150, smeared=9.4, crisp=[]) is None


def test_a_face_as_large_as_the_crisp_one_is_meant() -> None:
    assert background.doubt(width=350, smeared=15, crisp=[380]) is None


def test_a_face_of_much_detail_is_meant() -> None:
    assert background.doubt(width=200, smeared=5, crisp=[380]) is None


def test_what_compression_took_from_the_small_faces_of_a_group_makes_them_no_background() -> None:
    assert background.doubt(width=60, smeared=3.3, crisp=[101]) is None


@given(st.floats(48, 2000), st.floats(1, 90), st.floats(48, 2000))
def test_nobody_is_background_of_somebody_smaller(width: float, smeared: float, other: float) -> None:
    assert background.doubt(width, smeared, [min(width, other)]) is None
