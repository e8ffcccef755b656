"""Each face is taken as a person wants it; what the network cannot do it is not asked for."""

from pathlib import Path

from gpend.core.networks import Networks
from gpend.core.report import Verdict
from gpend.core.triage import NOTHING
from gpend.core.wish import Wish, is_same
from gpend.core.wished import analyse_wished
from gpend.settings import CoreSettings


def test_a_face_that_is_wanted_is_judged_as_if_it_was_not_sharp(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-sharp.jpg").read_bytes()
    (as_it_is,) = analyse_wished(photo, networks, CoreSettings(), Wish()).faces
    assert (as_it_is.report.verdict, as_it_is.wished) == (Verdict.SHARP, False)
    (wanted,) = analyse_wished(photo, networks, CoreSettings(), Wish(restore=(as_it_is.report.box,))).faces
    assert (wanted.report.verdict, wanted.wished) == (Verdict.RESTORED, True)
    assert wanted.report.reason.endswith("; as you decided")


def test_a_face_that_is_to_be_left_has_nothing_planned_and_says_who_wants_it_so(
    networks: Networks, samples: Path
) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    (blurred,) = analyse_wished(photo, networks, CoreSettings(), Wish()).faces
    assert blurred.report.verdict is Verdict.RESTORED
    (left,) = analyse_wished(photo, networks, CoreSettings(), Wish(every_face=True, leave=(blurred.report.box,))).faces
    assert (left.report.verdict, left.plan) == (Verdict.DECIDED, NOTHING)
    assert is_same(left.report.box, blurred.report.box)


def test_a_wish_for_a_place_without_a_face_changes_nothing(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-sharp.jpg").read_bytes()
    nowhere = Wish(restore=((0.0, 0.0, 5.0, 5.0),), leave=((5.0, 5.0, 9.0, 9.0),))
    (face,) = analyse_wished(photo, networks, CoreSettings(), nowhere).faces
    assert face.report.verdict is Verdict.SHARP
