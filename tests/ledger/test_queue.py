"""Which photo comes next, and how those that have to wait come back."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State, Written
from gpend.ledger.database import statements
from gpend.stamp import Stamp

NOW = 1_700_000_000
HERE = Fingerprint("gpen-256", "d1", "0.1.0")
WRITTEN = Written(Path("a.jpg"), Stamp(7, 8, 9), "b" * 64)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", NOW) as opened:
        opened.sources.configure([(Path("/in"), Path("/out"))], NOW)
        yield opened


def folder(ledger: Ledger) -> int:
    return ledger.folders()[0].id


def sight(ledger: Ledger, name: str, by: FoundBy = FoundBy.SCAN, size: int = 1) -> int:
    return ledger.photos.sight(folder(ledger), Found(Path(name), Stamp(size, 2, 3), by), NOW)


def finish(ledger: Ledger, photo: int, state: State = State.RESTORED, written: Written | None = WRITTEN) -> None:
    ledger.photos.finish(photo, Result(state, "as it was", "a" * 64, HERE, None, written, "c" * 64), NOW)


def due(ledger: Ledger, now: int = NOW) -> list[int]:
    return [row.id for row in ledger.photos.due(folder(ledger), now, 99)]


def test_what_just_arrived_comes_before_what_a_scan_turned_up_and_what_was_trouble_last(ledger: Ledger) -> None:
    scanned, arrived, trouble = sight(ledger, "a"), sight(ledger, "b", FoundBy.EVENT), sight(ledger, "c", FoundBy.EVENT)
    ledger.photos.begin(trouble, NOW)
    ledger.upkeep.interrupted(NOW, crashed=True)
    assert due(ledger) == [arrived, scanned, trouble]


def test_what_the_brake_has_to_count_comes_before_what_takes_its_time_but_not_before_new_arrivals(
    ledger: Ledger,
) -> None:
    edited, new, other = sight(ledger, "a"), sight(ledger, "new"), sight(ledger, "other")
    for photo in (edited, other):
        finish(ledger, photo)
    sight(ledger, "a", size=9)
    sight(ledger, "other", size=9)
    arrived = sight(ledger, "arrived", FoundBy.EVENT)
    assert due(ledger) == [arrived, edited, other, new]
    ledger.absences.count_change(other, "e" * 64, NOW)
    assert due(ledger) == [arrived, edited, new, other]


def test_what_is_judged_again_because_of_the_settings_comes_after_everything_else(ledger: Ledger) -> None:
    judged = sight(ledger, "a", FoundBy.EVENT)
    finish(ledger, judged, State.KEPT, None)
    assert ledger.requests.rejudge(HERE, NOW) == 0
    assert ledger.requests.rejudge(Fingerprint("gpen-256", "d2", "0.1.0"), NOW) == 1
    new = sight(ledger, "b")
    assert due(ledger) == [new, judged]


def test_what_waits_until_later_is_not_due_before_unless_the_clock_was_wrong(ledger: Ledger) -> None:
    photo = sight(ledger, "a")
    ledger.photos.postpone(photo, NOW, NOW + 60, give_back=False)
    assert (due(ledger), ledger.photos.next_attempt(folder(ledger), NOW)) == ([], NOW + 60)
    assert due(ledger, NOW + 60) == [photo]
    assert due(ledger, NOW - 10**8) == [photo]


def test_a_photo_that_vanished_before_its_turn_says_what_it_said_before(ledger: Ledger) -> None:
    photo, new = sight(ledger, "a"), sight(ledger, "b")
    finish(ledger, photo)
    sight(ledger, "a", size=9)
    for each in (photo, new):
        row = ledger.photos.row(each)
        assert row is not None
        ledger.photos.abandon(each, row.stamp, NOW)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.reason, row.picture, row.stamp.size) == (State.RESTORED, "as it was", "c" * 64, -1)
    assert ledger.photos.row(new) is None


def test_a_new_sighting_is_counted_anew_and_a_finish_forgets_what_was_to_be_checked(ledger: Ledger) -> None:
    photo = sight(ledger, "a")
    finish(ledger, photo)
    ledger.sources.recheck(folder(ledger), NOW, confirmed=True)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.recheck, row.counted) == (State.WAITING, True, "a" * 64)
    sight(ledger, "a", size=9)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.recheck, row.counted) == (True, None)
    finish(ledger, photo)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.recheck, row.counted) == (False, None)


def test_the_queue_is_read_from_its_index(ledger: Ledger, tmp_path: Path) -> None:
    sight(ledger, "a")
    plan = plan_of(tmp_path / "ledger.sqlite")
    assert "photo_queue" in plan
    assert "B-TREE" not in plan


def plan_of(path: Path) -> str:
    """How SQLite finds what is due."""
    connection = sqlite3.connect(path)
    values = {"folder": 1, "now": NOW, "horizon": 1, "limit": 1, "companions": 0}
    plan = connection.execute("EXPLAIN QUERY PLAN " + statements()["due"], values).fetchall()
    connection.close()
    return str(plan)


def test_another_photo_under_a_name_does_not_inherit_the_camera_of_the_one_before(ledger: Ledger) -> None:
    photo = sight(ledger, "a.jpg")

    def end(content: str, camera: str | None, taken: int | None) -> tuple[str | None, int | None]:
        result = Result(State.KEPT, "sharp", content, HERE, None, None, None, camera, taken)
        ledger.photos.finish(photo, result, NOW)
        row = ledger.photos.row(photo)
        assert row is not None
        return row.camera, row.taken

    assert end("a" * 64, "Pixel 7", 1) == ("Pixel 7", 1)
    assert end("a" * 64, None, None) == ("Pixel 7", 1), "it is still the same photo"
    assert end("b" * 64, None, None) == (None, None)
