"""One gpend per ledger: a lock that ends with the process that holds it, however it ends."""

import fcntl
import os
import time
from pathlib import Path

from gpend.errors import FatalError, TransientError
from gpend.ledger import access

_TRIES = 10
_PAUSE = 0.1  # seconds; `running` holds the lock for an instant, which must not stop a daemon from starting


def take(ledger: Path) -> int:
    """Hold the lock of a ledger as long as the descriptor that is returned is open.

    Raises FatalError, and TransientError where its disk can take nothing at the moment.
    """
    path = beside(ledger)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        reason = f"The ledger's lock {path} cannot be opened: {error.strerror}. {access.hindrance(ledger)}".strip()
        raise (TransientError if error.errno in access.PASSING else FatalError)(reason) from error
    for attempt in range(_TRIES):
        if _locked(descriptor, fcntl.LOCK_EX):
            return descriptor
        if attempt < _TRIES - 1:
            time.sleep(_PAUSE)
    os.close(descriptor)
    raise FatalError(f"Another gpend is already working with the ledger {ledger}. Stop it first.")


def running(ledger: Path) -> bool:
    """Does somebody hold the lock?"""
    try:
        descriptor = os.open(beside(ledger), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False  # no lock file, or not ours to look at: no daemon of ours
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def beside(ledger: Path) -> Path:
    """The file that is locked."""
    return ledger.with_name(ledger.name + ".lock")
