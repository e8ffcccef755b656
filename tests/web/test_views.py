"""What the pages of the dashboard show, and what they refuse."""

import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from gpend.ledger import Decision, DecisionKind, Fingerprint, Found, FoundBy, Ledger, Result, State, Written
from gpend.mirror import output_root
from gpend.settings import Settings
from gpend.stamp import Stamp
from gpend.web.app import application
from gpend.web.asked import choice_of
from gpend.web.security import Sessions
from tests.web.conftest import EVIL, FACE, NOW


def _size(content: bytes) -> tuple[int, int]:
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def test_the_overview_tells_how_far_it_is_and_what_needs_a_look(browser: TestClient) -> None:
    page = browser.get("/").text
    assert "3 of 4 photos done" in page
    assert "not running" in page
    assert "anna.jpg" in page
    assert "no &lt;i&gt;picture&lt;/i&gt;" in page


def test_what_needs_a_look_leads_to_the_page_of_the_photo_and_to_all_such_photos(browser: TestClient) -> None:
    section = browser.get("/").text.split("Needs a look")[1]
    assert '<a href="/photos/2"><strong>' in section
    assert '<a href="/photos?state=failed">failed: 1</a>' in section
    assert "state=incomplete" not in section  # there is none
    assert "other files" not in section


def test_a_film_that_needs_a_look_has_no_page_and_is_told_without_a_link_to_it(
    browser: TestClient, ledger: Path
) -> None:
    with Ledger.open(ledger, NOW) as opened:
        film = Found(Path("a.mp4"), Stamp(5, NOW * 10**9, 7), FoundBy.EVENT, is_sidecar=True)
        row = opened.photos.sight(1, film, NOW)
        opened.photos.finish(row, Result(State.FAILED, "there is no room for it", "d" * 64, Fingerprint()), NOW + 9)
    section = browser.get("/").text.split("Needs a look")[1]
    assert "a.mp4</strong></p>" in section
    assert "failed: 1</a>" in section  # photos, of which there is a page
    assert "other files that were set aside: 1" in section
    for page in re.findall('href="(/photos/[0-9]+)"', section):
        assert browser.get(page).status_code == 200


@pytest.mark.usefixtures("in_nepal")
def test_times_are_those_of_the_machine_but_a_photo_was_taken_when_its_camera_says(
    browser: TestClient, ledger: Path
) -> None:
    with Ledger.open(ledger, NOW) as opened:
        done = Fingerprint("gpen-256", "d1", "0.1.0")
        told = Result(State.KEPT, "no faces found", "d" * 64, done, None, None, None, "Canon", 1_500_000_000)
        opened.photos.finish(4, told, NOW + 60)
        opened.sources.pause(1, "The disk is full.", NOW)
    assert "<dd>2017-07-14 02:40</dd>" in browser.get("/photos/4").text
    assert "<dd>2023-11-15 03:59 +0545</dd>" in browser.get("/photos/4").text
    assert "failed, since 2023-11-15 03:58 +0545" in browser.get("/").text
    assert "paused, since 2023-11-15 03:58 +0545" in browser.get("/").text


def test_what_gpend_only_waits_for_is_told_as_that(browser: TestClient, ledger: Path) -> None:
    with Ledger.open(ledger, NOW) as opened:
        for photo in (1, 2, 3, 4):
            opened.photos.finish(photo, Result(State.KEPT, "", "a" * 64, Fingerprint()), NOW)
        opened.sources.note_settling(1, 2)
    assert "4 of 6 photos done · 2 not whole yet" in browser.get("/").text
    assert "2 张尚未写完" in browser.get("/", headers={"Accept-Language": "zh-CN"}).text


def test_one_file_that_was_passed_over_is_told_as_one(browser: TestClient, ledger: Path) -> None:
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_scan(1, '{"other files": 1}')
    page = browser.get("/").text
    assert "passed over: one file" in page
    assert "other files: 1" in page


def test_how_sharp_a_face_is_is_told_wherever_it_was_measured(browser: TestClient, ledger: Path) -> None:
    face = {"box": [1, 2, 31, 42], "score": 0.9, "verdict": "unsure", "reason": "looked at alone"}
    with Ledger.open(ledger, NOW) as opened:
        for photo, sharpness in ((1, 0.01), (4, None)):
            facts = {"faces": [face | {"sharpness": sharpness}]}
            opened.photos.finish(photo, Result(State.KEPT, "", "a" * 64, Fingerprint(), facts), NOW)
    assert "Sharpness 0.01" in browser.get("/photos/1").text
    assert "Sharpness not measured" in browser.get("/photos/4").text


def test_photos_are_found_by_name_outcome_and_verdict(browser: TestClient) -> None:
    def found(**asked: str) -> list[str]:
        page = browser.get("/photos", params=asked).text
        return [part.split("<")[0] for part in page.split('class="name">')[1:]]

    assert len(found()) == 4
    assert found(q="ANNA") == ["anna.jpg"]
    assert found(state="kept") == ["lost.jpg"]
    assert found(verdict="restored") == ["anna.jpg"]
    assert found(q="anna", state="kept") == []
    assert len(found(state="no-such-state", folder="9" * 40, verdict="'; DROP TABLE photo; --", after="x-y")) == 4


def test_pages_follow_one_another_and_hold_every_photo_once(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.gallery.browse.__defaults__", (1,))
    seen: list[str] = []
    address = "/photos?q="
    for _ in range(5):
        page = browser.get(address).text
        seen += [part.split("<")[0] for part in page.split('class="name">')[1:]]
        following = re.search(r'class="button" href="([^"]+)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 4


def test_a_photo_is_shown_before_and_after_with_its_faces_where_they_are(browser: TestClient) -> None:
    page = browser.get("/photos/1").text
    assert 'src="/photos/1/before/large.jpg"' in page
    assert 'src="/photos/1/after/large.jpg"' in page
    assert 'viewBox="0 0 512 512"' in page
    assert '<rect x="170.0" y="50.0" width="110.0" height="130.0"' in page
    assert "&lt;b&gt;note&lt;/b&gt;" in page
    assert "<dd>gpen-256 (a1)</dd>" in page


def test_names_and_reasons_are_text_and_never_markup(browser: TestClient) -> None:
    for page in (browser.get("/"), browser.get("/photos"), browser.get("/photos/2")):
        assert EVIL not in page.text
        assert "&lt;img src=x onerror=alert(1)&gt;&amp;.jpg" in page.text


def test_names_that_are_no_utf_8_are_shown_as_far_as_they_can_be(browser: TestClient, ledger: Path) -> None:
    name = Path(os.fsdecode(b"\xd5\xd5\xc6\xac.jpg"))  # as GBK writes it, which old archives hold
    done = Fingerprint("gpen-256", "d1", "0.1.0")
    with Ledger.open(ledger, NOW) as opened:
        folder = opened.folders()[0].id
        photo = opened.photos.sight(folder, Found(name, Stamp(5, NOW * 10**9, 9), FoundBy.EVENT), NOW)
        opened.photos.finish(photo, Result(State.FAILED, "it is damaged", "d" * 64, done), NOW + 9)
    for address in ("/", "/photos", "/tuning", f"/photos/{photo}"):
        assert browser.get(address).status_code == 200, address  # the overview, for one, could not be had at all
    assert "\N{REPLACEMENT CHARACTER}" in browser.get("/").text
    with Ledger.open(ledger, NOW) as opened:
        written = Written(name, Stamp(5, NOW * 10**9, 9), "e" * 64)
        opened.photos.finish(photo, Result(State.RESTORED, "told", "d" * 64, done, {"faces": [FACE]}, written), NOW + 9)
    for address in ("/", "/photos", "/tuning", f"/photos/{photo}"):
        assert browser.get(address).status_code == 200, address


def test_pictures_are_jpegs_of_a_bounded_size_and_made_once(browser: TestClient, tmp_path: Path) -> None:
    small = browser.get("/photos/1/before/small.jpg")
    assert small.headers["content-type"] == "image/jpeg"
    assert max(_size(small.content)) <= 512
    assert _size(browser.get("/photos/1/after/full.jpg").content) == (512, 512)
    (tmp_path / "in" / "anna.jpg").write_bytes(b"")
    assert browser.get("/photos/1/before/small.jpg").content == small.content


@pytest.mark.parametrize(
    "address",
    [
        "/photos/2/before/small.jpg",  # no picture
        "/photos/4/before/small.jpg",  # no longer there
        "/photos/3/after/small.jpg",  # no output
        "/photos/1/during/small.jpg",
        "/photos/1/before/huge.jpg",
        "/photos/99",
        "/photos/99/before/small.jpg",
        "/photos/../../etc/passwd",
        "/photos/1/before/..%2f..%2fetc%2fpasswd.jpg",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_served(browser: TestClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 404
    assert b"root:" not in answer.content


def test_a_photo_that_cannot_be_shown_says_why(browser: TestClient) -> None:
    assert "The picture cannot be shown: it is no longer there" in browser.get("/photos/4").text


def test_pages_speak_chinese_to_who_reads_it(browser: TestClient) -> None:
    page = browser.get("/", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert '<html lang="zh-CN">' in page
    assert "已完成 3 / 4 张照片" in page


def test_reasons_are_told_and_found_in_chinese(browser: TestClient, ledger: Path) -> None:
    chinese = {"accept-language": "zh-CN"}
    page = browser.get("/photos/1", headers=chinese).text
    assert "1 张已修复" in page
    assert "1 face" not in page
    found = browser.get("/photos", params={"reason": "未发现"}, headers=chinese).text
    assert [name for name in ("anna.jpg", "lost.jpg") if name in found] == ["lost.jpg"]
    secret = re.search(r'name="secret" value="([^"]+)"', page)
    assert secret is not None
    form = {"secret": secret[1], "decision": "leave", "reason": "未发现"}
    assert browser.post("/photos/decide", data=form, headers=chinese).status_code == 303
    with Ledger.open(ledger) as opened:
        (asked,) = opened.requests.waiting()
    assert asked.detail["choice"]["reason"] == "no faces found"


def test_a_face_that_is_too_far_gone_is_not_told_as_a_photo_that_was_deleted(browser: TestClient, ledger: Path) -> None:
    gone = FACE | {"verdict": "gone", "reason": "so little of the face is left that the network would invent one"}
    with Ledger.open(ledger, NOW) as opened:
        done = Fingerprint("gpen-256", "d1", "0.1.0")
        opened.photos.finish(1, Result(State.KEPT, "1 face: 1 too far gone", "c" * 64, done, {"faces": [gone]}), NOW)
    page = browser.get("/photos/1", headers={"accept-language": "zh-CN"}).text
    assert '<span class="state gone">模糊得无法挽回</span>' in page
    choice = browser.get("/photos", headers={"accept-language": "zh-CN"}).text
    assert '<option value="gone" >模糊得无法挽回</option>' in choice
    assert '<span class="state gone">too far gone</span>' in browser.get("/photos/1").text


@pytest.mark.parametrize(("verdict", "is_offered"), [("small", False), ("gone", False), ("sharp", True)])
def test_restoring_is_not_offered_where_no_decision_does_it(
    browser: TestClient, ledger: Path, verdict: str, *, is_offered: bool
) -> None:
    with Ledger.open(ledger, NOW) as opened:
        facts = {"faces": [FACE | {"verdict": verdict}]}
        done = Fingerprint("gpen-256", "d1", "0.1.0")
        opened.photos.finish(1, Result(State.KEPT, "told", "c" * 64, done, facts), NOW)
    page = browser.get("/photos/1").text
    assert ("Restore this face anyway" in page) == is_offered
    assert "<dt>Network</dt>" not in page  # none has a part in it


def test_health_tells_that_no_daemon_runs(browser: TestClient) -> None:
    assert browser.get("/healthz").status_code == 503


def test_a_ledger_that_is_not_there_is_told(browser: TestClient, ledger: Path) -> None:
    ledger.unlink()
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "cannot be read at the moment" in answer.text.replace("&#39;", "'")


def test_a_decision_is_shown_and_can_be_withdrawn(browser: TestClient, ledger: Path, tmp_path: Path) -> None:
    with Ledger.open(ledger) as opened:
        opened.decisions.note(Decision(tmp_path / "in" / "anna.jpg", DecisionKind.ORIGINAL, 5))
    page = browser.get("/photos/1").text
    assert "You decided: use the original" in page
    assert 'value="automatic"' in page
    assert "anna.jpg" in browser.get("/photos", params={"decided": "1"}).text
    assert "waiting.jpg" not in browser.get("/photos", params={"decided": "1"}).text


def test_an_output_that_was_removed_is_told_as_that(browser: TestClient, tmp_path: Path) -> None:
    (tmp_path / "out" / "anna.jpg").unlink()
    assert "You removed its output" in browser.get("/photos/1").text


def test_an_output_whose_disk_is_away_was_removed_by_nobody(browser: TestClient, ledger: Path, tmp_path: Path) -> None:
    with Ledger.open(ledger, NOW) as opened:
        (folder,) = opened.folders()
        opened.sources.claim(folder.id, output_root.identity(tmp_path / "out"))
    (tmp_path / "out").rename(tmp_path / "away")
    assert "You removed its output" not in browser.get("/photos/1").text
    (tmp_path / "out").mkdir()  # a mount point, empty
    assert "You removed its output" not in browser.get("/photos/1").text


def test_a_folder_that_waits_stands_before_the_photos_and_is_not_told_as_nothing(
    browser: TestClient, ledger: Path
) -> None:
    calm = browser.get("/").text
    assert calm.index("Last restored") < calm.index("<h2>Folders")
    with Ledger.open(ledger, NOW) as opened:
        (folder,) = opened.folders()
        opened.sources.pause(folder.id, "The output folder cannot be used: the disk is full.", NOW)
        opened.photos.forget(2)  # what failed
    paused = browser.get("/").text
    assert paused.index("the disk is full") < paused.index("Last restored")
    assert "Nothing needs your attention" not in paused


def test_photos_are_found_by_reason_camera_and_day(browser: TestClient, ledger: Path) -> None:
    with Ledger.open(ledger) as opened:
        row = opened.photos.row(4)
        assert row is not None
        told = Result(State.KEPT, "100%_sure", "d" * 64, Fingerprint(), None, None, None, "Canon", 1_500_000_000)
        opened.photos.finish(4, told, 1_700_000_100)

    def found(**asked: str) -> list[str]:
        page = browser.get("/photos", params=asked).text
        return [part.split("<")[0] for part in page.split('class="name">')[1:]]

    assert found(reason="BLURRED") == ["anna.jpg"]  # of its face
    assert found(reason="100%_") == ["lost.jpg"]
    assert found(reason="1%0") == found(reason="0__s") == []
    assert found(camera="Canon") == ["lost.jpg"]
    assert found(**{"from": "2017-07-14", "to": "2017-07-14"}) == ["lost.jpg"]
    assert found(to="2017-07-13") == []
    assert len(found(**{"from": "never", "to": "9999-12-31"})) == 4


def test_a_filter_that_is_none_is_all() -> None:
    assert choice_of({"from": "x", "to": "0001-01-01", "state": "gone", "folder": "x", "verdict": "x"}).state is None


def test_faces_are_shown_close(browser: TestClient) -> None:
    assert max(_size(browser.get("/photos/1/before/face-1.jpg").content)) == 360
    assert browser.get("/photos/1/after/face-1.jpg").status_code == 200
    for address in ("/photos/1/before/face-2.jpg", "/photos/1/before/face-0.jpg", "/photos/99/before/face-1.jpg"):
        assert browser.get(address).status_code == 404


def test_the_threshold_is_shown_with_what_another_would_do(browser: TestClient) -> None:
    page = browser.get("/tuning?threshold=0.05").text
    assert "faces by their sharpness: 1" in page
    assert "sharpness_threshold: 0.05" in page
    assert "\N{MINUS SIGN}1<" in page
    assert "anna.jpg" in page
    assert "This is the threshold of today." in browser.get("/tuning?threshold=x").text


def test_other_settings_than_a_photo_was_judged_with_are_told(ledger: Path, sessions: Sessions, tmp_path: Path) -> None:
    with TestClient(application(ledger, sessions, tmp_path / "cache", Settings), base_url="http://127.0.0.1") as other:
        page = other.get("/").text
    assert "2 photos were judged with other settings." in page
    assert "gpend retry --judged-with-other-settings" in page


def test_a_pause_is_told_and_can_be_ended(browser: TestClient, ledger: Path) -> None:
    with Ledger.open(ledger) as opened:
        opened.control.pause(5)
        opened.control.rest("Paused by you; `gpend resume` ends that.")
    page = browser.get("/").text
    assert "Paused by you" in page
    assert 'action="/resume"' in page


def test_whether_a_photo_has_changed_is_told_to_a_page_that_waits(browser: TestClient) -> None:
    assert browser.get("/photos/1/state").json()["state"] == "restored"
    assert browser.get("/photos/99/state").json() == {}
