"""Trouble that is nobody's fault: which pairs, and whether the engine, are paused. One log line per change."""

from typing import Protocol

import structlog

from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair, output_trouble, source_trouble
from gpend.dispatch.pause import Pause
from gpend.ledger import Ledger, Result, Row

log = structlog.get_logger()


class Listener(Protocol):
    """Is told what happens, after it is on record."""

    def finished(self, row: Row, result: Result) -> None:
        """The processing of a photo has ended."""
        ...

    def paused(self, pair: Pair, reason: str) -> None:
        """Nothing of a pair is processed until the reason is gone."""
        ...


class Nobody:
    """A Listener that does nothing."""

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""

    def paused(self, pair: Pair, reason: str) -> None:
        """As in Listener."""


class Weather:
    """Keeps what does not work at the moment from being tried, and notices when it works again."""

    def __init__(self, ledger: Ledger, listener: Listener) -> None:
        self._ledger = ledger
        self.listener = listener
        self._engine = Pause()

    def allows(self, pair: Pair, now: Moment, *, busy: bool) -> bool:
        """May a photo of this pair be taken now? `busy`: one already is. After trouble, one at a time."""
        if self._engine.holds(now.steady) or pair.pause.holds(now.steady):
            return False
        if busy and (self._engine.on_probation or pair.pause.on_probation):
            return False
        trouble = pair.trouble()
        if trouble:
            self.pair_fails(pair, trouble, now)
        return not trouble

    def source_fails(self, pair: Pair, error: OSError, now: Moment) -> None:
        """Something could not be read: the pair is paused."""
        self.pair_fails(pair, source_trouble(pair.root, error), now)

    def output_fails(self, pair: Pair, error: OSError, now: Moment) -> None:
        """Something could not be done in an output tree: the pair is paused."""
        self.pair_fails(pair, output_trouble(pair.mirror.output, error), now)

    def pair_works(self, pair: Pair, now: Moment) -> None:
        """A photo of a pair was read, and written where there was something to write."""
        if pair.pause.succeed(now.steady):
            self._ledger.sources.resume(pair.id)
            log.info("folder_resumed", source=pair.root)

    def engine_fails(self, reason: str, now: Moment) -> None:
        """The engine cannot work at the moment."""
        if self._engine.fail(reason, now.steady):
            log.warning("engine_paused", reason=reason)

    def engine_works(self, now: Moment) -> None:
        """The engine has done a photo."""
        if self._engine.succeed(now.steady):
            log.info("engine_resumed")

    def next_change(self, pairs: list[Pair]) -> float | None:
        """When a pause ends next, in monotonic seconds; None while there is none."""
        pauses = [self._engine, *(pair.pause for pair in pairs)]
        return min((pause.until for pause in pauses if pause.on_probation), default=None)

    def pair_fails(self, pair: Pair, reason: str, now: Moment) -> None:
        """Something about a pair's folders does not work: the pair is paused."""
        if pair.pause.fail(reason, now.steady):
            self._ledger.sources.pause(pair.id, reason, now.utc)
            log.warning("folder_paused", source=pair.root, reason=reason)
            self.listener.paused(pair, reason)
