"""A start waits for a ledger that cannot be used at the moment: another program holds it, or its disk is full."""

import threading
from pathlib import Path

import structlog

from gpend.backoff import Backoff
from gpend.daemon.clock import Clock
from gpend.errors import TransientError
from gpend.ledger import Ledger

log = structlog.get_logger()

_FIRST, _LONGEST = 2.0, 30.0  # seconds until it is tried again, doubling
_PATIENCE = 200.0  # seconds, of the five minutes that systemd gives a start; whoever started gpend does so again


def opened_ledger(path: Path, clock: Clock) -> Ledger:
    """The ledger of a daemon, waited for as long as it may be. Raises as Ledger.open does."""
    began, waiting, never = clock.now().steady, Backoff(_FIRST, _LONGEST), threading.Event()
    while True:
        try:
            return Ledger.open(path, clock.now().utc)
        except TransientError as error:
            now = clock.now().steady
            if now - began >= _PATIENCE:
                raise
            if waiting.fail(now):
                log.warning("ledger_paused", reason=str(error))
            clock.wait(never, waiting.until - now)
