"""One configuration at work: lookouts and dispatcher, a turn at a time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog

from gpend.daemon.asking import Asking
from gpend.daemon.chores import Chores
from gpend.daemon.clock import Clock
from gpend.daemon.hearing import Hearing, Watching
from gpend.daemon.lookout import Lookout
from gpend.daemon.lookouts import Lookouts
from gpend.dispatch import Dispatcher, FolderPair, Listener, Now, Runtime
from gpend.errors import PhotoError
from gpend.intake.source import Source, source_of
from gpend.ledger import FolderRow, Ledger
from gpend.mirror import Mirror, output_root
from gpend.settings import Keep, Settings

log = structlog.get_logger()

_IDLE = 1.0  # seconds between two looks at what there is to do; a signal is noticed so soon
_CHECK = 5.0  # seconds between two looks at whether the watcher is well
_DEATHS = 10  # kills from outside that weigh as much as one crash
_MIB = 1 << 20
_STALLED = 4  # times the engine's own patience: then the engine's supervision itself has failed


class Shift:
    """Works with one configuration from `begin` to `end`; for one thread."""

    def __init__(self, runtime: Runtime, ledger: Ledger, clock: Clock, listener: Listener) -> None:
        self.wake = threading.Event()
        self._settings = runtime.settings
        self._runtime = runtime
        self._ledger = ledger
        self._clock = clock
        self._pairs = _pairs(runtime.settings, ledger, clock.now().utc)
        self._dispatcher = Dispatcher(runtime, ledger, self._pairs, self.wake.set, listener)
        self.lookouts = Lookouts(
            [Lookout(pair, self._dispatcher, ledger, self._settings, clock) for pair in self._pairs],
        )
        self._hearing = Hearing(self.lookouts)
        self._asking = Asking(ledger, self.lookouts)
        self._check_at = 0.0
        self._sweeps = _sweeps(self._pairs)
        self._chores = Chores(ledger, self._pairs, self._settings.trash_days, clock.now())

    def begin(self, watching: Watching | None, *, crashed: bool) -> None:
        """Put in order what the last gpend left behind, which may have crashed, and begin to watch."""
        now = self._clock.now()
        self._tidy_ledger(now, crashed=crashed)
        sources = [pair.source for pair in self._pairs]
        watcher = None if watching is None else watching(sources, self.wake, self._settings)
        if watcher is not None:
            self._hearing.begin(watcher, now)

    def turn(self) -> bool:
        """Do a little of everything there is to do; False if there is nothing to do at the moment."""
        now = self._clock.now()
        self.wake.clear()
        self._hearing.listen(now)
        self._check(now)
        looked = self.lookouts.step(now)
        ended = self._dispatcher.collect(now)
        fed = self._dispatcher.feed(now)
        for row in self._dispatcher.take_changed():
            self.lookouts.look(row.path, now)
        swept = next(self._sweeps, None) is not None
        tidied = self._chores.step(now)
        return looked or ended > 0 or fed or swept or tidied

    def recover(self) -> None:
        """The ledger could not be written: begin anew what was half done. Raises TransientError if it still cannot."""
        now = self._clock.now()
        attended = {submission.job.row.id for submission in self._dispatcher.in_flight}
        with self._ledger.together():
            self._ledger.upkeep.unattended(attended, now.utc)
        self.lookouts.look_at_everything(now)

    def rest(self) -> None:
        """Wait until there may be something to do."""
        now = self._clock.now()
        change = self._dispatcher.health.next_change()
        soonest = min(self.lookouts.next_step(), now.steady + _IDLE)
        if change is not None and change > now.steady:
            soonest = min(soonest, change)
        self._clock.wait(self.wake, max(soonest - now.steady, 0.01))

    def end(self) -> None:
        """Stop watching; end what is finished, and roll back what is not."""
        self._hearing.end()
        self._dispatcher.stop(self._clock.now())

    def is_idle(self) -> bool:
        """Is nothing being processed, and nothing left that could be now?"""
        now = self._clock.now()
        dispatcher = self._dispatcher
        return len(dispatcher.in_flight) == 0 and not any(
            self._ledger.queue.due(pair.id, now.utc, 1)
            for pair in self._pairs
            if not dispatcher.health.is_paused(pair, now)
        )

    def is_well(self) -> bool:
        """Does everything make progress, or have nothing to do? The systemd watchdog is fed only then."""
        now = self._clock.now()
        stalled = self._dispatcher.in_flight.longest(now.steady) >= _STALLED * self._settings.stall_seconds
        return self._hearing.is_well(now) and not stalled

    def _check(self, now: Now) -> None:
        """What is looked at now and then only: dates that have come, what people ask for, and the watcher."""
        if now.steady >= self._check_at:
            self._check_at = now.steady + _CHECK
            self._ledger.upkeep.wake(now.utc)
            self._asking.answer(now)
            self._hearing.check(now)

    def _tidy_ledger(self, now: Now, *, crashed: bool) -> None:
        upkeep, settings = self._ledger.upkeep, self._settings
        upkeep.interrupted(now.utc, crashed=crashed)
        upkeep.another_fingerprint(self._runtime.fingerprint, now.utc)
        if settings.keep is Keep.NONE:
            upkeep.forget_sidecars()
        else:
            upkeep.mirror_kept(now.utc)
        for row in upkeep.worn_out(settings.attempts, settings.attempts * _DEATHS):
            self._dispatcher.set_aside(row, _worn_out(row.attempts + row.deaths), now)
        for pair in self._pairs:
            self._ledger.sources.resume(pair.id)


def _pairs(settings: Settings, ledger: Ledger, now: int) -> list[FolderPair]:
    rows = ledger.sources.configure([(folder.source, folder.output) for folder in settings.folders], now)
    return [
        _pair(row, source_of(folder, settings), settings, ledger)
        for row, folder in zip(rows, settings.folders, strict=True)
    ]


def _pair(row: FolderRow, source: Source, settings: Settings, ledger: Ledger) -> FolderPair:
    mirror = Mirror(row.source, row.output, _noting(row.output))
    identity = row.output_identity
    if identity is None:
        identity = output_root.claim(mirror.output)
        ledger.sources.claim(row.id, identity)
    return FolderPair(row.id, source, mirror, settings.minimum_free_mb * _MIB, identity)


def _noting(output: Path) -> Callable[[str], None]:
    return lambda what: log.warning("metadata_not_carried_over", output=output, what=what)


def _sweeps(pairs: Sequence[FolderPair]) -> Iterator[int]:
    for pair in pairs:
        for removed in output_root.sweep(pair.mirror.output):
            if removed:
                log.info("leftovers_removed", output=pair.mirror.output, files=removed)
            yield removed


def _worn_out(times: int) -> PhotoError:
    return PhotoError(
        f"gpend ended {times} times while it was processing this photo, so it was set aside. It is tried again when "
        "it, gpend, the network or the settings change, or with `gpend retry`.",
    )
