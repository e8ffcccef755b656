"""A start waits for a ledger that cannot be used at the moment, and not for ever."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend import wiring
from gpend.daemon.start import away, opened_ledger
from gpend.dispatch import Now
from gpend.errors import TransientError
from gpend.ledger import Ledger, State
from gpend.mirror import output_root
from tests.fakes import FakeClock
from tests.world import World


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
    assert 120 <= clock.now().steady - began <= 150
    Ledger.open(path).close()


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Where disks are mounted: one at `state`."""
    points = {tmp_path / "state", Path("/")}
    monkeypatch.setattr("os.path.ismount", lambda place: Path(place) in points)
    return points


@pytest.fixture
def away_disk(tmp_path: Path, mounted: set[Path]) -> World:
    """A photo was restored and somebody deleted that; and the disk with the ledger is not mounted any more."""
    world = World(tmp_path / "world", knobs={"ledger": tmp_path / "state/gpend/ledger.sqlite"})
    world.put("a.jpg")
    world.once()
    if not output_root.is_marked(world.output):
        pytest.skip("this file system has no extended attributes")
    (world.output / "a.jpg").unlink()
    (tmp_path / "state").rename(tmp_path / "disk")
    (tmp_path / "state").mkdir()
    mounted.discard(tmp_path / "state")
    return world


def test_a_start_begins_no_new_ledger_where_the_disk_with_the_one_before_is_not_mounted(
    tmp_path: Path, away_disk: World, mounted: set[Path]
) -> None:
    path, outputs = away_disk.settings.ledger, [away_disk.root, away_disk.output]
    told = f"is mounted at {tmp_path / 'state'}"
    with pytest.raises(TransientError, match=told):
        opened_ledger(path, FakeClock(), outputs)
    assert list((tmp_path / "state").iterdir()) == []
    assert any(told in problem for problem in wiring.problems(away_disk.settings))
    with pytest.raises(TransientError, match=told):
        wiring.once(away_disk.settings, lambda _: None)
    (tmp_path / "state").rmdir()
    (tmp_path / "disk").rename(tmp_path / "state")
    mounted.add(tmp_path / "state")
    with opened_ledger(path, FakeClock(), outputs) as ledger:
        assert ledger.counts()[State.RESTORED] == 1
    away_disk.once()
    assert away_disk.outputs() == {}  # a new ledger would have it made again


@pytest.mark.parametrize("how", ["told", "named", "unmarked"])
def test_a_new_ledger_is_begun_where_a_person_wants_it(tmp_path: Path, away_disk: World, how: str) -> None:
    path, outputs = away_disk.settings.ledger, [away_disk.output]
    match how:
        case "told":
            path.parent.mkdir()
            path.touch()
        case "named":
            path = tmp_path / "other/ledger.sqlite"
        case _:
            outputs = [away_disk.root]
    with capture_logs() as logged, opened_ledger(path, FakeClock(), outputs) as ledger:
        assert ledger.counts()[State.RESTORED] == 0
    assert [line["event"] for line in logged] == (["ledger_new"] if how == "named" else [])


def test_a_ledger_on_the_disk_of_the_system_may_be_begun_anew(tmp_path: Path, mounted: set[Path]) -> None:
    mounted.discard(tmp_path / "state")
    world = World(tmp_path)
    world.once()
    world.settings.ledger.unlink()
    assert away(world.settings.ledger, [world.output]) == ""
