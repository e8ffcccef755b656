"""The daemon's life: a start that refuses what is unsafe, a loop, a reload, and an orderly end."""

import math
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gpend.daemon.checks import Pair, known_pairs, refuse
from gpend.daemon.clock import Clock, SystemClock
from gpend.daemon.crash import CrashDetector
from gpend.daemon.hooks import Hooks, Listeners
from gpend.daemon.loop import Loop, Watching, watching
from gpend.daemon.notifications import Notifications
from gpend.daemon.start import PATIENCE, waited_for
from gpend.daemon.tally import Tally
from gpend.daemon.untold import kept_beside
from gpend.dispatch import Listener, Runtime
from gpend.errors import ConfigurationError, TransientError
from gpend.ledger import Ledger, State
from gpend.notify import Notifier
from gpend.progress import Progress, rate_of
from gpend.settings import HookSettings, NotificationSettings

log = structlog.get_logger()

_PATIENCE = 5.0  # seconds that one pass waits, beyond two quiet times, for files that do not settle
_ORDER = 300.0  # seconds that one pass puts things in order at its end, at most; the next one does the rest
_LEDGER_PATIENCE = 60.0  # seconds that one pass waits for the ledger, at least; then it ends at the next failure


@dataclass(frozen=True)
class Environment:
    """What the daemon lives in; tests make another world of it."""

    clock: Clock = field(default_factory=SystemClock)
    watching: Watching | None = watching  # how to watch the sources; None: scans alone
    notifier: Notifier = field(default_factory=Notifier)
    crash_detector: CrashDetector | None = None  # tells crashes from kills; None: every end is taken for a kill
    listeners: tuple[Listener, ...] = ()  # who else is told what happens, for as long as the daemon lives
    tell: Callable[[str], object] = lambda _: None  # hears what one pass waits for when all photos are done
    reload: Callable[[], Runtime] | None = None  # reads the configuration again; may raise ConfigurationError
    beside: tuple[Callable[[], object], ...] = ()  # puts back what else is beside the ledger, if it is not there


class Daemon:
    """Runs until it is stopped, or for one pass. For one thread; `stop` and `hang_up` are safe in signal handlers."""

    def __init__(self, runtime: Runtime, ledger: Ledger, environment: Environment | None = None) -> None:
        """The caller opens and closes engine and ledger."""
        self.tally = Tally()
        self._runtime = runtime
        self._ledger = ledger
        self._environment = environment or Environment()
        self._is_stopping = False
        self._has_started = False
        self._is_hung_up = False
        self._crashed = False  # the gpend before this one
        ledger_file = runtime.settings.ledger
        self._hooks = Hooks(HookSettings(), kept_beside(ledger_file))
        self._messages = Notifications(NotificationSettings(), ledger_file)
        self._began = self._environment.clock.now().steady

    def stop(self) -> None:
        """End soon: within a second or two, whatever is left to do."""
        self._is_stopping = True

    def hang_up(self) -> None:
        """Read the configuration again soon."""
        self._is_hung_up = True

    def run(self) -> None:
        """Work until `stop`. Raises ConfigurationError at the start, FatalError, and TransientError.

        The last where it cannot begin, as the ledger cannot be written for minutes.
        """
        with self._examined(), self._telling(lambda: True, self._known()):
            try:
                while not self._is_stopping:
                    self._work()
                    self._has_started = True
            except TransientError:
                if not self._is_stopping:
                    raise
        log.info("daemon_stopped")

    def _work(self) -> None:
        """Work with one configuration until there is another one, or until `stop`."""
        fresh: Runtime | None = None
        with self._looping(self._environment.watching) as loop:
            if not self._has_started:  # a reload is no start
                log.info("daemon_started", folders=len(self._runtime.settings.folders))
            while fresh is None and not self._is_stopping:
                if not loop.step():
                    loop.rest()
                may_read = self._is_hung_up and not loop.is_hindered  # another loop could not begin without the ledger
                fresh = self._read_again(loop) if may_read else None
            if self._is_stopping:
                self._environment.notifier.stopping()
        if fresh is not None:
            if fresh.engine is not self._runtime.engine:
                self._runtime.engine.close()
            self._runtime = fresh
            self._apply()

    @contextmanager
    def _examined(self) -> Iterator[None]:
        """Find out how the last gpend ended, and leave traces should this one crash."""
        detector = self._environment.crash_detector
        if detector is None:
            yield
            return
        words = detector.last_crash()
        if words:
            log.warning("last_run_crashed", reason=words)
        self._crashed = bool(words)
        detector.begin()
        try:
            yield
        finally:
            detector.end()

    def once(self, progress: Callable[[Progress], None] | None = None) -> Tally:
        """One pass over every folder, until nothing is left that can be done now. Raises as `run` does.

        Raises TransientError where the ledger cannot be written for a minute or two.
        """
        try:
            with self._examined(), self._telling(self._is_to_stop), self._looping(None, _LEDGER_PATIENCE) as loop:
                self._pass(loop, progress or (lambda _: None))
                self._note_what_is_left(loop)
                self._put_in_order(loop)
        except TransientError as error:
            raise TransientError(f"{error} {_left(self._runtime.settings.ledger)}") from error
        return self.tally

    def _is_to_stop(self) -> bool:
        return self._is_stopping

    def _pass(self, loop: Loop, progress: Callable[[Progress], None]) -> None:
        patience = 2 * self._runtime.settings.settle_seconds + _PATIENCE
        quiet_since, before = self._environment.clock.now().steady, -1
        while not self._is_stopping:
            busy = loop.step()
            done, now = self.tally.done, self._environment.clock.now().steady
            if done != before or loop.is_hindered or not loop.has_scanned or not loop.is_idle():
                quiet_since, before = now, done
            elif not loop.unsettled or now - quiet_since > patience:
                break
            progress(self._progress(loop))
            if not busy:
                loop.rest()

    def _note_what_is_left(self, loop: Loop) -> None:
        self.tally.is_stopped = self._is_stopping
        if self._is_stopping:
            self.tally.waiting = self._ledger.backlog() + loop.unsettled
        else:
            self.tally.unsettled = loop.unsettled

    def _put_in_order(self, loop: Loop) -> None:
        """The daily work of the daemon: where nobody ever runs that, a trash would grow for ever."""
        until, work = self._environment.clock.now().steady + _ORDER, loop.put_in_order()
        try:
            while not self._is_stopping and self._environment.clock.now().steady < until:
                self.tally.emptied = next(work)
        except StopIteration:
            return
        except TransientError as error:
            log.warning("order_put_off", reason=str(error))  # all photos are done; the next pass does it

    @contextmanager
    def _telling(self, is_hurried: Callable[[], bool], known: Container[Pair] = ()) -> Iterator[None]:
        """Have programs and people told what happens, through all reloads; at the end for longer if nobody hurries."""
        refuse(self._runtime.settings, known)
        try:
            self._apply()
            yield
        finally:
            self._hooks.close(is_hurried, self._environment.tell)
            self._messages.close(is_hurried, self._environment.tell)

    def _known(self) -> set[Pair]:
        """The folders at work when gpend ran last: one that is away now, as a disk may be at a start, is waited for."""
        return known_pairs(self._ledger.folders())

    def _apply(self) -> None:
        """Tell those whom the settings name from now on."""
        self._hooks.apply(self._runtime.settings.hooks)
        self._messages.apply(self._runtime.settings.notifications)

    @contextmanager
    def _looping(self, watching: Watching | None, patience: float = math.inf) -> Iterator[Loop]:
        loop = waited_for(
            lambda: self._begun(watching, patience),
            self._environment.clock,
            min(patience, PATIENCE),
            self._is_to_stop,
        )
        try:
            yield loop
        finally:
            _end(loop)

    def _begun(self, watching: Watching | None, patience: float) -> Loop:
        """A loop that has begun. Raises TransientError where the ledger cannot be written, which then is told."""
        environment = self._environment
        listeners = Listeners((self.tally, self._hooks, self._messages, *environment.listeners))
        try:
            loop = Loop(self._runtime, self._ledger, environment.clock, listeners, environment.notifier)
            loop.put_back = self._put_back
            loop.begin(watching, crashed=self._crashed, patience=patience)
        except TransientError as error:
            environment.notifier.trouble = str(error)
            raise
        return loop

    def _put_back(self) -> None:
        """What belongs beside the ledger is there again where somebody deleted it."""
        if self._environment.crash_detector is not None:
            self._environment.crash_detector.put_back()
        for put_back in self._environment.beside:
            put_back()

    def _read_again(self, loop: Loop) -> Runtime | None:
        """The configuration as it is now; None: it is wrong, and the one before stays, or the ledger cannot be read."""
        try:
            known = self._known()
        except TransientError:
            return None  # the loop waits for the ledger, and then it is read
        self._is_hung_up = False
        loop.announce_reload()
        try:
            fresh = self._fresh(known)
        except ConfigurationError as error:
            log.warning("configuration_refused", reason=str(error))
            return None
        log.info("configuration_reloaded")
        return fresh

    def _fresh(self, known: Container[Pair]) -> Runtime:
        if self._environment.reload is None:
            return self._runtime
        fresh = self._environment.reload()
        refuse(fresh.settings, known)
        return fresh

    def _progress(self, loop: Loop) -> Progress:
        """How far this pass has come."""
        done = self.tally.done
        return Progress(
            settling=loop.unsettled,
            waiting=self._ledger.backlog(),
            done=done,
            restored=self.tally.states[State.RESTORED],
            rate=rate_of(done, self._environment.clock.now().steady - self._began),
            is_scanning=not loop.has_scanned,
            photo=self.tally.last,
        )


def _end(loop: Loop) -> None:
    try:
        loop.end()
    except TransientError as error:
        log.warning("ledger_left_as_it_is", reason=str(error))  # the next start finds what was being worked on


def _left(ledger: Path) -> str:
    return (
        "gpend ended. No photo was harmed, what was written stays, and the next run does what is left. Make room on "
        f"the disk of {ledger.parent}, or end the program that holds {ledger.name}."
    )
