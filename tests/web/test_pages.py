"""What an open overview is told, and when it is shown anew."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.requests import Request

from gpend import gallery
from gpend.gallery import Progress
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State
from gpend.stamp import Stamp
from gpend.web import pages
from tests.web.conftest import NOW

_DAY = 86_400
_FOLDER = 1  # as the ledger numbers the only one


@pytest.fixture
def asked() -> Request:
    return Request({"type": "http", "headers": []})


def _far(ledger: Path, seconds: int = 10) -> Progress:
    return gallery.progress(ledger, datetime.fromtimestamp(NOW + seconds, UTC))


def test_a_photo_that_waits_or_is_done_changes_nothing_but_figures(ledger: Path, asked: Request) -> None:
    before = pages.event(asked, _far(ledger))
    with Ledger.open(ledger, NOW) as opened:
        photo = opened.photos.sight(_FOLDER, Found(Path("n.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT), NOW)
    waiting = pages.event(asked, _far(ledger))
    with Ledger.open(ledger, NOW) as opened:
        done = Fingerprint("gpen-256", "d1", "0.1.0")
        opened.photos.finish(photo, Result(State.KEPT, "no faces found", "e" * 64, done, {"faces": []}), NOW + 5)
    after = pages.event(asked, _far(ledger))
    assert before["beside"] == waiting["beside"] == after["beside"]
    assert before["counts"] != after["counts"]


def test_a_folder_that_is_watched_otherwise_is_shown_anew(ledger: Path) -> None:
    before = pages.beside(_far(ledger))
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_watching(_FOLDER, "events")
    assert pages.beside(_far(ledger)) != before
    assert pages.beside(replace(_far(ledger), paused_since=NOW)) != pages.beside(_far(ledger))


@pytest.mark.usefixtures("in_nepal")
def test_today_begins_with_the_midnight_of_the_machine(ledger: Path) -> None:
    until_midnight = 72_100  # seconds from NOW, which is nearly four in the morning there
    assert _far(ledger, until_midnight - 1).today["restored"] == 1
    assert _far(ledger, until_midnight + 1).today["restored"] == 0


def test_what_was_done_today_in_a_folder_that_is_watched_no_more_does_not_count(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert _far(ledger).today["restored"] == 1
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.configure([(tmp_path / "other", tmp_path / "out")], NOW)
    assert set(_far(ledger).today.values()) == {0}


def test_what_was_done_today_is_told_anew_at_midnight(ledger: Path, asked: Request) -> None:
    told = pages.event(asked, _far(ledger))["today"]
    assert isinstance(told, dict)
    assert (told["restored"], told["kept"], told["failed"]) == (1, 1, 1)
    told = pages.event(asked, _far(ledger, _DAY))["today"]
    assert isinstance(told, dict)
    assert set(told.values()) == {0}
