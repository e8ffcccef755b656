"""When to try again what failed, and whether there is anything new to say about it (pure)."""

import math
from dataclasses import dataclass

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds


@dataclass
class Retry:
    """Pauses that double: `first` seconds, then one minute, two, up to an hour."""

    first: float = FIRST_PAUSE
    at: float = -math.inf  # not before this moment of the monotonic clock
    failed: bool = False
    _pause: float = 0.0

    def fail(self, now: float) -> bool:
        """Plan the next attempt; True if this is news."""
        news = not self.failed
        self._pause = self.first if news else min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
        self.failed, self.at = True, now + self._pause
        return news

    def succeed(self) -> bool:
        """There is nothing to try again; True if this is news."""
        news, self.failed, self.at = self.failed, False, -math.inf
        return news
