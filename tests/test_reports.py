"""The questions that people ask of the ledger."""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpend import gallery, liveness, reports, words
from gpend.daemon.exporter import Exporter
from gpend.errors import FatalError
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Records, Result, State, Written
from gpend.liveness import Answer
from gpend.settings import FolderSettings
from gpend.stamp import Stamp

NOW = 1_700_000_000
SHA = "a" * 64
FACE = {"box": [1, 2, 30, 40], "score": 0.99, "sharpness": 0.12, "verdict": "restored", "reason": "blurred"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "in" / "2024").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.fixture
def folder(home: Path) -> FolderSettings:
    return FolderSettings(source=home / "in", output=home / "out")


@pytest.fixture
def ledger(home: Path, folder: FolderSettings) -> Path:
    """One photo restored, one failed, one waiting."""
    path = home / "ledger.sqlite"
    with Ledger.open(path, NOW) as opened:
        place = opened.sources.configure([(folder.source, folder.output)], NOW)[0].id
        names = ("2024/restored.jpg", "failed.jpg", "waiting.jpg")
        ids = [
            opened.photos.sight(place, Found(Path(name), Stamp(5, NOW * 10**9, 7), FoundBy.EVENT), NOW)
            for name in names
        ]
        facts = {"faces": [FACE], "notes": ["a note"]}
        written = Written(Path("2024/restored.jpg"), Stamp(6, 7, 8), SHA)
        fingerprint = Fingerprint("gpen-256", "d1", "0.1.0")
        opened.photos.finish(
            ids[0], Result(State.RESTORED, "1 face: 1 restored", SHA, fingerprint, facts, written), NOW + 1
        )
        opened.photos.finish(ids[1], Result(State.FAILED, "no picture in it", SHA, fingerprint), NOW + 2)
        opened.sources.pause(place, "the disk is full", NOW + 3)
    return path


def test_status_counts_photos_by_state_and_tells_the_last_errors(ledger: Path) -> None:
    status = reports.status(ledger)
    assert (status.counts["restored"], status.counts["failed"], status.counts["kept"], status.backlog) == (1, 1, 0, 1)
    (error,) = status.last_errors
    assert (Path(error.photo).name, error.reason, error.since) == (
        "failed.jpg",
        "no picture in it",
        "2023-11-14T22:13:22+00:00",
    )


def test_status_tells_how_photos_were_found_and_what_is_paused(ledger: Path) -> None:
    status = reports.status(ledger)
    assert status.found_by == {"event": 3, "scan": 0}
    assert status.folders[0].paused == "the disk is full"
    assert status.last_activity == "2023-11-14T22:13:22+00:00"


def test_status_tells_whether_a_daemon_is_at_work(ledger: Path) -> None:
    assert not reports.status(ledger).running
    with Ledger.open(ledger, NOW):
        assert reports.status(ledger).running


def test_how_long_the_rest_takes_is_told_only_while_gpend_works(ledger: Path) -> None:
    with Ledger.open(ledger, NOW) as opened:
        place = opened.folders()[0].id
        for number in range(4):
            found = Found(Path(f"{number}.jpg"), Stamp(5, NOW * 10**9, 7), FoundBy.SCAN)
            photo = opened.photos.sight(place, found, NOW)
            opened.photos.finish(photo, Result(State.KEPT, "no faces found", SHA, Fingerprint()), NOW + number)
        hindered = _status_at(ledger, NOW + 5)  # the folder is paused
        opened.sources.resume(place)
        assert "about" in _status_at(ledger, NOW + 5).progress
        opened.control.pause(NOW + 5)
        paused = _status_at(ledger, NOW + 5)
        opened.control.resume()
        opened.control.rest("Outside of the hours in `schedule`.")
        resting = _status_at(ledger, NOW + 5)
        opened.control.rest(None)
    stopped = _status_at(ledger, NOW + 5)
    for status in (hindered, paused, resting, stopped):
        assert (status.seconds_left, status.rate, "about" in status.progress) == (None, 0, False)
        assert status.backlog == 1


@pytest.mark.parametrize(
    ("free", "flag", "told"), [(8, 0, "is full. Make room on it."), (9000, os.ST_RDONLY, "can only be read.")]
)
def test_a_ledger_that_cannot_be_written_is_told_with_what_to_do(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, free: int, flag: int, told: str
) -> None:
    assert _status_at(ledger, NOW).ledger_problem is None
    disk = SimpleNamespace(f_bfree=free, f_bavail=free, f_frsize=4096, f_flag=flag)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    status = _status_at(ledger, NOW)
    said = f"gpend begins no photo while it cannot write its ledger. The disk of {ledger.parent} {told}"
    assert (status.ledger_problem or "").startswith(said)
    assert said in words.status_text(status, datetime.fromtimestamp(NOW, UTC))
    assert (gallery.progress(ledger, datetime.fromtimestamp(NOW, UTC)).resting or "").startswith(said)


@pytest.mark.parametrize("trouble", ["", "The ledger cannot be used at the moment: disk I/O error."])
def test_a_ledger_of_which_only_the_daemon_knows_that_it_cannot_be_written_is_told(ledger: Path, trouble: str) -> None:
    exporter = Exporter(liveness.socket_of(ledger), {liveness.TROUBLE: lambda: Answer(200, trouble.encode())})
    exporter.start()
    with Ledger.open(ledger):
        problem = _status_at(ledger, NOW).ledger_problem
    assert problem == (f"gpend begins no photo while it cannot write its ledger. {trouble}" if trouble else None)
    assert _status_at(ledger, NOW).ledger_problem is None  # gpend has ended
    exporter.close()


def test_a_ledger_that_only_who_asks_may_not_write_is_no_problem_of_gpend(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = Exporter(liveness.socket_of(ledger), {liveness.TROUBLE: lambda: Answer(200, b"")})
    exporter.start()
    disk = SimpleNamespace(f_bfree=9000, f_bavail=9000, f_frsize=4096, f_flag=os.ST_RDONLY)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)  # as in a container with the dashboard alone
    with Ledger.open(ledger):
        assert _status_at(ledger, NOW).ledger_problem is None
        exporter.close()
        assert "can only be read" in (_status_at(ledger, NOW).ledger_problem or "")  # nobody knows better


def _status_at(ledger: Path, now: int) -> reports.Status:
    with Records.read_only(ledger) as records:
        return reports.status_of(records, ledger, now)


def test_without_a_ledger_there_is_no_status(tmp_path: Path) -> None:
    with pytest.raises(FatalError):
        reports.status(tmp_path / "none.sqlite")


def test_the_history_of_a_photo_holds_its_faces_its_output_and_what_it_was_made_with(ledger: Path, home: Path) -> None:
    history = reports.history(ledger, home / "in" / "2024" / "restored.jpg")
    assert history is not None
    assert (history.state, history.faces, history.notes) == ("restored", (FACE,), ("a note",))
    assert history.output == str(home / "out" / "2024" / "restored.jpg")
    assert (history.model, history.version, history.attempts) == ("gpen-256", "0.1.0", 0)


def test_a_photo_is_known_by_its_output_and_through_a_link_too(ledger: Path, home: Path) -> None:
    by_output = reports.history(ledger, home / "out" / "2024" / "restored.jpg")
    (home / "pictures").symlink_to(home / "in")
    by_link = reports.history(ledger, home / "pictures" / "2024" / "restored.jpg")
    assert by_output == by_link
    assert by_output is not None


def test_a_photo_is_known_by_its_output_though_that_has_another_name(
    ledger: Path, home: Path, folder: FolderSettings
) -> None:
    written = Written(Path("IMG_1.jpg"), Stamp(6, 7, 8), "b" * 64)
    with Ledger.open(ledger, NOW) as opened:
        place = opened.sources.configure([(folder.source, folder.output)], NOW)[0].id
        found = Found(Path("IMG_1.HEIC"), Stamp(5, NOW * 10**9, 7), FoundBy.EVENT)
        photo = opened.photos.sight(place, found, NOW)
        opened.photos.finish(photo, Result(State.RESTORED, "", "c" * 64, Fingerprint(), {}, written), NOW)
    history = reports.history(ledger, home / "out" / "IMG_1.jpg")
    assert history is not None
    assert history.photo == str(home / "in" / "IMG_1.HEIC")


def test_a_photo_is_known_by_a_relative_path(ledger: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "in" / "2024")
    assert reports.history(ledger, Path("restored.jpg")) is not None
    assert reports.history(ledger, Path("../failed.jpg")) is not None


def test_a_photo_that_nobody_met_has_no_history(ledger: Path, home: Path) -> None:
    assert reports.history(ledger, home / "in" / "other.jpg") is None
    assert reports.history(ledger, Path("/elsewhere.jpg")) is None


@pytest.mark.parametrize("seconds", [10**15, -(10**15)])
def test_a_time_that_no_calendar_holds_is_still_told(seconds: int, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, NOW) as opened:
        opened.sources.configure([(tmp_path / "in", tmp_path / "out")], seconds)
        place = opened.folders()[0].id
        opened.photos.sight(place, Found(Path("a.jpg"), Stamp(1, 1, 1), FoundBy.SCAN), seconds)
    history = reports.history(path, tmp_path / "in" / "a.jpg")
    assert history is not None
    assert history.first_seen
