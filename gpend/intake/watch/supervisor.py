"""Events, only to wake the scan early; supervised, so that the daemon knows when they cannot be relied upon.

What may be wrong, and what is done: events lost in an overflow, a root replaced, gone or back, a reader that died or
hangs: watch anew and scan everything. No room for watches: give them all back, so that other programs keep theirs, scan
often instead, and try again after a minute, two, up to an hour. Network and overlay mounts: scan often from the start.
"""

import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gpend.backoff import Backoff
from gpend.intake.mounts import Mount, mounts_now
from gpend.intake.source import Source, identity
from gpend.intake.watch import notices
from gpend.intake.watch.inotify import Canary, Reader, open_reader
from gpend.intake.watch.notices import Notice
from gpend.intake.watch.watches import Hint, Hints, Watches

_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0  # seconds before what could not be watched is tried again
_POLL_SHARE = 20  # a root that is scanned often is left alone for so many times as long as its scan took


class WatchedRoot:
    """Supervises the watches of one source; `check` and `forsake` are for one and the same thread."""

    def __init__(
        self,
        source: Source,
        hints: Hints,
        poll_seconds: float,
        mounts: Callable[[Path], list[Mount]] = mounts_now,
    ) -> None:
        self._source = source
        self._hints = hints
        self._poll_seconds = poll_seconds
        self._find_mounts = mounts
        self._mounts: list[Mount] = []
        self._watches: Watches | None = None
        self._retry = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._place: tuple[int, int] | None = None  # device and inode; None while there is no such directory
        self._was_checked = False

    def __len__(self) -> int:
        return 0 if self._watches is None else len(self._watches)

    def check(self, reader: Reader | None, now: float) -> list[Notice]:
        """Mend what is not as it should be; the news of it."""
        told = self._check_place() + self._check_room(now)
        if self._watches is None and self._place is not None and reader is not None and now >= self._retry.until:
            self._watches = Watches(self._source, reader, self._hints.put)
            self._hints.put(Hint(self._source.root))
        return told

    def forsake(self) -> None:
        """Watch nothing; the next check begins anew."""
        watches, self._watches = self._watches, None
        if watches is not None:
            watches.clear()

    def scanning(self) -> AbstractContextManager[Callable[[Path], None]]:
        """For the length of a scan of the whole root: what its scan is to call before it lists a directory."""
        watches = self._watches
        return nullcontext(lambda _: None) if watches is None else watches.scanning()

    def visit(self, directory: Path) -> None:
        """What the scan of a part of the root is to call before it lists a directory."""
        watches = self._watches
        if watches is not None:
            watches.visit(directory)

    def poll_seconds(self, last_scan_seconds: float = 0.0, *, trusts_events: bool = True) -> float | None:
        """How often to scan, given how long that takes, because events do not tell all; None if they do."""
        watches = self._watches
        if trusts_events and self._silent is None and watches is not None and watches.failure is None:
            return None
        return max(self._poll_seconds, _POLL_SHARE * last_scan_seconds)

    @property
    def _silent(self) -> Mount | None:
        """A mount, the root's own or one inside it, on which changes may raise no event."""
        return next((mount for mount in self._mounts if mount.is_silent), None)

    def _check_place(self) -> list[Notice]:
        """Whether the same directory as before stands at the root; if not, all that was watched is beside the point.

        A silent mount is asked only once: its server may not answer for hours, and the frequent scans tell as much.
        """
        if self._place is not None and self._silent is not None:
            return []
        found = identity(self._source.root)
        former, self._place = self._place, None if found is None else (found.device, found.inode)
        is_first, self._was_checked = not self._was_checked, True
        if self._place == former and not is_first:
            return []
        self.forsake()
        self._mounts = self._find_mounts(self._source.root)
        self._hints.put(Hint(self._source.root))
        return self._news_of_place(former, is_first=is_first)

    def _news_of_place(self, former: tuple[int, int] | None, *, is_first: bool) -> list[Notice]:
        root = self._source.root
        if self._place is None:
            return [notices.root_gone(root)]
        told = list[Notice]()
        if not is_first:
            told.append(notices.root_back(root) if former is None else notices.root_replaced(root))
        if self._silent is not None:
            told.append(notices.polls(root, self._silent.kind, self._poll_seconds))
        return told

    def _check_room(self, now: float) -> list[Notice]:
        watches, root = self._watches, self._source.root
        if watches is None:
            return []
        if watches.failure is not None:
            self.forsake()
            is_news = self._retry.fail(now)
            return [notices.no_room(root, watches.failure, self._poll_seconds)] if is_news else []
        if watches.are_complete and self._retry.succeed():
            return [notices.room_again(root)]
        return []


_JOIN_SECONDS = 2.0


class WatchSupervisor:
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
            _FIRST_PAUSE, _LONGEST_PAUSE, at_once=True
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

    def is_well(self, now: float) -> bool:
        """Are events read? That they are not, because there is no room for a reader, is known and well."""
        if self._reader is None:
            return True
        return self._reader.is_alive() and (self._canary is None or self._canary.is_well(now))

    def check(self, now: float) -> list[Notice]:
        """See whether all is as it should be, and mend it; to be called every few seconds. What it tells is news."""
        told = self._check_reader(now)
        for root in self._roots.values():
            told += root.check(self._reader, now)
        return told

    def _check_reader(self, now: float) -> list[Notice]:
        told = list[Notice]()
        if self._canary is not None:
            self._canary.tend(now)
        if not self.is_well(now):
            self.stop()
            if self._retry.fail(now):
                told.append(notices.reader_died(self._poll_seconds))
        if self._reader is None and now >= self._retry.until:
            told += self._start_reader(now)
        has_lasted = self._reader is not None and now - self._started_at >= _FIRST_PAUSE
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
