"""Something does not work at the moment: leave it alone for a while, and longer each time (pure)."""

from dataclasses import dataclass, field

from gpend.backoff import Backoff

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 600.0


@dataclass
class Pause:
    """Whether to try something that may fail for reasons of the moment. Times are monotonic seconds."""

    reason: str = ""  # why it is paused, for people; "" while all is well
    _backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_SECONDS, LONGEST_SECONDS))

    def fail(self, reason: str, now: float) -> bool:
        """It failed: pause, twice as long as the last time. True if this is news."""
        if self.holds(now):
            return False  # tried before the pause began; that tells nothing new
        self.reason = reason
        return self._backoff.fail(now)

    def succeed(self, now: float) -> bool:
        """It worked. True if this is news."""
        if self.holds(now):
            return False
        self.reason = ""
        return self._backoff.succeed()

    def holds(self, now: float) -> bool:
        """Is it to be left alone now?"""
        return self._backoff.holds(now)

    @property
    def until(self) -> float:
        """When the pause ends, or ended."""
        return self._backoff.until

    @property
    def on_probation(self) -> bool:
        """It failed, and has not worked since: try one thing at a time."""
        return self._backoff.has_failed
