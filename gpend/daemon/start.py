"""A start waits for a ledger that cannot be used at the moment: another program holds it, or its disk is full."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from gpend.backoff import Backoff
from gpend.daemon.clock import Clock
from gpend.errors import TransientError
from gpend.ledger import Ledger
from gpend.mirror import output_root

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds, of the five minutes that a start has, which may wait twice: until the ledger can be opened, and until
it can be written. Whoever started gpend starts it again."""

_NEW = (
    "gpend has written to {} before, with another ledger. This one is filled from what stands there; what you decided, "
    "and which outputs you deleted, it does not know. If the other one is only away: stop gpend, and bring it back."
)
_FIRST, _LONGEST = 2.0, 30.0  # seconds until it is tried again, doubling
_GLANCE = 1.0  # seconds between two looks at whether gpend is to end


def opened_ledger(path: Path, clock: Clock, outputs: Sequence[Path] = ()) -> Ledger:
    """The ledger of a daemon, waited for as long as it may be. Raises as Ledger.open does; `outputs`: as in `away`."""
    return waited_for(lambda: ledger_at(path, outputs, clock.now().utc), clock)


def ledger_at(path: Path, outputs: Sequence[Path], now: int | None = None) -> Ledger:
    """The ledger of a daemon. Raises as Ledger.open does, and TransientError where its disk is `away`."""
    reason = away(path, outputs)
    if reason:
        raise TransientError(reason)
    is_new = not os.path.lexists(path)
    ledger = Ledger.open(path, now)
    before = next(filter(output_root.is_marked, outputs), None) if is_new else None
    if before is not None:
        log.warning("ledger_new", ledger=path, reason=_NEW.format(before))
    return ledger


def away(path: Path, outputs: Sequence[Path]) -> str:
    """Why no new ledger is to be begun in a place where there is none, in words; "" if nothing speaks against it.

    These outputs tell where the disk was mounted on which it lay.
    """
    if os.path.lexists(path):
        return ""
    points = filter(None, (output_root.mount_of_ledger(output, path) for output in outputs))
    point = next((point for point in points if not os.path.ismount(point)), None)
    if point is None:
        return ""
    return (
        f"The ledger {path} is not there: it lies on a disk that is mounted at {point}, and none is now. What gpend "
        "knows of your photos, and what you decided, is in it, so no other one is begun there. Mount that disk. "
        "Where there is to be a new ledger, make an empty file of that name."
    )


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
