"""When to try again what failed: after waits that double, up to a longest one (pure; time is an argument)."""

import math
from dataclasses import dataclass


def delay(first: float, failures: int, longest: float) -> float:
    """Seconds to wait after so many failures one after the other: `first`, then twice as long each time."""
    return min(first * 2.0 ** min(max(failures, 1) - 1, 62), longest)


@dataclass
class Backoff:
    """What is tried again ever more rarely. Times are monotonic seconds."""

    first: float  # seconds from the first failure to the next attempt
    longest: float
    at_once: bool = False  # after the first failure there is no wait; it begins with the second
    failures: int = 0  # one after the other
    until: float = -math.inf  # no attempt before this moment

    @property
    def has_failed(self) -> bool:
        """Has it failed, and not worked since?"""
        return self.failures > 0

    def holds(self, now: float) -> bool:
        """Is it to be left alone now?"""
        return self.has_failed and now < self.until

    def fail(self, now: float) -> bool:
        """It failed: plan the next attempt. True if that is news."""
        self.failures += 1
        counted = self.failures - self.at_once
        self.until = now + (delay(self.first, counted, self.longest) if counted else 0.0)
        return self.failures == 1

    def succeed(self) -> bool:
        """It works. True if that is news."""
        is_news = self.has_failed
        self.failures, self.until = 0, -math.inf
        return is_news
