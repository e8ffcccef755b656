"""The report can be written whatever the photos are called."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import FaceReport, Verdict
from gpend.preview.collect import Collection, Seen
from gpend.preview.page import page

NAMES = st.binary(min_size=1).filter(lambda name: b"\0" not in name)


@given(name=NAMES)
def test_a_name_that_is_not_utf8_is_shown_as_far_as_it_can_be(name: bytes) -> None:
    photo = Path(os.fsdecode(b"/photos/a" + name))
    report = FaceReport((1, 2, 30, 40), 0.9, 0.1, Verdict.RESTORED, f"it was blurred in {photo}")
    collection = Collection([Seen(photo, report, b"before", b"after")], [0.1], failures=[(photo, f"{photo} is broken")])
    html = page(collection, 0.5)
    assert html.encode()
    assert html.count("/photos/a") == 5  # a link is among them
    assert "<script>a" not in html


def test_a_face_is_shown_with_what_its_photo_tells_of_camera_and_date() -> None:
    report = FaceReport((1, 2, 30, 40), 0.9, 0.1, Verdict.RESTORED, "it was blurred")
    capture = "ACME <Phone> 9, 2023-07-08 09:10:11"
    seen = Seen(Path("/photos/a.jpg"), report, b"before", b"after", capture=capture)
    assert "ACME &lt;Phone&gt; 9, 2023-07-08 09:10:11" in page(Collection([seen], [0.1]), 0.5)


def test_faces_can_be_looked_at_by_what_was_decided_and_lead_to_their_photos() -> None:
    report = FaceReport((1, 2, 30, 40), 0.9, 0.1, Verdict.RESTORED, "it was blurred")
    html = page(Collection([Seen(Path("/photos/a b.jpg"), report, b"before", b"after")], [0.1]), 0.5)
    assert 'data-show="restored"' in html
    assert 'href="file:///photos/a%20b.jpg"' in html


def test_the_report_asks_nothing_of_anybody() -> None:
    html = page(Collection([], []), 0.5)
    assert "http" not in html.replace("http-equiv", "")
    assert "@import" not in html
    assert "url(" not in html
