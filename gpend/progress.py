"""How far gpend is: one computation for the log, `status`, `once`, systemd and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gpend.ledger import Records, State

DONE = (State.RESTORED, State.KEPT, State.FAILED, State.INCOMPLETE, State.UNSUPPORTED)
"""The states of photos with which nothing is to be done now."""

_LATELY = 300  # seconds from which the rate is taken
_ENOUGH = 3  # photos that it needs, at least
_LAST = 1000  # photos of which a pace is taken
_PAUSE = 120  # seconds from which on something else was in between
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class Progress:
    """Photos by how far they are, and how fast that goes."""

    settling: int  # seen, and perhaps still being written
    waiting: int  # for the network, or with it
    done: int
    restored: int  # of those
    rate: float = 0.0  # photos a second, lately; 0: not known
    is_scanning: bool = False  # more may be found
    photo: str = ""  # the name of what was done last

    @property
    def left(self) -> int:
        """What is known to be left to do."""
        return self.settling + self.waiting

    @property
    def found(self) -> int:
        """All photos that are known of."""
        return self.done + self.left

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the rate of late; None: nothing waits for gpend, or no telling.

        What only settles, or is without its end, takes its own time.
        """
        return self.left / self.rate if self.waiting and self.rate else None

    @property
    def phase(self) -> str:
        """What is being done, for people."""
        if self.waiting:
            return "Restoring"
        if self.is_scanning:
            return "Searching"
        return "Waiting for files that are still being written" if self.settling else "Done"

    def __str__(self) -> str:
        """All of it in one line."""
        told = f"found {self.found:,}, {self.done:,} done ({self.restored:,} restored)"
        if self.settling:
            told += f", {self.settling:,} not whole yet"  # just found, still being written, or without their end
        seconds = self.seconds_left
        return told if seconds is None else f"{told}, about {span(seconds)} left"


def of_ledger(
    records: Records, now: int, settling: int | None = None, counts: Mapping[State, int] | None = None
) -> Progress:
    """The progress of all photos of a ledger, at a time in UTC seconds; what the caller knows is not asked again."""
    counts = records.counts() if counts is None else counts
    count, first = records.done_lately(now - _LATELY)
    folders = records.folders()
    is_paused = any(folder.paused_reason is not None for folder in folders)  # nobody knows for how long
    return Progress(
        settling=sum(folder.settling for folder in folders) if settling is None else settling,
        waiting=counts[State.WAITING] + counts[State.WORKING],
        done=sum(counts[state] for state in DONE),
        restored=counts[State.RESTORED],
        rate=0.0 if is_paused else rate_of(count, now - first),
    )


def rate_of(done: int, seconds: float) -> float:
    """Photos a second; 0 where too few are done to tell."""
    return done / seconds if done >= _ENOUGH and seconds > 0 else 0.0


def pace_of(moments: Sequence[int]) -> float | None:
    """Seconds a photo, from when photos were done, in UTC seconds and in order; pauses apart. None: no telling."""
    gaps = [later - earlier for earlier, later in pairwise(moments[-_LAST:]) if later - earlier <= _PAUSE]
    return sum(gaps) / len(gaps) if len(gaps) >= _ENOUGH and any(gaps) else None


def span(seconds: float) -> str:
    """So much time, roughly."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < _HOUR:
        return f"{round(seconds / _MINUTE)} min"
    hours = seconds / _HOUR
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"  # noqa: PLR2004 - two days
