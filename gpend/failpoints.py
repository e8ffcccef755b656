"""Named places at which a test ends the process, as a power cut would: GPEND_FAILPOINT=name[:count] at start.

Without that variable a failpoint is one comparison with None.
"""

import os
import signal
from typing import Final

NAMES: Final = (
    "seen",
    "settled",
    "read",
    "submitted",
    "restored",
    "temp_written",
    "fsynced",
    "renamed",
    "folder_fsynced",
    "recorded",
)
"""The steps of a photo, in order."""


class Failpoint:
    """Kills this process when `name` has been reached for the `count`-th time."""

    def __init__(self, name: str, count: int) -> None:
        if name not in NAMES:
            raise ValueError(f"There is no failpoint {name!r}; there are: {', '.join(NAMES)}.")
        self._name = name
        self._left = count

    @classmethod
    def parse(cls, text: str) -> "Failpoint":
        """From `name` or `name:count`. Raises ValueError."""
        name, _, count = text.partition(":")
        return cls(name, int(count or 1))

    def due(self, name: str) -> bool:
        """Count this step; True when it is the one to end at."""
        if name == self._name:
            self._left -= 1
        return name == self._name and self._left == 0


_armed = Failpoint.parse(os.environ["GPEND_FAILPOINT"]) if os.environ.get("GPEND_FAILPOINT") else None


def reached(name: str) -> None:
    """A step of a photo has just been taken."""
    if _armed is not None and _armed.due(name):
        os.kill(os.getpid(), signal.SIGKILL)
