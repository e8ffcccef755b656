"""A start waits for a ledger that cannot be used at the moment: another program holds it, or its disk is full."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from gpend.backoff import Backoff
from gpend.daemon.clock import Clock
from gpend.errors import TransientError
from gpend.ledger import Ledger

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE = 200.0
"""Seconds, of the five minutes that systemd gives a start; whoever started gpend does so again."""

_FIRST, _LONGEST = 2.0, 30.0  # seconds until it is tried again, doubling
_GLANCE = 1.0  # seconds between two looks at whether gpend is to end


def opened_ledger(path: Path, clock: Clock) -> Ledger:
    """The ledger of a daemon, waited for as long as it may be. Raises as Ledger.open does."""
    return waited_for(lambda: Ledger.open(path, clock.now().utc), clock)


def waited_for(
    do: Callable[[], T], clock: Clock, patience: float = PATIENCE, is_hurried: Callable[[], bool] = lambda: False
) -> T:
    """What `do` returns, once the ledger lets it, which it needs.

    Raises its TransientError when so many seconds are over, or somebody is in a hurry, and all else that it raises.
    """
    began, waiting = clock.now().steady, Backoff(_FIRST, _LONGEST)
    while True:
        try:
            done = do()
        except TransientError as error:
            now = clock.now().steady
            if now - began >= patience:
                raise
            if waiting.fail(now):
                log.warning("ledger_paused", reason=f"{error} gpend waits, and goes on by itself.")
            if not _waited(clock, waiting.until, is_hurried):
                raise
        else:
            if waiting.succeed():
                log.info("ledger_resumed")
            return done


def _waited(clock: Clock, until: float, is_hurried: Callable[[], bool]) -> bool:
    """Let time pass until then; False: somebody is in a hurry."""
    never = threading.Event()
    while (left := until - clock.now().steady) > 0:
        if is_hurried():
            return False
        clock.wait(never, min(left, _GLANCE))
    return True
