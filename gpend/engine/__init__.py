"""Where photos are processed. An engine takes bytes and gives outcomes; it sees no file and no ledger.

supervisor ─┬ jobs                      the daemon's side
└ worker_process ─ protocol ═ worker ─ sandbox     a process of its own
"""

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import PurePath
from typing import Protocol, TypeVar, runtime_checkable

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.errors import GpendError, PhotoError, TransientError

Result = TypeVar("Result")


class Engine(Protocol):
    """Processes photos, several at a time."""

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """Begin one photo, of whose faces a person may have a wish of their own.

        The future holds an Outcome, or raises a PhotoError, TransientError or FatalError.
        """
        ...

    def close(self) -> None:
        """Stop; what is still running is abandoned."""
        ...


@runtime_checkable
class Warming(Protocol):
    """An engine that takes a while before it can begin its first photo."""

    def warm(self) -> None:
        """Get ready: there will be photos soon."""
        ...


@runtime_checkable
class Telling(Protocol):
    """An engine that can tell what it works with."""

    @property
    def device(self) -> str:
        """Where it computes; "" while that is not known."""
        ...

    @property
    def networks(self) -> str:
        """Which networks restore, by name; "" while that is not known."""
        ...


def attempt(process: Callable[[bytes], Result], photo: bytes) -> Result:
    """`process(photo)`. Raises a GpendError and nothing else: an unforeseen error is set down to the photo.

    One odd photo must never stop the others, so the boundary is here; its cause is kept for whoever looks into it.
    What is said must be true for the daemon and for `gpend restore`: nothing about what becomes of the photo later.
    """
    try:
        return process(photo)
    except GpendError:
        raise
    except MemoryError as error:
        raise TransientError(
            "There is too little memory for this photo at the moment. It was left as it is."
        ) from error
    except Exception as error:
        raise PhotoError(
            f"gpend met something that it does not foresee: {_told(error)}. It left the photo as it is."
        ) from error


def _told(error: Exception) -> str:
    """The error in one line, with the place where it was raised: all that a report of it needs."""
    what = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{what} (in {PurePath(place.filename).name}, line {place.lineno})"
