"""Time, as the daemon is given it."""

import threading
import time
from typing import Protocol

from gpend.dispatch import Moment


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> Moment:
        """This moment, on both clocks."""
        ...

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Let time pass until `wake` is set, for so many seconds at most."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Moment:
        """As in Clock."""
        return Moment(int(time.time()), time.monotonic())

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        wake.wait(seconds)
