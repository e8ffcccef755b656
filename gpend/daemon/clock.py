"""Time, as the daemon is given it."""

import threading
import time
from typing import Protocol

from gpend.dispatch import Now


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> Now:
        """This moment, on both clocks."""
        ...

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Let time pass until `wake` is set, for so many seconds at most."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Now:
        """As in Clock."""
        return Now(int(time.time()), time.monotonic())

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        wake.wait(seconds)
