"""Where photos are processed. An engine takes bytes and gives outcomes; it sees no file and no ledger."""

from concurrent.futures import Future
from typing import Protocol

from gpend.core.report import Outcome


class Engine(Protocol):
    """Processes photos, several at a time."""

    def submit(self, photo: bytes) -> Future[Outcome]:
        """Begin one photo. The future holds an Outcome, or raises a PhotoError, TransientError or FatalError."""
        ...

    def close(self) -> None:
        """Stop; what is still running is abandoned."""
        ...
