"""A daemon at home: its real parts on a real disk, with a fake engine, a fake watcher, and time that is made."""

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gpend.core.report import Outcome
from gpend.daemon import Tally
from gpend.daemon.rounds import Unwatched
from gpend.daemon.shift import Shift
from gpend.dispatch import Runtime
from gpend.errors import TransientError
from gpend.intake.source import Source
from gpend.intake.watch import WatcherHealth
from gpend.intake.watch.notices import Notice
from gpend.intake.watch.watches import Hint
from gpend.ledger import Fingerprint, Ledger, Row, State
from gpend.settings import FolderSettings, OnDelete, Settings
from tests.fakes import FakeClock, FakeEngine
from tests.machine import pictures
from tests.machine.power import Power, PowerCutError

_FINGERPRINT = Fingerprint("fake", "d1", "0.1.0")
_TURNS = 20_000  # in which nothing must be left to do; they are seconds, unless it is busy


class FakeWatcher(Unwatched):
    """Hands over the hints that it was given."""

    def __init__(self) -> None:
        self.gathered: list[Hint] = []

    def start(self, now: float) -> list[Notice]:
        """As in Watcher."""
        del now
        return []

    check = start

    def hints(self) -> list[Hint]:
        """As in Watcher."""
        gathered, self.gathered = self.gathered, []
        return gathered

    def health(self, now: float) -> WatcherHealth:
        """As in Watcher."""
        del now
        return WatcherHealth(alive=True)

    def stop(self) -> None:
        """As in Watcher."""


class House:
    """Folders, ledger, engine and clock, and a daemon in it that can be ended in every way."""

    def __init__(self, root: Path, brake_photos: int = 50, on_delete: OnDelete = OnDelete.TRASH) -> None:
        self.source = root / "photos"
        self.output = root / "restored"
        self.source.mkdir()
        self.output.mkdir()
        self.settings = Settings.model_validate(
            {
                "folders": (FolderSettings(source=self.source, output=self.output),),
                "ledger": root / "ledger.sqlite",
                "settle_seconds": 3.0,
                "incomplete_minutes": 2.0,
                "minimum_free_mb": 0,
                "brake": {"photos": brake_photos},
                "on_delete": on_delete,
            },
        )
        self.clock = FakeClock()
        self.made: Counter[bytes] = Counter()  # how often the engine said what becomes of each photo
        self.moods = 0  # how often the engine still fails for reasons of the moment
        self.engine = FakeEngine(self._process)
        self.watcher = FakeWatcher()
        self.start()

    def start(self) -> list[Row]:
        """Open the ledger and begin; what the daemon before was working on when it ended."""
        self.ledger = Ledger.open(self.settings.ledger, self.clock.now().utc)
        assert self.ledger.notices == ()
        self.watcher = FakeWatcher()
        self.shift = Shift(Runtime(self.settings, self.engine, _FINGERPRINT), self.ledger, self.clock, Tally())
        interrupted = [row for row in self.rows() if row.state is State.WORKING]
        self.shift.begin(self._watching, crashed=False)
        return interrupted

    def restart(self) -> None:
        """End in order, and begin again."""
        self.shift.end()
        assert not self.working()
        self._leave()
        self.start()

    def kill(self, steps: int) -> list[Row]:
        """End without any order, after so many steps if there are so many to do now; begin again: as `start`."""
        power = Power(steps)
        with suppress(PowerCutError), power.supplying():
            for _ in range(20):
                self.shift.turn()
        self._leave()
        return self.start()

    def close(self) -> None:
        """Leave the house for good."""
        self._leave()

    def turn(self, times: int) -> None:
        """Let it work for a while in which no time passes."""
        for _ in range(times):
            self.shift.turn()

    def live(self, seconds: float) -> None:
        """Let time pass."""
        until = self.clock.now().steady + seconds
        while self.clock.now().steady < until:
            if not self.shift.turn():
                self.shift.rest()

    def come_to_rest(self) -> None:
        """Let time pass until there is nothing left to do."""
        for _ in range(_TURNS):
            if not self.shift.turn() and self._is_at_rest():
                return
            self.shift.rest()
        raise AssertionError([row for row in self.rows() if row.state is State.WAITING])

    def hint(self, path: Path | None = None, *, is_directory: bool = False, is_whole: bool = False) -> None:
        """Something may have happened there."""
        self.watcher.gathered.append(Hint(self.source, path, is_directory, is_whole))

    def retry(self, photo: Path) -> None:
        """What the daemon does with a person's request for another try."""
        row = self.ledger.photo(photo)
        if row is not None:
            self.ledger.requests.retry(row.id, self.clock.now().utc)

    def rows(self) -> list[Row]:
        """All that the ledger knows of photos that are not gone."""
        folder = self.ledger.folders()[0].id
        ids = [each.id for each in self.ledger.absences.expected(folder)]
        return [row for row in map(self.ledger.photos.row, ids) if row is not None]

    def working(self) -> set[Path]:
        """Which photos the engine is working on, by the ledger."""
        return {row.relative for row in self.rows() if row.state is State.WORKING}

    def _watching(self, sources: Sequence[Source], wake: threading.Event, settings: Settings) -> FakeWatcher:
        del sources, wake, settings
        return self.watcher

    def _leave(self) -> None:
        del self.shift
        self.ledger.close()
        self.engine.running.clear()

    def _is_at_rest(self) -> bool:
        lookouts = self.shift.lookouts
        if not lookouts.have_scanned or lookouts.unsettled:
            return False
        return self.shift.is_idle() and not self.ledger.backlog()

    def _process(self, photo: bytes) -> Outcome:
        if self.moods > 0:
            self.moods -= 1
            raise TransientError("not now")
        outcome = pictures.processed(photo)
        self.made[photo] += 1
        return outcome


def open_descriptors() -> int:
    """How many files this process holds open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
