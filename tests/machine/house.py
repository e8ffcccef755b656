"""A daemon at home: its real parts on a real disk, with a fake engine, a fake watcher, and time that is made."""

import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gpend.core.report import Outcome
from gpend.errors import TransientError
from gpend.intake.source import Source
from gpend.intake.watch.watches import Hint
from gpend.ledger import Ledger, Row, State
from gpend.settings import Keep, OnDelete, Settings
from tests.fakes import FakeEngine, FakeWatcher
from tests.machine import pictures
from tests.machine.power import Power, PowerCutError
from tests.world import World

_TURNS = 20_000  # in which nothing must be left to do; they are seconds, unless it is busy


_MEMORY = Path("/dev/shm")  # noqa: S108  # faster than a disk; a folder of our own is made in it
_OLD = 3600.0  # seconds after which a folder whose process is gone is nobody's


def folder_in_memory() -> Path:
    """A new folder, in memory where that can be had. What test runs that were killed have left there goes first."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in memory.glob("gpend-test-*-*"):
        process = left.name.split("-")[2]
        with suppress(OSError):  # another run was quicker
            if not Path("/proc", process).exists() and time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left)
    return Path(tempfile.mkdtemp(dir=memory, prefix=f"gpend-test-{os.getpid()}-"))


class House(World):
    """A world whose daemon can be ended in every way."""

    def __init__(
        self, root: Path, brake_photos: int = 50, on_delete: OnDelete = OnDelete.TRASH, keep: Keep = Keep.NONE
    ) -> None:
        self.made: Counter[bytes] = Counter()  # how often the engine said what becomes of each photo
        self.moods = 0  # how often the engine still fails for reasons of the moment
        knobs = {
            "settle_seconds": 3.0,
            "incomplete_minutes": 2.0,
            "minimum_free_mb": 0,
            "brake": {"photos": brake_photos},
            "on_delete": on_delete,
            "keep": keep,
        }
        super().__init__(root, FakeEngine(self._process), knobs=knobs)
        self.start()

    def start(self) -> list[Row]:
        """Open the ledger and begin; what the daemon before was working on when it ended."""
        self.ledger = Ledger.open(self.settings.ledger, self.clock.now().utc)
        assert self.ledger.notices == ()
        self.watcher = FakeWatcher()
        self.running = self.loop(self.ledger)
        interrupted = [row for row in self.rows() if row.state is State.WORKING]
        self.running.begin(self._watching, crashed=False)
        return interrupted

    def restart(self) -> None:
        """End in order, and begin again."""
        self.running.end()
        assert not self.working()
        self._leave()
        self.start()

    def kill(self, steps: int) -> list[Row]:
        """End without any order, after so many steps if there are so many to do now; begin again: as `start`."""
        power = Power(steps)
        with suppress(PowerCutError), power.supplying():
            for _ in range(20):
                self.running.turn()
        self._leave()
        return self.start()

    def close(self) -> None:
        """Leave the house for good."""
        self._leave()

    def turn(self, times: int) -> None:
        """Let it work for a while in which no time passes."""
        for _ in range(times):
            self.running.turn()

    def live(self, seconds: float) -> None:
        """Let time pass."""
        until = self.clock.now().steady + seconds
        while self.clock.now().steady < until:
            if not self.running.turn():
                self.running.rest()

    def come_to_rest(self) -> None:
        """Let time pass until there is nothing left to do."""
        for _ in range(_TURNS):
            if not self.running.turn() and self._is_at_rest():
                return
            self.running.rest()
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
        del self.running
        self.ledger.close()
        self.engine.running.clear()

    def _is_at_rest(self) -> bool:
        if not self.running.has_scanned or self.running.unsettled:
            return False
        return self.running.is_idle() and not self.ledger.backlog()

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
