"""Who may not use a ledger is told who may; and where it cannot lie, where it can."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpend.errors import FatalError
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
def test_a_file_system_without_shared_memory_is_told_with_what_to_do(name: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name
    said = access.what_is_wrong(error, Path("/nas/ledger.sqlite"))
    assert "disk I/O error" in said
    assert "Keep the ledger on a local disk" in said


def test_every_other_trouble_is_told_as_sqlite_tells_it() -> None:
    assert access.what_is_wrong(sqlite3.OperationalError("disk is full"), Path("/l")).endswith("used: disk is full")


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
