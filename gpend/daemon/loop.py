"""The daemon's loop: one turn after the other with one configuration, and its retry while the ledger is busy."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

import structlog

from gpend import progress
from gpend.daemon.clock import Clock
from gpend.daemon.discovery import FolderDiscovery
from gpend.daemon.maintenance import Maintenance, prepare_ledger, sweep
from gpend.daemon.pairs import folder_pairs, tell_of_copies
from gpend.daemon.requests import RequestHandler
from gpend.daemon.rest import Rest
from gpend.daemon.scans import Watched
from gpend.dispatch import Dispatcher, FolderPair, Listener, Now, Runtime
from gpend.dispatch.health import CircuitBreaker
from gpend.engine import Warming
from gpend.errors import TransientError
from gpend.intake.source import Source
from gpend.intake.watch import Hint, Notice, WatchSupervisor
from gpend.ledger import Ledger, State
from gpend.notify import Notifier
from gpend.progress import Progress
from gpend.settings import Settings

log = structlog.get_logger()

_IDLE = 1.25  # seconds between two looks at what there is to do: with the other threads, one wake-up a second
_CHECK = 5.0  # seconds between two looks at whether the watcher is well
_BEAT = 2.0  # seconds between two words to systemd, at most
_TELL = 60.0  # seconds between two lines in the log about a backlog
_HICCUP = 60.0  # seconds that the ledger may fail for without people being told, as while another program reads it
_STALLED = 4  # times the engine's own patience: then the engine's supervision itself has failed


class Watcher(Watched, Protocol):
    """What is asked of the watcher of the sources."""

    def start(self, now: float) -> list[Notice]:
        """Begin; the news."""
        ...

    def check(self, now: float) -> list[Notice]:
        """Mend what does not work; the news."""
        ...

    def hints(self) -> list[Hint]:
        """All hints since the last time."""
        ...

    def is_well(self, now: float) -> bool:
        """Does it do its work, or has it handed it over to frequent scans?"""
        ...

    def stop(self) -> None:
        """End."""
        ...


Watching = Callable[[Sequence[Source], threading.Event, Settings], Watcher | None]
"""Makes the watcher of some sources, which sets the event when there are hints; None: there are no events."""


def watching(sources: Sequence[Source], wake: threading.Event, settings: Settings) -> Watcher:
    """The watcher of this machine's file systems."""
    canary = settings.ledger.with_name(".gpend-canary")
    return WatchSupervisor(sources, wake, poll_seconds=settings.poll_seconds, canary=canary)


class Loop:
    """Works with one configuration from `begin` to `end`; for one thread.

    While the ledger cannot be written no turn is taken: it is waited for, longer each time, and the loop goes on where
    it was when the ledger works again.
    """

    def __init__(
        self,
        runtime: Runtime,
        ledger: Ledger,
        clock: Clock,
        listener: Listener,
        notifier: Notifier | None = None,
    ) -> None:
        self.wake = threading.Event()
        self._runtime = runtime
        self._ledger = ledger
        self._clock = clock
        self._listener = listener
        self._notifier = notifier or Notifier()
        self.put_back: Callable[[], object] = _nothing  # called now and then: what is beside the ledger may be deleted
        self._patience = math.inf
        self._pairs = folder_pairs(runtime.settings, ledger, clock.now().utc)
        self._dispatcher = Dispatcher(runtime, ledger, self._pairs, self.wake.set, listener)
        self.discoveries = [
            FolderDiscovery(pair, self._dispatcher, ledger, runtime.settings, clock) for pair in self._pairs
        ]
        for discovery in self.discoveries:
            discovery.deletions.arriving = self._arriving
        self._watcher: Watcher | None = None
        self._requests = RequestHandler(ledger, self.discoveries, runtime.fingerprint)
        self._maintenance = Maintenance(ledger, self._pairs, runtime.settings.trash_days, clock.now())
        self._sweep = sweep(self._pairs)
        self._rest = Rest(ledger, runtime.settings.schedule)
        self._expected = False  # new photos, at the last look
        self._busy_ledger = CircuitBreaker()
        self._busy_since = 0.0  # when the ledger failed first
        self._has_told = False  # since then, people that the folders wait for it
        self._check_at = 0.0
        self._tell_at = clock.now().steady + _CHECK  # what is there at once needs no line
        self._told = ""  # the last such line
        self._beat_at = 0.0  # not before this moment of the monotonic clock; 0: systemd waits to hear that it is ready

    def begin(self, watching: Watching | None, *, crashed: bool, patience: float = math.inf) -> None:
        """Put in order what the last gpend left behind, which may have crashed, and begin to watch.

        `patience`: for how many seconds `step` waits for the ledger.
        """
        now, self._patience = self._clock.now(), patience
        self._rest.is_obeyed = watching is not None
        prepare_ledger(self._ledger, self._runtime, self._dispatcher, now, crashed=crashed)
        for pair in self._pairs:
            self._ledger.sources.resume(pair.id)
        self._notifier.trouble = ""  # a loop before this one may have been ended while it waited for the ledger
        if self._runtime.settings.keep.links:
            tell_of_copies(self._pairs)
        sources = [pair.source for pair in self._pairs]
        self._watcher = None if watching is None else watching(sources, self.wake, self._runtime.settings)
        if self._watcher is not None:
            for discovery in self.discoveries:
                discovery.scans.watch = self._watcher
            _tell(self._watcher.start(now.steady))

    def step(self) -> bool:
        """One turn, unless the ledger must be waited for; False if there is nothing to do now, or nothing can be done.

        Raises TransientError where the ledger still fails when the patience is over.
        """
        now = self._clock.now().steady
        if self._busy_ledger.is_open(now):
            self._beat()
            return False
        try:
            if not self._busy_ledger.is_closed:
                self._keep_ledger()  # before anything is noted in one that was deleted
                self.recover()
            busy = self.turn()
            self._beat()
        except TransientError as error:
            self._wait_for_ledger(error, now)
            return False
        if self._busy_ledger.succeed(now):
            self._notifier.trouble = ""
            log.info("ledger_resumed")
        return busy

    def turn(self) -> bool:
        """Do a little of everything there is to do; False if there is nothing to do at the moment."""
        now = self._clock.now()
        self.wake.clear()
        self._follow_hints(now)
        self._check(now)
        looked = [discovery.step(now) for discovery in self.discoveries]
        self._warm_up(now)
        ended = self._dispatcher.collect(now)
        fed = not self._rest.is_on(now) and self._dispatcher.feed(now)
        for row in self._dispatcher.take_changed():
            self._look(row.path, now)
        swept = next(self._sweep, None) is not None
        maintained = self._maintenance.step(now)
        return any(looked) or ended > 0 or fed or swept or maintained

    def _warm_up(self, now: Now) -> None:
        """Have the engine get ready while new photos settle: the one takes about as long as the other."""
        expects = any(discovery.expects_photos for discovery in self.discoveries)
        engine = self._runtime.engine
        if expects and not self._expected and isinstance(engine, Warming) and not self._rest.is_on(now):
            engine.warm()
        self._expected = expects

    def recover(self) -> None:
        """The ledger could not be written: begin anew what was half done. Raises TransientError if it still cannot."""
        now = self._clock.now()
        attended = {submission.job.row.id for submission in self._dispatcher.in_flight}
        with self._ledger.together():
            self._ledger.upkeep.unattended(attended, now.utc)
        for discovery in self.discoveries:
            discovery.scans.want_all(now)

    def rest(self) -> None:
        """Wait until there may be something to do."""
        now = self._clock.now()
        change = self._dispatcher.health.next_change()
        soonest = min(now.steady + _IDLE, *(discovery.next_step() for discovery in self.discoveries))
        if change is not None and change > now.steady:
            soonest = min(soonest, change)
        if self.is_hindered:
            soonest = now.steady + _IDLE  # what is due cannot be begun
        self._clock.wait(self.wake, max(soonest - now.steady, 0.01))

    def put_in_order(self) -> Iterator[int]:
        """What one pass does at its end of the daily work; how many files were deleted from the trash so far."""
        for _ in self._maintenance.of_pass(self._clock.now()):
            yield self._maintenance.emptied

    def announce_reload(self) -> None:
        """The configuration is read again: systemd waits to hear that gpend is ready again."""
        self._beat_at = 0.0
        self._notifier.reloading()

    def end(self) -> None:
        """Stop watching; end what is finished, and roll back what is not. Raises FatalError as `step` does."""
        if self._watcher is not None:
            self._watcher.stop()
        try:
            self._keep_ledger()
        finally:
            self._end_work()

    def _end_work(self) -> None:
        self._dispatcher.stop(self._clock.now())
        self._note_settling()  # what is left for the next gpend is told until then
        for pair in self._pairs:
            self._ledger.sources.note_watching(pair.id, None)
        self._ledger.control.rest(None)

    @property
    def is_hindered(self) -> bool:
        """Has the ledger failed, and not worked since?"""
        return not self._busy_ledger.is_closed

    @property
    def has_scanned(self) -> bool:
        """Has every source been looked at, with nothing left that a scan has yet to see?"""
        return all(discovery.has_scanned for discovery in self.discoveries)

    @property
    def unsettled(self) -> int:
        """Files that may still be being written."""
        return sum(discovery.unsettled for discovery in self.discoveries)

    def is_idle(self) -> bool:
        """Is nothing being processed, and nothing left that could be now?"""
        now, dispatcher = self._clock.now(), self._dispatcher
        return dispatcher.is_idle and not any(
            self._ledger.photos.due(pair.id, now.utc, 1, companions=companions)
            for pair in self._pairs
            for companions in (False, True)
            if not dispatcher.health.is_paused(pair, now)
        )

    def is_well(self) -> bool:
        """Does everything make progress, or have nothing to do? The systemd watchdog is fed only then."""
        now = self._clock.now().steady
        stalled = self._dispatcher.in_flight.longest(now) >= _STALLED * self._runtime.settings.stall_seconds
        return not stalled and (self._watcher is None or self._watcher.is_well(now))

    def _arriving(self) -> Iterator[int]:
        return chain.from_iterable(discovery.arriving() for discovery in self.discoveries)

    def _follow_hints(self, now: Now) -> None:
        for hint in [] if self._watcher is None else self._watcher.hints():
            for discovery in self.discoveries:
                if discovery.pair.root == hint.root:
                    discovery.follow(hint, now)

    def _look(self, path: Path, now: Now) -> None:
        """Look at one path, in each source that it lies in."""
        for discovery in self.discoveries:
            if path.is_relative_to(discovery.pair.root):
                discovery.look(path, now)

    def _check(self, now: Now) -> None:
        """What is looked at now and then only: dates that have come, what people ask for, and the watcher."""
        if now.steady < self._check_at:
            return
        self._keep_ledger()  # what could not be put back is tried again before anything else
        self._check_at = now.steady + _CHECK
        self._ledger.upkeep.wake(now.utc)
        self._requests.answer(now)
        self._rest.look(now, self._trouble())
        if self._watcher is not None:
            _tell(self._watcher.check(now.steady))
        self._tell_progress(now)

    def _keep_ledger(self) -> None:
        """Put back what somebody deleted of the ledger, or beside it. Raises FatalError where that cannot be."""
        told = self._ledger.put_back()
        if told:
            log.warning("ledger_put_back", reason=told)
        self.put_back()

    def _how_watched(self, pair: FolderPair) -> str | None:
        """How news of a folder come."""
        if self._watcher is None:
            return None
        return "events" if self._watcher.poll_seconds(pair.root) is None else "polling"

    def _wait_for_ledger(self, error: TransientError, now: float) -> None:
        if self._busy_ledger.fail(str(error), now):
            self._busy_since, self._has_told = now, False
            log.warning("ledger_paused", reason=f"{error} gpend waits, and goes on by itself.")
        self._notifier.trouble = str(error)
        waited = now - self._busy_since
        if waited >= self._patience:
            raise TransientError(f"{error} It was waited for in vain, for {waited:.0f} seconds.") from error
        if waited >= _HICCUP and not self._has_told:
            self._has_told = True
            for pair in self._pairs:
                self._listener.paused(pair, f"{error} gpend waits, and goes on by itself.")

    def _beat(self) -> None:
        """Tell systemd how it goes, if it is time, and that gpend lives, if all is well."""
        now = self._clock.now().steady
        if now < self._beat_at or not all(discovery.has_begun for discovery in self.discoveries):
            return
        if self._beat_at == 0.0:
            self._notifier.ready()
        self._beat_at = now + min(_BEAT, (self._notifier.watchdog_seconds or 2 * _BEAT) / 2)
        if self.is_well():
            self._notifier.watchdog()
        self._notifier.status(self._busy_ledger.reason or self._rest.reason or self._trouble() or self._how_far())

    def _trouble(self) -> str:
        """Why no photo can be restored; "" if nothing is known to speak against it, or none waits to try it again."""
        trouble = self._dispatcher.health.trouble_of_engine
        return trouble if trouble and self._ledger.backlog() else ""

    def _how_far(self) -> str:
        set_aside = self._ledger.counts()[State.FAILED]
        return f"{self._progress()}, {set_aside:,} set aside"

    def _progress(self) -> Progress:
        return progress.of_ledger(self._ledger, self._clock.now().utc, self.unsettled)

    def _note_settling(self) -> None:
        """Put on record, for `status`, how many files are not whole yet."""
        for discovery in self.discoveries:
            self._ledger.sources.note_settling(discovery.pair.id, discovery.unsettled)

    def _tell_progress(self, now: Now) -> None:
        """A line in the log while there is a backlog, and what `status` wants to know of it in the ledger."""
        self._note_settling()
        for discovery in self.discoveries:
            self._ledger.sources.note_watching(discovery.pair.id, self._how_watched(discovery.pair))
        if now.steady < self._tell_at:
            return
        self._tell_at = now.steady + _TELL
        far = self._progress()
        if far.left and (str(far) != self._told or not self._dispatcher.is_idle):  # while all waits, for hours, once
            self._told = str(far)
            log.info("progress", how_far=str(far), found=far.found, done=far.done, restored=far.restored)


def _nothing() -> None:
    """There is nothing beside the ledger."""


def _tell(notices: list[Notice]) -> None:
    for notice in notices:
        log.warning(notice.event, source=notice.root, reason=notice.message)
