"""A ledger that somebody deletes while gpend has it open is put back, with all that it knew."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpend.errors import FatalError, TransientError
from gpend.ledger import Decision, DecisionKind, Found, FoundBy, Ledger, Request, State, presence
from gpend.ledger.database import Database, open_for_writing
from gpend.stamp import Stamp
from tests.waiting import PATIENCE

_NOW = 1_700_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@contextmanager
def _opened(path: Path) -> Iterator[Ledger]:
    """A ledger that knows of one photo."""
    with Ledger.open(path, _NOW) as ledger:
        ledger.sources.configure([(path.parent / "in", path.parent / "out")], _NOW)
        _sight(ledger, "a.jpg")
        yield ledger


def _sight(ledger: Ledger, name: str) -> None:
    ledger.photos.sight(1, Found(Path(name), Stamp(5, _NOW, len(name)), FoundBy.SCAN), _NOW)


def _without(*endings: str) -> Callable[[Path], None]:
    def delete(path: Path) -> None:
        for ending in endings:
            path.with_name(path.name + ending).unlink()

    return delete


def _without_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    "delete",
    [
        _without(""),
        _without("-wal"),
        _without("-shm"),
        _without(".lock"),
        _without("", "-wal", "-shm"),
        _without_folder,
    ],
    ids=["ledger", "log", "index", "lock", "all three", "folder"],
)
def test_what_somebody_deletes_is_put_back_and_nothing_is_lost(path: Path, delete: Callable[[Path], None]) -> None:
    with _opened(path) as ledger:
        assert not ledger.put_back()
        delete(path)
        _sight(ledger, "noted in between.jpg")
        told = ledger.put_back()
        assert "Somebody deleted ledger.sqlite" in told
        assert f"from {path.parent} while gpend had the ledger open" in told
        assert not ledger.put_back()
        _sight(ledger, "later.jpg")
        assert _as_another_process_sees_it(path) == "3 True"
        with pytest.raises(FatalError, match="Another gpend is already working"):
            Ledger.open(path)
    with Ledger.open(path) as again:
        assert again.notices == ()
        assert again.counts()[State.WAITING] == 3


def _as_another_process_sees_it(path: Path) -> str:
    """How many photos wait, and whether gpend runs."""
    program = (
        "import sys; from pathlib import Path; from gpend.ledger import Records, State, lock; path = Path(sys.argv[1]);"
        "print(Records.read_only(path).counts()[State.WAITING], lock.running(path))"
    )
    command = [sys.executable, "-c", program, os.fspath(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout.strip()


def test_what_another_process_asks_for_afterwards_is_heard(path: Path) -> None:
    with _opened(path) as ledger:
        _without("", "-wal", "-shm")(path)
        assert ledger.put_back()
        program = (
            "import sys; from pathlib import Path; from gpend.ledger import Ledger, Request;"
            "Ledger.request(Path(sys.argv[1]), Request.RETRY)"
        )
        subprocess.run([sys.executable, "-c", program, os.fspath(path)], check=True, timeout=PATIENCE)
        assert len(ledger.requests.waiting()) == 1


def test_decisions_are_in_their_file_again(path: Path) -> None:
    decision = Decision(Path("/in/a.jpg"), DecisionKind.LEAVE, _NOW)
    with _opened(path) as ledger:
        ledger.decisions.note(decision)
        _without_folder(path)
        assert ledger.put_back()
    _without("")(path)
    with Ledger.open(path) as anew:
        assert anew.decisions.of(decision.photo) == decision


def test_who_may_read_it_stays_as_it_was(path: Path) -> None:
    with _opened(path) as ledger:
        path.chmod(0o640)
    with Ledger.open(path) as ledger:
        path.unlink()
        assert ledger.put_back()
    assert path.stat().st_mode & 0o777 == 0o640


def test_where_another_file_took_its_place_gpend_stops_and_keeps_what_it_knew(path: Path, tmp_path: Path) -> None:
    with _opened(tmp_path / "other" / "ledger.sqlite"):
        pass
    with _opened(path) as ledger:
        _sight(ledger, "b.jpg")
        (tmp_path / "other" / "ledger.sqlite").replace(path)
        inode = path.stat().st_ino
        with pytest.raises(FatalError, match=r"Somebody put another file in the place of the ledger .*rescued"):
            ledger.put_back()
    assert path.stat().st_ino == inode
    path.with_name("ledger.sqlite.rescued").replace(path)
    _without("-wal", "-shm")(path)
    with Ledger.open(path) as rescued:
        assert rescued.counts()[State.WAITING] == 2


def test_a_copy_that_somebody_restores_meanwhile_is_not_overwritten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Database.copy_to

    def restored_meanwhile(database: Database, copy: Path) -> None:
        real(database, copy)
        path.write_bytes(b"somebody's own")

    with _opened(path) as ledger:
        path.unlink()
        monkeypatch.setattr(Database, "copy_to", restored_meanwhile)
        with pytest.raises(FatalError, match="Somebody put another file in the place"):
            ledger.put_back()
    assert path.read_bytes() == b"somebody's own"


def test_what_was_kept_before_stays_when_more_is_to_be_kept(path: Path) -> None:
    kept = path.with_name("ledger.sqlite.rescued")
    with _opened(path) as ledger:
        kept.write_bytes(b"from an earlier time")
        path.unlink()
        path.write_bytes(b"another file")
        with pytest.raises(FatalError, match=r"rescued-2"):
            ledger.put_back()
    assert kept.read_bytes() == b"from an earlier time"


def test_on_a_disk_without_hard_links_it_is_put_back_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with _opened(path) as ledger:
        path.unlink()
        monkeypatch.setattr("gpend.writing.os.link", refused)
        assert ledger.put_back()
        assert not list(path.parent.glob("*.part*"))
    with Ledger.open(path) as again:
        assert again.counts()[State.WAITING] == 1


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), PermissionError(13, "Permission denied")])
def test_a_disk_that_does_not_answer_is_no_deletion(
    path: Path, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(_: Path) -> None:
        raise error

    with _opened(path) as ledger:
        monkeypatch.setattr(presence, "identity", unanswered)
        assert not ledger.put_back()
    assert path.exists()


def test_what_cannot_be_put_back_now_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with _opened(path) as ledger:
        path.unlink()
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Database, "copy_to", full)
            with pytest.raises(TransientError, match=r"cannot be put back: .*No space left"):
                ledger.put_back()
        assert not list(path.parent.glob("*.part*"))
        assert ledger.put_back()


@pytest.mark.parametrize("notes", [(), ("noted meanwhile.jpg",)], ids=["nothing", "a photo"])
def test_one_that_was_put_back_and_that_another_program_holds_at_once_is_waited_for(
    path: Path, notes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    real, others = open_for_writing, list[sqlite3.Connection]()

    def held(place: Path) -> Database:
        if not others:
            others.append(sqlite3.connect(place, isolation_level=None))
            others[0].execute("PRAGMA locking_mode = EXCLUSIVE")
            others[0].execute("BEGIN EXCLUSIVE")
        return real(place)

    monkeypatch.setattr("gpend.ledger.ledger.open_for_writing", held)
    with _opened(path) as ledger:
        path.unlink()
        for name in ("", *notes):
            with pytest.raises(TransientError, match="put back, and cannot be opened now"):
                ledger.put_back()
            if name:
                _sight(ledger, name)
        others[0].close()
        if not notes:  # of what waits to be opened nothing is thrown away that somebody asked of it
            Ledger.request(path, Request.CONFIRM)
        assert ledger.put_back()
        assert not ledger.put_back()
        assert ledger.counts()[State.WAITING] == 1 + len(notes)
        assert len(ledger.requests.waiting()) == (0 if notes else 1)
    with Ledger.open(path) as again:
        assert again.notices == ()
        assert again.counts()[State.WAITING] == 1 + len(notes)


def test_a_ledger_behind_a_link_comes_back_behind_it(tmp_path: Path) -> None:
    target, link = tmp_path / "disk" / "ledger.sqlite", tmp_path / "state" / "ledger.sqlite"
    target.parent.mkdir()
    link.parent.mkdir()
    link.symlink_to(target)
    with _opened(link) as ledger:
        target.unlink()
        assert ledger.put_back()
        assert link.is_symlink()
    with Ledger.open(link) as again:
        assert again.counts()[State.WAITING] == 1


def test_on_another_disk_nothing_is_put_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _opened(path) as ledger:
        path.unlink()
        monkeypatch.setattr(presence.Presence, "is_on_its_disk", lambda _: False)
        with pytest.raises(FatalError, match=r"The disk with the ledger .* is not there any more"):
            ledger.put_back()
    assert not path.exists()


def test_where_nobody_can_tell_what_is_open_nothing_is_taken_for_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with _opened(path) as ledger:
        monkeypatch.setattr(presence, "_OPEN", tmp_path / "no proc")
        path.unlink()
        assert not ledger.put_back()


def test_a_disk_that_numbers_open_files_anew_raises_no_alarm(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = presence.identity

    def renumbered(part: Path) -> tuple[int, int] | None:
        found = real(part)
        return found and (found[0], found[1] + 1_000_000)

    with _opened(path) as ledger:
        monkeypatch.setattr(presence, "identity", renumbered)
        assert not ledger.put_back()
        path.unlink()
        assert ledger.put_back()
