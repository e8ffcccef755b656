"""What a person wants of single faces counts more than what gpend would do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import pipeline
from gpend.core.networks import Networks
from gpend.core.report import Kept, Restored, Verdict
from gpend.core.wish import Box, Wish, box_of, boxes_of, is_same
from gpend.settings import CoreSettings

EDGES = st.integers(0, 500).map(float)
BOXES = st.tuples(EDGES, EDGES, EDGES, EDGES).map(
    lambda four: (four[0], four[1], four[0] + four[2] + 1, four[1] + four[3] + 1)
)


@given(BOXES, BOXES)
def test_a_face_is_itself_and_sameness_is_mutual(box: Box, other: Box) -> None:
    assert is_same(box, box)
    assert is_same(box, other) == is_same(other, box)


def test_who_wants_a_face_left_is_heard_before_who_wants_all_restored() -> None:
    wish = Wish(every_face=True, leave=((0.0, 0.0, 10.0, 10.0),))
    assert not wish.wants((1.0, 0.0, 11.0, 10.0))
    assert wish.wants((50.0, 0.0, 60.0, 10.0))


@pytest.mark.parametrize("told", [None, "abcd", [1, 2, 3], [1, 2, 3, "x"], {"a": 1}, 7])
def test_what_is_no_box_is_none(told: object) -> None:
    assert box_of(told) is None
    assert boxes_of([told, [1, 2, 3, 4]]) == ((1.0, 2.0, 3.0, 4.0),)


def test_a_sharp_face_is_restored_where_it_is_wanted(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-sharp.jpg").read_bytes()
    kept = pipeline.process(photo, networks, CoreSettings())
    (face,) = [face for face in kept.faces if face.verdict is Verdict.SHARP]
    for wish in (Wish(every_face=True), Wish(restore=(face.box,))):
        outcome = pipeline.process(photo, networks, CoreSettings(), wish)
        (told,) = [each for each in outcome.faces if is_same(each.box, face.box)]
        assert told.verdict in (Verdict.RESTORED, Verdict.REFUSED)
        assert told.verdict is Verdict.REFUSED or "as you decided" in told.reason
    assert isinstance(pipeline.process(photo, networks, CoreSettings(), Wish(restore=((0, 0, 5, 5),))), Kept)


def test_a_blurred_face_is_left_where_it_is_not_wanted(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    outcome = pipeline.process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    (box,) = [face.box for face in outcome.faces if face.verdict is Verdict.RESTORED]
    left = pipeline.process(photo, networks, CoreSettings(), Wish(leave=(box,)))
    assert isinstance(left, Kept)
    (told,) = [face for face in left.faces if is_same(face.box, box)]
    assert (told.verdict, told.reason) == (Verdict.DECIDED, "left alone, as you decided")
    assert "1 left alone as you decided" in left.reason
