"""What people ask for on the pages is left for the daemon; what is no such thing is refused."""

import sqlite3
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gpend.ledger import Choice, Request, State
from tests.web.conftest import EVIL
from tests.web.forms import asked, secret_in, send


def test_trying_again_is_left_for_the_daemon(browser: TestClient, ledger: Path) -> None:
    secret = secret_in(browser.get("/photos/2").text)
    answer = browser.post("/photos/2/retry", data={"secret": secret}, headers={"origin": "http://127.0.0.1:8765"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/photos/2?noted=1")
    assert "Noted. gpend sees to it" in browser.get("/photos/2?noted=1").text
    with sqlite3.connect(ledger) as connection:
        ((kind, path),) = connection.execute("SELECT kind, path FROM request").fetchall()
    connection.close()
    assert (kind, Path(path.decode()).name) == ("retry", EVIL)


def test_a_decision_about_a_photo_is_left_for_the_daemon(browser: TestClient, ledger: Path) -> None:
    assert send(browser, "/photos/1/decide", decision="original") == (303, "/photos/1?noted=1")
    assert asked(ledger) == [(Request.DECIDE, "anna.jpg", {"decision": "original"})]


def test_a_decision_about_a_face_tells_where_it_is(browser: TestClient, ledger: Path) -> None:
    assert send(browser, "/photos/1/decide", decision="leave", face="1")[0] == 303
    assert asked(ledger) == [(Request.DECIDE, "anna.jpg", {"decision": "leave", "box": [170, 50, 280, 180]})]


def test_a_decision_about_all_that_fit_tells_the_filter(browser: TestClient, ledger: Path) -> None:
    assert send(browser, "/photos/decide", decision="leave", state="kept", q="x y") == (
        303,
        "/photos?q=x+y&state=kept&noted=1",
    )
    ((kind, _, detail),) = asked(ledger)
    choice = Choice.from_data(detail["choice"])
    assert (kind, detail["decision"], choice) == (Request.DECIDE, "leave", Choice(state=State.KEPT, text="x y"))


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/photos/1/decide", {"decision": "burn"}),
        ("/photos/1/decide", {"decision": "faces"}),
        ("/photos/1/decide", {"decision": "leave", "face": "2"}),
        ("/photos/1/decide", {"decision": "leave", "face": "-1"}),
        ("/photos/decide", {"decision": ""}),
        ("/photos/99/decide", {"decision": "leave"}),
    ],
)
def test_what_is_no_decision_is_refused(browser: TestClient, ledger: Path, address: str, sent: dict[str, str]) -> None:
    assert send(browser, address, **sent)[0] in (400, 404)
    assert asked(ledger) == []


@pytest.mark.parametrize("what", ["pause", "resume", "rejudge", "confirm"])
def test_what_concerns_all_of_it_is_left_for_the_daemon(browser: TestClient, ledger: Path, what: str) -> None:
    assert send(browser, f"/{what}") == (303, "/?noted=1")
    assert asked(ledger) == [(Request(what), "", {})]
