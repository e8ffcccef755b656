"""Who may not use a ledger is told who may; and where it cannot lie, where it can."""

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from gpend.errors import FatalError, TransientError
from gpend.ledger import Ledger, Records, Request, access

NOBODY = 65_534
_WRITES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("UPDATE control SET paused_since = 5")
connection.close()
"""


@contextmanager
def somebody_else() -> Iterator[None]:
    """For as long as this lasts, this process is not the superuser."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that everybody may enter, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    Ledger.open(tmp_path / "state" / "ledger.sqlite").close()
    return tmp_path / "state" / "ledger.sqlite"


@pytest.mark.parametrize("place", ["", ".."], ids=["its file", "its folder"])
def test_who_may_not_read_or_ask_is_told_who_may(ledger: Path, place: str) -> None:
    (ledger.parent if place else ledger).chmod(0)
    with somebody_else():
        with pytest.raises(FatalError, match=r"belongs to root.*sudo -u root gpend"):
            Records.read_only(ledger)
        with pytest.raises(FatalError, match=r"belongs to root.*sudo -u root gpend"):
            Ledger.request(ledger, Request.RETRY)


def test_a_ledger_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="no ledger at"):
        Records.read_only(tmp_path / "none.sqlite")


@pytest.mark.parametrize("name", ["SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_SHMOPEN", "SQLITE_PROTOCOL"])
def test_a_file_system_without_shared_memory_is_told_with_what_to_do(name: str, tmp_path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name
    said = access.what_is_wrong(error, tmp_path / "ledger.sqlite")
    assert "disk I/O error" in said
    assert "Keep the ledger on a local disk" in said


def test_a_full_disk_is_told_as_that_whatever_sqlite_takes_it_for(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    _fill(monkeypatch)
    said = access.what_is_wrong(error, ledger)
    assert f"The disk of {ledger.parent} is full." in said
    assert "share" not in said


def test_of_a_disk_that_fails_it_is_told_where_to_look(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        raise error

    with Ledger.open(ledger) as opened:
        monkeypatch.setattr("gpend.ledger.database.Database._execute", fails)
        with pytest.raises(TransientError, match=r"disk I/O error\. Its disk, .* sudo dmesg tells"):
            opened.counts()


@contextmanager
def _root() -> Iterator[None]:
    os.seteuid(0)
    yield
    os.seteuid(NOBODY)


def _fill(monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.statvfs("/")
    full = SimpleNamespace(f_bfree=1, f_bavail=0, f_frsize=4096, f_flag=status.f_flag)
    monkeypatch.setattr(os, "statvfs", lambda _: full)


def test_a_disk_that_can_only_be_read_is_told_as_that(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readable = SimpleNamespace(f_bfree=1 << 30, f_bavail=1 << 30, f_frsize=4096, f_flag=os.ST_RDONLY)
    monkeypatch.setattr(os, "statvfs", lambda _: readable)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert access.hindrance(ledger) == f"The disk of {ledger.parent} can only be read. Make it writable again."


def test_nobody_is_sent_to_another_user_where_the_disk_can_only_be_read(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = SimpleNamespace(f_bfree=1 << 30, f_bavail=1 << 30, f_frsize=4096, f_flag=os.ST_RDONLY)
    monkeypatch.setattr(os, "statvfs", lambda _: readable)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(FatalError, match=r"can only be read\. Make it writable again"):
        Ledger.request(ledger, Request.CONFIRM)


def test_a_ledger_that_can_be_written_to_is_hindered_by_nothing(ledger: Path) -> None:
    assert access.hindrance(ledger) == ""


def test_a_folder_that_is_missing_is_told_with_how_to_make_it(tmp_path: Path) -> None:
    assert "sudo install -d -o " in access.hindrance(tmp_path / "gone" / "ledger.sqlite")


def test_what_is_to_be_typed_can_be_typed_where_a_folder_has_a_space_in_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my photos"
    assert access.hindrance(folder / "ledger.sqlite").endswith(f" '{folder}'")
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert access.hindrance(folder / "ledger.sqlite").endswith(f" '{folder}'")


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
def test_what_root_left_beside_a_ledger_is_told_with_how_to_give_all_of_it_away(ledger: Path, ending: str) -> None:
    _give_away(ledger)
    left = ledger.with_name(f"{ledger.name}{ending}")
    left.touch()
    os.chown(left, 0, -1)
    left.chmod(0o644)
    with somebody_else():
        told = access.hindrance(ledger)
    assert f"may not write to {left}: it belongs to 'root'. sudo chown {pwd.getpwuid(NOBODY).pw_name} {ledger}*" in told


def test_a_lock_that_root_left_is_told_with_what_to_do(ledger: Path) -> None:
    _give_away(ledger)
    left = ledger.with_name(f"{ledger.name}.lock")
    os.chown(left, 0, -1)
    with somebody_else(), pytest.raises(FatalError, match=r"cannot be opened: Permission denied\. .*sudo chown"):
        Ledger.open(ledger)


def test_a_user_without_a_name_is_told_by_number_in_what_to_do(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unknown(_user: int) -> NoReturn:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert "sudo install -d -o 4321 " in access.hindrance(tmp_path / "gone" / "ledger.sqlite")
    os.chown(ledger, 4322, -1)
    assert "sudo -u '#4322' gpend" in str(access.not_allowed(ledger))


@pytest.mark.parametrize("place", ["", ".."], ids=["its file", "its folder"])
def test_who_may_not_write_is_told_whose_it_is(ledger: Path, place: str) -> None:
    held = ledger.parent if place else ledger
    _give_away(ledger)
    os.chown(held, 0, -1)
    with somebody_else():
        assert "sudo chown" in access.hindrance(ledger)
    os.chown(held, NOBODY, -1)
    held.chmod(0o555)
    with somebody_else():
        assert "sudo chmod u+rwX" in access.hindrance(ledger)


def _give_away(ledger: Path) -> None:
    for place in (ledger.parent, *ledger.parent.iterdir()):
        os.chown(place, NOBODY, -1)


def test_what_is_deleted_while_its_folder_is_somebody_elses_comes_back_once_it_is_given_back(ledger: Path) -> None:
    _give_away(ledger)
    with somebody_else(), Ledger.open(ledger) as opened:
        opened.control.rest("it is dark")
        with _root():
            shutil.rmtree(ledger.parent)
        with pytest.raises(TransientError, match="sudo install -d -o nobody"):
            opened.put_back()
        with _root():
            ledger.parent.mkdir()
        with pytest.raises(TransientError, match=rf"do not stop it before.*may not write to {ledger.parent}:"):
            opened.put_back()
        with _root():
            os.chown(ledger.parent, NOBODY, -1)
        assert opened.put_back()
    with Records.read_only(ledger) as records:
        assert records.resting() == (None, "it is dark")


def test_a_failing_ledger_says_what_keeps_it_from_working(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(ledger) as opened:
        other = sqlite3.connect(ledger, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        opened._database._connection.execute("PRAGMA busy_timeout = 0")  # noqa: SLF001 - it waits half a minute
        with pytest.raises(TransientError, match=r"moment: database is locked\.$"):
            opened.control.rest("now")
        _fill(monkeypatch)
        with pytest.raises(TransientError, match=r"locked\. The disk of .* is full\. Make room on it\.$"):
            opened.control.rest("now")
        other.close()


def test_who_asks_for_something_that_cannot_be_noted_is_told_so(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        _fill(monkeypatch)
        with pytest.raises(TransientError) as raised:
            Ledger.request(ledger, Request.CONFIRM)
    assert "goes on by itself" not in str(raised.value)
    assert str(raised.value).endswith(
        "is full. Make room on it. What you asked for was not noted: ask for it again then."
    )


def test_every_other_trouble_is_told_as_sqlite_tells_it(ledger: Path) -> None:
    assert access.what_is_wrong(sqlite3.OperationalError("it is odd"), ledger).endswith("used: it is odd")


def test_whoever_reads_in_the_process_of_the_daemon_leaves_it_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    log = path.with_name(f"{path.name}-wal")
    with Ledger.open(path) as ledger:
        with Records.read_only(path) as records:
            assert records.folders() == []
        before = log.stat().st_ino
        subprocess.run([sys.executable, "-c", _WRITES, path], check=True)
        assert log.stat().st_ino == before
        ledger.control.rest("it is dark")
        with Records.read_only(path) as records:
            assert records.resting() == (5, "it is dark")
