"""Something does not work at the moment: leave it alone for a while, and longer each time (pure)."""

from dataclasses import dataclass

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 600.0


@dataclass
class Pause:
    """Whether to try something that may fail for reasons of the moment. Times are monotonic seconds."""

    reason: str = ""  # why it is paused, for people; "" while all is well
    until: float = 0.0
    _seconds: float = 0.0

    def fail(self, reason: str, now: float) -> bool:
        """It failed: pause, twice as long as the last time. True if this is news."""
        if self.holds(now):
            return False  # tried before the pause began; that tells nothing new
        is_news = not self.reason
        self.reason = reason
        self._seconds = min(2 * self._seconds or FIRST_SECONDS, LONGEST_SECONDS)
        self.until = now + self._seconds
        return is_news

    def succeed(self, now: float) -> bool:
        """It worked. True if this is news."""
        if not self.reason or self.holds(now):
            return False
        self.reason, self.until, self._seconds = "", 0.0, 0.0
        return True

    def holds(self, now: float) -> bool:
        """Is it to be left alone now?"""
        return bool(self.reason) and now < self.until

    @property
    def on_probation(self) -> bool:
        """It failed, and has not worked since: try one thing at a time."""
        return bool(self.reason)
