"""Watchdog events, only to wake the scan early; supervised, so that the daemon knows when they cannot be relied upon.

What may be wrong, and what is done: events lost in an overflow, a root replaced, gone or back, a reader that died or
hangs: watch anew and scan everything. No room for watches: give them all back, so that other programs keep theirs, scan
often instead, and try again after a minute, two, up to an hour. Network and overlay mounts: scan often from the start.
"""

import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from gpend.backoff import Backoff
from gpend.intake import notices
from gpend.intake.canary import Canary
from gpend.intake.hints import Hint, Hints
from gpend.intake.inotify import Reader, open_reader
from gpend.intake.notices import Notice
from gpend.intake.source import Source
from gpend.intake.watched_root import FIRST_PAUSE, LONGEST_PAUSE, WatchedRoot

_JOIN_SECONDS = 2.0


@dataclass(frozen=True)
class Health:
    """Whether the watcher does its work, or has handed it over to frequent scans; if not, why."""

    alive: bool
    why: str = ""


class Watch:
    """The watcher of all sources. One thread and three descriptors, however many folders there are.

    `start`, `check` and `stop` are for one and the same thread; the other methods are for any.
    """

    def __init__(
        self,
        sources: Collection[Source],
        wake: threading.Event,
        *,
        poll_seconds: float,
        canary: Path | None = None,
        reader: Callable[[], Reader] = open_reader,
    ) -> None:
        """`wake` is set when there are hints; `canary` is a file in a folder of gpend's own."""
        self._hints = Hints(wake)
        self._roots = {source.root: WatchedRoot(source, self._hints, poll_seconds) for source in sources}
        self._poll_seconds = poll_seconds
        self._canary_file = canary
        self._canary: Canary | None = None
        self._new_reader = reader
        self._reader: Reader | None = None
        self._retry = Backoff(
            FIRST_PAUSE, LONGEST_PAUSE, at_once=True
        )  # a reader that died is replaced at once, but not over and over
        self._started_at = 0.0

    def start(self, now: float) -> list[Notice]:
        """Begin to watch; afterwards there is a hint to scan each root."""
        return self.check(now)

    def stop(self) -> None:
        """Watch no longer; returns within two seconds."""
        reader, self._reader = self._reader, None
        for root in self._roots.values():
            root.forsake()
        if reader is not None:
            reader.stop(_JOIN_SECONDS)

    def hints(self) -> list[Hint]:
        """All hints since the last time."""
        return self._hints.drain()

    def scanning(self, root: Path) -> AbstractContextManager[Callable[[Path], None]]:
        """For the length of a scan of the whole root: what its scan is to call before it lists a directory."""
        return self._roots[root].scanning()

    def visit(self, root: Path) -> Callable[[Path], None]:
        """What the scan of a part of a root is to call before it lists a directory."""
        return self._roots[root].visit

    def poll_seconds(self, root: Path, last_scan_seconds: float = 0.0) -> float | None:
        """How often to scan a root whose events do not tell all, given how long that takes; None if they do."""
        return self._roots[root].poll_seconds(last_scan_seconds, trusts_events=_is_proven(self._canary))

    def watched(self) -> int:
        """How many directories are watched."""
        return sum(len(root) for root in self._roots.values())

    def health(self, now: float) -> Health:
        """Whether events are read; that they are not, because there is no room for a reader, is known and well."""
        if self._reader is None:
            return Health(alive=True, why="events cannot be read; every folder is scanned often instead")
        if self._reader.is_alive() and (self._canary is None or self._canary.is_well(now)):
            return Health(alive=True)
        return Health(alive=False, why="the reader of file system events has stopped or hangs")

    def check(self, now: float) -> list[Notice]:
        """See whether all is as it should be, and mend it; to be called every few seconds. What it tells is news."""
        told = self._check_reader(now)
        for root in self._roots.values():
            told += root.check(self._reader, now)
        return told

    def _check_reader(self, now: float) -> list[Notice]:
        told = list[Notice]()
        if not self.health(now).alive:
            self.stop()
            if self._retry.fail(now):
                told.append(notices.reader_died(self._poll_seconds))
        if self._reader is None and now >= self._retry.until:
            told += self._start_reader(now)
        has_lasted = self._reader is not None and now - self._started_at >= FIRST_PAUSE
        if has_lasted and _is_proven(self._canary) and self._retry.succeed():
            told.append(notices.reader_back())
        return told

    def _start_reader(self, now: float) -> list[Notice]:
        try:
            reader = self._new_reader()
        except (OSError, RuntimeError) as problem:  # no instance, no descriptor, no thread
            return [notices.no_reader(problem, self._poll_seconds)] if self._retry.fail(now) else []
        self._reader, self._started_at = reader, now
        self._canary = None if self._canary_file is None else Canary(self._canary_file, reader, now)
        return []


def _is_proven(canary: Canary | None) -> bool:
    """Whether events are known to arrive, or there is no way to know."""
    return canary is None or canary.is_proven
