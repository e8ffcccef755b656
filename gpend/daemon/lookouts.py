"""The lookouts of all pairs, as one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gpend.daemon.lookout import Lookout
from gpend.dispatch import Now
from gpend.intake.watch import Hint


class Lookouts:
    """Each source has its lookout; together they know how far the search has come."""

    def __init__(self, lookouts: Sequence[Lookout]) -> None:
        self._each = tuple(lookouts)

    def __iter__(self) -> Iterator[Lookout]:
        return iter(self._each)

    def step(self, now: Now) -> bool:
        """Look at some more of every source; True if there is more to look at now."""
        steps = [lookout.step(now) for lookout in self._each]
        return any(steps)

    def next_step(self) -> float:
        """When `step` is worth calling again, in monotonic seconds."""
        return min(lookout.next_step() for lookout in self._each)

    def hear(self, hint: Hint, now: Now) -> None:
        """An event has said that there may be something new."""
        for lookout in self._each:
            if lookout.pair.root == hint.root:
                lookout.hear(hint, now)

    def look(self, path: Path, now: Now) -> None:
        """Look at one path, in each source that it lies in."""
        for lookout in self._each:
            if path.is_relative_to(lookout.pair.root):
                lookout.look(path, now)

    def look_at_everything(self, now: Now) -> None:
        """Nothing can be relied upon but a scan."""
        for lookout in self._each:
            lookout.hear(Hint(lookout.pair.root), now)

    @property
    def have_begun(self) -> bool:
        """Is the first look at every source under way?"""
        return all(lookout.rounds.are_under_way or lookout.rounds.scans for lookout in self._each)

    @property
    def have_scanned(self) -> bool:
        """Has every source been looked at, with nothing left that a scan has yet to see?"""
        return all(
            lookout.rounds.scans and not lookout.rounds.are_under_way and not lookout.absence.is_pending
            for lookout in self._each
        )

    @property
    def unsettled(self) -> int:
        """Files that may still be being written."""
        return sum(map(len, self._each))
