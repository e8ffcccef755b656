"""What is scanned when: everything by the calendar, and folders that news ask for."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Protocol

import structlog

from gpend.daemon.clock import Clock
from gpend.daemon.deletions import DeletionDetector
from gpend.dispatch import FolderPair, Now
from gpend.dispatch.health import another_output
from gpend.intake import Sighting
from gpend.intake.scan import Scan

log = structlog.get_logger()

_PARTS = 1000  # folders to look through; if there are more, everything is scanned
_SOON = 5.0  # seconds from the news that something has gone to the scan that looks what is left
_AWAY = 10.0  # seconds between two looks for a source that is not there
_SHARE = 20  # scans that news ask for take no more than a twentieth of the time


class Watched(Protocol):
    """What a schedule asks of the watcher."""

    def scanning(self, root: Path) -> AbstractContextManager[Callable[[Path], None]]:
        """For the length of a full scan: what to call before a directory is listed."""
        ...

    def visit(self, root: Path) -> Callable[[Path], None]:
        """What the scan of a part calls before it lists a directory."""
        ...

    def poll_seconds(self, root: Path, last_scan_seconds: float = 0.0) -> float | None:
        """How often to scan a root whose events do not tell all; None if they do."""
        ...


class Unwatched:
    """No events at all."""

    def scanning(self, root: Path) -> AbstractContextManager[Callable[[Path], None]]:
        """As in Watched."""
        return nullcontext(self.visit(root))

    def visit(self, root: Path) -> Callable[[Path], None]:
        """As in Watched."""
        del root
        return lambda _: None

    def poll_seconds(self, root: Path, last_scan_seconds: float = 0.0) -> float | None:
        """As in Watched."""
        del root, last_scan_seconds
        return None  # said aloud, for mypy


class ScanSchedule:
    """Walks through one source, one scan after the other."""

    def __init__(self, pair: FolderPair, deletions: DeletionDetector, clock: Clock, rescan_seconds: float) -> None:
        self.watch: Watched = Unwatched()
        self.finished = 0  # scans of everything
        self._pair = pair
        self._deletions = deletions
        self._clock = clock
        self._rescan = rescan_seconds
        self._walk: Iterator[Sighting] | None = None
        self._parts: dict[Path, None] = {}  # folders to look through, in order of arrival
        self._scan_at = 0.0  # when everything is scanned by the calendar
        self._wanted_at = math.inf  # when something asks for a scan of everything, also while one is under way
        self._took = 0.0

    @property
    def is_under_way(self) -> bool:
        """Is a scan under way, or does one wait for its turn?"""
        return self._walk is not None or bool(self._parts) or math.isfinite(self._wanted_at)

    def next_scan(self) -> float:
        """When everything is scanned next, in monotonic seconds; infinite while a scan is under way."""
        return min(self._scan_at, self._wanted_at) if self._walk is None else math.inf

    def want_part(self, folder: Path, now: Now) -> None:
        """A folder is to be looked through; where that are very many, everything is."""
        self._parts[folder] = None
        if len(self._parts) > _PARTS:
            self.want_all(now)

    def want_all(self, now: Now) -> None:
        """Everything is to be looked through, in a scan that begins after this."""
        self._parts.clear()
        self._wanted_at = now.steady

    def want_all_soon(self, now: Now) -> None:
        """Something is not where it was: a scan tells what has become of it, but not at the cost of all else."""
        self._wanted_at = min(self._wanted_at, now.steady + max(_SOON, _SHARE * self._took))

    def walk(self, now: Now) -> Iterator[Sighting] | None:
        """The scan that is under way, or the next that may begin now; say `end` when it has ended. None: none may."""
        if self._walk is None:
            self._walk = self._begin(now)
        return self._walk

    def end(self, now: Now) -> bool:
        """The scan has ended; True if the next may begin at once."""
        self._walk = None
        return bool(self._parts) or self._wanted_at <= now.steady

    def _begin(self, now: Now) -> Iterator[Sighting] | None:
        if now.steady >= min(self._scan_at, self._wanted_at):
            self._parts.clear()
            self._wanted_at = math.inf
            return self._everything()
        if self._parts:
            part = next(iter(self._parts))
            del self._parts[part]
            return self._part(part)
        return None

    def _everything(self) -> Iterator[Sighting]:
        began, root = self._clock.now(), self._pair.root
        self._deletions.begin_scan()
        with self.watch.scanning(root) as visit:
            scan = Scan(self._pair.source, visit=self._visiting(visit))
            yield from scan
        ended = self._clock.now()
        self._took = ended.steady - began.steady
        often = self.watch.poll_seconds(root, self._took)
        self._deletions.scanned_since = None if often is None else began.utc
        self._deletions.end_scan(scan, ended)
        pause = often or self._rescan
        is_there = scan.identity is not None
        self._scan_at = ended.steady + (pause if is_there else min(_AWAY, pause))
        self.finished += 1
        log.debug("scan_finished", source=root, photos=scan.seen, seconds=round(self._took, 1))

    def _part(self, folder: Path) -> Iterator[Sighting]:
        scan = Scan(self._pair.source, below=folder, visit=self._visiting(self.watch.visit(self._pair.root)))
        yield from scan
        if folder in scan.unlistable:
            self.want_all_soon(self._clock.now())  # it is not there: deleted, or moved to somewhere else

    def _visiting(self, visit: Callable[[Path], None]) -> Callable[[Path], None]:
        """What a scan calls before it lists a directory: that of the output tree is for the same people."""
        try:
            if another_output(self._pair):
                return visit
        except OSError:
            return visit  # the output is away

        def both(directory: Path) -> None:
            visit(directory)
            with suppress(OSError):  # the scan must go on; the next one looks again
                self._pair.mirror.permissions.follow_folder(directory.relative_to(self._pair.root))

        return both
