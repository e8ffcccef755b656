"""Has this file stopped changing? Only change counts, and only the monotonic clock, which is an argument (pure).

What a file's times say is never compared with the wall clock: files from the future, from 1980, from a file system that
counts in steps of two seconds, and clocks that jump make no difference.
"""

import heapq
import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

from gpend.backoff import delay
from gpend.intake import Sighting
from gpend.intake.ending import Ending

_HOLD_SECONDS = 600.0  # a temporary file beside a photo holds it at most so long: tools that die leave theirs behind
_LONGEST_PAUSE = 3600.0
_SHORTEST_PAUSE = 0.1
_CAPACITY = 20_000


class Verdict(StrEnum):
    """What becomes of a file that was looked at."""

    TAKE = "take"  # it is whole, as far as can be told without decoding it
    WAIT = "wait"
    INCOMPLETE = "incomplete"  # it has not grown for very long, and still has no end


@dataclass
class _Waiting:
    sighting: Sighting
    since: float  # when it was last seen to have changed
    check_at: float
    postponed: int  # times, one after the other
    queued_at: float  # its valid place in the queue


class Settle:
    """The files that are not yet known to be whole; a bounded number, so that any number may arrive at once.

    Times are seconds of a monotonic clock. A file is looked at when it has been quiet for `settle_seconds`; if it has
    no end yet, again after pauses that double up to an hour, until it has been unchanged for `incomplete_seconds`.
    """

    def __init__(self, settle_seconds: float, incomplete_seconds: float, capacity: int = _CAPACITY) -> None:
        self._quiet = settle_seconds
        self._incomplete = incomplete_seconds
        self._capacity = capacity
        self._waiting: dict[Path, _Waiting] = {}
        self._queue: list[tuple[float, int, Path]] = []
        self._order = count()  # of files that are due at the same moment: first come, first served

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, sighting: Sighting, now: float, *, at_once: bool = False) -> bool:
        """Watch a file until it is whole; False if there is no room: offer it again later.

        `at_once` says that the file is known to have been written to its end, so that it need not be quiet first.
        """
        known = self._waiting.get(sighting.path)
        if known is None and len(self._waiting) >= self._capacity:
            return False
        since = now - self._quiet if at_once else now
        if known is None or _has_changed(known.sighting, sighting) or at_once:
            self._begin(sighting, since, check_at=since + self._quiet)
        return True

    def due(self, now: float) -> Path | None:
        """A file to look at now, if there is one; `judge`, `postpone` or `forget` it next, or it is never due again."""
        while self._queue and self._queue[0][0] <= now:
            queued_at, _, path = heapq.heappop(self._queue)
            waiting = self._waiting.get(path)
            if waiting is None or waiting.queued_at != queued_at:
                continue
            if waiting.check_at <= now:
                waiting.queued_at = math.inf  # it has no place until it is judged
                return path
            self._enqueue(path, waiting)
        return None

    def is_unchanged(self, seen: Sighting) -> bool:
        """Whether a file that waits is still what it was when last offered or judged."""
        return not _has_changed(self._waiting[seen.path].sighting, seen)

    def judge(self, seen: Sighting, ending: Ending, now: float, *, held: bool = False) -> Verdict:
        """Decide on a file that was due, from what it is and how it ends now; what is not told to wait is forgotten.

        `held` says that a temporary file beside it is about to take its place.
        """
        waiting = self._waiting[seen.path]
        if not self.is_unchanged(seen):
            self._begin(seen, now, check_at=now + max(self._quiet, _SHORTEST_PAUSE))
            return Verdict.WAIT
        unchanged = now - waiting.since
        patience = self._incomplete if ending is Ending.INCOMPLETE else _HOLD_SECONDS if held else 0.0
        if unchanged < patience:
            self.postpone(seen.path, now, until=waiting.since + patience)
            return Verdict.WAIT
        self.forget(seen.path)
        return Verdict.INCOMPLETE if ending is Ending.INCOMPLETE else Verdict.TAKE

    def postpone(self, path: Path, now: float, *, until: float | None = None) -> None:
        """Look at a file again after a pause that doubles each time, and at `until` if that comes first."""
        waiting = self._waiting[path]
        waiting.postponed += 1
        next_check = now + delay(max(self._quiet, _SHORTEST_PAUSE), waiting.postponed, _LONGEST_PAUSE)
        waiting.check_at = next_check if until is None or until <= now else min(next_check, until)
        self._enqueue(path, waiting)

    def forget(self, path: Path) -> None:
        """Watch a file no longer."""
        self._waiting.pop(path, None)

    def next_check(self) -> float | None:
        """When `due` is worth asking again; None while nothing waits."""
        return self._queue[0][0] if self._queue and self._waiting else None

    def oldest(self, now: float) -> float:
        """For how many seconds the file that has been overdue longest should have been looked at; 0 if none is."""
        next_check = self.next_check()
        return 0.0 if next_check is None else max(0.0, now - next_check)

    def _begin(self, sighting: Sighting, since: float, check_at: float) -> None:
        waiting = _Waiting(sighting, since, check_at, postponed=0, queued_at=check_at)
        known = self._waiting.get(sighting.path)
        self._waiting[sighting.path] = waiting
        if known is not None and known.queued_at <= check_at:
            waiting.queued_at = known.queued_at  # its old place in the queue comes up first and moves it on
        else:
            self._enqueue(sighting.path, waiting)

    def _enqueue(self, path: Path, waiting: _Waiting) -> None:
        waiting.queued_at = waiting.check_at
        heapq.heappush(self._queue, (waiting.check_at, next(self._order), path))


def _has_changed(before: Sighting, after: Sighting) -> bool:
    return (before.stamp, before.changed_ns) != (after.stamp, after.changed_ns)
