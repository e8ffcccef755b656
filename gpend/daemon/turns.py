"""The turns of a shift, one after the other; while the ledger cannot be written, none is taken."""

import math

import structlog

from gpend.daemon.clock import Clock
from gpend.daemon.heartbeat import Heartbeat
from gpend.daemon.shift import Shift
from gpend.dispatch.health import CircuitBreaker
from gpend.errors import TransientError

log = structlog.get_logger()


class Turns:
    """Waits for the ledger, longer each time, and goes on where it was when the ledger works again."""

    def __init__(self, clock: Clock, heartbeat: Heartbeat, patience: float = math.inf) -> None:
        """`patience`: for how many seconds the ledger is waited for."""
        self._clock = clock
        self._heartbeat = heartbeat
        self._patience = patience
        self._trouble = CircuitBreaker()  # of the ledger
        self._since = 0.0  # when the trouble began

    @property
    def are_hindered(self) -> bool:
        """Has the ledger failed, and not worked since?"""
        return not self._trouble.is_closed

    def take(self, shift: Shift) -> bool:
        """One turn; False if there is nothing to do at the moment, or nothing can be done.

        Raises TransientError where the ledger still fails when the patience is over.
        """
        now = self._clock.now().steady
        if self._trouble.is_open(now):
            self._heartbeat.beat(shift, self._trouble.reason)
            return False
        try:
            if not self._trouble.is_closed:
                shift.recover()
            busy = shift.turn()
            self._heartbeat.beat(shift, self._trouble.reason)
        except TransientError as error:
            if self._trouble.fail(str(error), now):
                self._since = now
                log.warning("ledger_paused", reason=str(error))
            if now - self._since >= self._patience:
                waited = f"It was waited for in vain, for {now - self._since:.0f} seconds."
                raise TransientError(f"{error} {waited}") from error
            return False
        if self._trouble.succeed(now):
            log.info("ledger_resumed")
        return busy
