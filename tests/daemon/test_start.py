"""A start waits for a ledger that cannot be used at the moment, and not for ever."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon.start import opened_ledger
from gpend.dispatch import Now
from gpend.errors import TransientError
from gpend.ledger import Ledger, State
from tests.fakes import FakeClock


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program has the ledger to itself."""
    Ledger.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


@dataclass
class EndingClock:
    """Ends the other program when it has been waited for three times."""

    other: sqlite3.Connection
    clock: FakeClock = field(default_factory=FakeClock)
    waits: list[float] = field(default_factory=list)

    def now(self) -> Now:
        """As in Clock."""
        return self.clock.now()

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        self.waits.append(seconds)
        self.clock.wait(wake, seconds)
        if sum(self.waits) == 14:
            self.other.close()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)


def test_a_ledger_that_another_program_holds_is_waited_for_longer_each_time(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with held(path) as other, capture_logs() as logged:
        clock = EndingClock(other)
        with opened_ledger(path, clock) as ledger:
            assert ledger.counts()[State.WAITING] == 0
    assert sum(clock.waits) == 2 + 4 + 8
    assert [line["event"] for line in logged] == ["ledger_paused", "ledger_resumed"]


def test_a_ledger_that_stays_held_ends_the_start_within_what_systemd_gives_it(tmp_path: Path) -> None:
    path, clock = tmp_path / "ledger.sqlite", FakeClock()
    began = clock.now().steady
    with held(path), pytest.raises(TransientError, match="locked"):
        opened_ledger(path, clock)
    assert 200 <= clock.now().steady - began <= 240
    Ledger.open(path).close()
