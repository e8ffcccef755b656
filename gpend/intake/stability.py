"""Has this file stopped changing, and does it hold its picture to its end? Only whole files pass.

The same check stands at start and later. It opens files, read-only, when they have been quiet, and reads little of
them. Only change counts, and only the monotonic clock, which is an argument: files from the future, from 1980, from a
file system that counts in steps of two seconds, and clocks that jump make no difference. What a file's time says is
asked for two things only. Was a file without end, which is quiet, left so long ago that nobody writes it? And in which
steps does the clock count that gave it? No file is taken before the step is over in which it was seen: whatever is done
to it afterwards shows in its stamp.
"""

import contextlib
import heapq
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

from gpend.backoff import delay
from gpend.core.formats.signatures import HEAD, structure_of
from gpend.errors import TransientError
from gpend.intake import Sighting
from gpend.intake.completeness import Completeness, completeness
from gpend.intake.names import ending_of, temporary_for
from gpend.intake.reading import OpenFile, opened
from gpend.intake.source import Source
from gpend.settings import Settings

_HOLD_SECONDS = 600.0  # a temporary file beside a photo holds it at most so long: tools that die leave theirs behind
_LONGEST_PAUSE = 3600.0
_SHORTEST_PAUSE = 0.1
_STEPS = 1.5  # of a file's clock that it is watched for at least; it may have been seen a moment after it was offered
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


class SettleQueue:
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

    def sizes(self) -> Iterator[int]:
        """In bytes, of the files that wait, as they were last seen."""
        return (waiting.sighting.stamp.size for waiting in self._waiting.values())

    def offer(self, sighting: Sighting, now: float, *, at_once: bool = False) -> bool:
        """Watch a file until it is whole; False if there is no room: offer it again later.

        `at_once` says that the file is known to have been written to its end, so that it need not be quiet for longer
        than a step of its clock.
        """
        known = self._waiting.get(sighting.path)
        if known is None and len(self._waiting) >= self._capacity:
            return False
        since = now - self._quiet if at_once else now
        if known is None or _has_changed(known.sighting, sighting) or at_once:
            self._begin(sighting, since, check_at=max(since + self._quiet, now + _one_step(sighting)))
        return True

    def pop_due(self, now: float) -> Path | None:
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

    def judge(
        self, seen: Sighting, ending: Completeness, now: float, *, held: bool = False, is_old: bool = False
    ) -> Verdict:
        """Decide on a file that was due, from what it is and how it ends now; what is not told to wait is forgotten.

        `held` says that a temporary file beside it is about to take its place; `is_old`, that it was last written
        longer ago than a file without end is waited for.
        """
        waiting = self._waiting[seen.path]
        if not self.is_unchanged(seen):
            self._begin(seen, now, check_at=now + max(self._quiet, _SHORTEST_PAUSE, _one_step(seen)))
            return Verdict.WAIT
        unchanged = now - waiting.since
        patience = _HOLD_SECONDS if held else 0.0
        if ending in (Completeness.INCOMPLETE, Completeness.PERHAPS) and not (is_old and not held):
            patience = self._incomplete
        if unchanged < patience:
            self.postpone(seen.path, now, until=waiting.since + patience)
            return Verdict.WAIT
        self.forget(seen.path)
        return Verdict.INCOMPLETE if ending is Completeness.INCOMPLETE else Verdict.TAKE

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
        """When `pop_due` is worth calling again; None while nothing waits."""
        return self._queue[0][0] if self._queue and self._waiting else None

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


def _one_step(sighting: Sighting) -> float:
    """Seconds after which whatever is done to a file that was just seen gives it another stamp."""
    return _STEPS * sighting.stamp.clock_step


def _has_changed(before: Sighting, after: Sighting) -> bool:
    return (before.stamp, before.changed_ns) != (after.stamp, after.changed_ns)


_MINUTE = 60.0
_NANO = 1e9
_LISTING_SECONDS = 2.0  # directories' temporary files are listed at most so often, and large ones less often
_NAMES_A_SECOND = 5000  # for each so many names a second more: a folder of 100,000 is no work of its own


@dataclass(frozen=True)
class Settled:
    """A file to process; or one to set aside, because it has stopped growing and still has no end."""

    sighting: Sighting
    incomplete: bool = False
    is_companion: bool = False  # no photo, by its name or, where that has no ending, by its first bytes


class StabilityCheck:
    """Holds the unsettled files of one source."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source = source
        self._incomplete_seconds = settings.incomplete_minutes * _MINUTE
        self._queue = SettleQueue(settings.settle_seconds, self._incomplete_seconds)
        self._listed: dict[Path, frozenset[str]] = {}
        self._listed_until = 0.0

    def __len__(self) -> int:
        return len(self._queue)

    def sizes(self) -> Iterator[int]:
        """In bytes, of the files that it holds, as they were last seen."""
        return self._queue.sizes()

    def offer(self, sighting: Sighting, now: float, *, at_once: bool = False) -> bool:
        """Watch a file until it is whole; False if there is no room: take some, then offer it again.

        `at_once` is for a file renamed from a temporary name: it need not be quiet, but its end is looked at all the
        same. Offering a file that is already watched starts its quiet time anew only if it has changed.
        """
        return self._queue.offer(sighting, now, at_once=at_once)

    def take(self, now: float, limit: int = 256, *, utc: int = 0) -> Iterator[Settled]:
        """Look at files that are due, `limit` at most, and let pass those that are whole, or will never be.

        `utc` is the time in seconds by which the times of files are told; 0: that is not known.
        """
        for _ in range(limit):
            path = self._queue.pop_due(now)
            if path is None:
                return
            settled = self._look(path, now, utc)
            if settled is not None:
                yield settled

    def next_check(self) -> float | None:
        """When `take` is worth calling again; None while nothing waits."""
        return self._queue.next_check()

    def _look(self, path: Path, now: float, utc: int) -> Settled | None:
        ending: Completeness | None = Completeness.UNKNOWN
        is_companion = self._source.is_companion(path.name)
        is_told_by_name = is_companion or ending_of(path.name) != ""
        try:
            seen = self._source.sight(path)
            if seen is not None and self._queue.is_unchanged(seen):
                is_short = is_companion and seen.stamp.size < HEAD  # it may be as short as it likes
                ending = ending if is_short else _ending(path, is_told_by_name=is_told_by_name)
                seen = self._source.seen_again(path)  # what was judged must still be what is there
        except (OSError, TransientError):
            self._queue.postpone(path, now)
            return None
        if seen is None or (ending is None and not self._source.takes_everything):
            self._queue.forget(path)
            return None
        if ending is None:
            is_companion, ending = True, Completeness.UNKNOWN
        is_old = utc - seen.stamp.mtime_ns / _NANO >= self._incomplete_seconds
        verdict = self._queue.judge(seen, ending, now, held=self._is_held(path, now), is_old=is_old)
        if verdict is Verdict.WAIT:
            return None
        is_mirrored_as_it_is = self._source.takes_everything and is_companion
        return Settled(seen, verdict is Verdict.INCOMPLETE and not is_mirrored_as_it_is, is_companion)

    def _is_held(self, path: Path, now: float) -> bool:
        """Whether a tool is writing, under a temporary name beside it, what will replace this file."""
        if now >= self._listed_until:
            self._listed.clear()
            self._listed_until = now + _LISTING_SECONDS
        if path.parent not in self._listed:
            self._listed[path.parent], names = _to_be_replaced(path.parent)
            self._listed_until += names / _NAMES_A_SECOND
        return path.name in self._listed[path.parent]


def _to_be_replaced(directory: Path) -> tuple[frozenset[str], int]:
    """The names for which there are temporary files, and how many names there are in all."""
    finals: set[str | None] = set()
    names = 0
    with contextlib.suppress(OSError), os.scandir(directory) as entries:  # a hold is only a courtesy
        for entry in entries:
            names += 1
            finals.add(temporary_for(entry.name))
    return frozenset(filter(None, finals)), names


def _ending(path: Path, *, is_told_by_name: bool) -> Completeness | None:
    """How a file ends now; None for one that neither its name nor its first bytes call a photo.

    Raises OSError or TransientError if it cannot be told at this moment.
    """
    try:
        descriptor = opened(path)
    except PermissionError:
        return Completeness.UNKNOWN  # whoever reads it next will say that it is unreadable
    try:
        file = OpenFile(descriptor)
        if not is_told_by_name and structure_of(file.read(0, HEAD)) is None:
            return None
        return completeness(file)
    finally:
        os.close(descriptor)
