"""What the pages of the dashboard show, and what they refuse."""

import re
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from gpend.web import app as dashboard
from tests.web.conftest import EVIL


def _size(content: bytes) -> tuple[int, int]:
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def _secret(page: str) -> str:
    return page.split('name="secret" value="')[1].split('"', maxsplit=1)[0]


def test_the_overview_tells_how_far_it_is_and_what_needs_a_look(browser: TestClient) -> None:
    page = browser.get("/").text
    assert "3 of 4 photos done" in page
    assert "not running" in page
    assert "anna.jpg" in page
    assert "no &lt;i&gt;picture&lt;/i&gt;" in page


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
    monkeypatch.setattr("gpend.gallery.page.__defaults__", (1,))
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


def test_names_and_reasons_are_text_and_never_markup(browser: TestClient) -> None:
    for page in (browser.get("/"), browser.get("/photos"), browser.get("/photos/2")):
        assert EVIL not in page.text
        assert "&lt;img src=x onerror=alert(1)&gt;&amp;.jpg" in page.text


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


def test_trying_again_is_left_for_the_daemon(browser: TestClient, ledger: Path) -> None:
    secret = _secret(browser.get("/photos/2").text)
    answer = browser.post("/photos/2/retry", data={"secret": secret}, headers={"origin": "http://127.0.0.1:8765"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/photos/2?noted=1")
    assert "gpend will take it up again." in browser.get("/photos/2?noted=1").text
    with sqlite3.connect(ledger) as connection:
        ((kind, path),) = connection.execute("SELECT kind, path FROM request").fetchall()
    connection.close()
    assert (kind, Path(path.decode()).name) == ("retry", EVIL)


@pytest.mark.parametrize(
    ("secret", "origin"),
    [(None, "http://127.0.0.1:8765"), ("wrong", "http://127.0.0.1:8765"), ("", "http://evil.example")],
)
def test_nothing_is_done_for_a_form_of_another_site(
    browser: TestClient, ledger: Path, secret: str | None, origin: str
) -> None:
    own = _secret(browser.get("/photos/2").text)
    sent = {} if secret is None else {"secret": secret or own}
    assert browser.post("/photos/2/retry", data=sent, headers={"origin": origin}).status_code == 403
    with sqlite3.connect(ledger) as connection:
        assert connection.execute("SELECT count(*) FROM request").fetchone() == (0,)
    connection.close()


def test_every_answer_binds_the_browser(browser: TestClient) -> None:
    for address in ("/", "/photos/99", "/static/style.css", "/photos/1/before/small.jpg"):
        headers = browser.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_name_that_was_made_to_point_here_is_refused(browser: TestClient) -> None:
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 421


def test_pages_speak_chinese_to_who_reads_it(browser: TestClient) -> None:
    page = browser.get("/", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert '<html lang="zh-CN">' in page
    assert "已完成 3 / 4 张照片" in page


def test_listeners_are_bounded(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "_LISTENERS", 0)
    assert browser.get("/events").status_code == 503


def test_health_tells_that_no_daemon_runs(browser: TestClient) -> None:
    assert browser.get("/healthz").status_code == 503


def test_a_ledger_that_is_not_there_is_told(browser: TestClient, ledger: Path) -> None:
    ledger.unlink()
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "cannot be read at the moment" in answer.text.replace("&#39;", "'")
