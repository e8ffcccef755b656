"""Finds the photos of one pair: scans and hints in, settled photos into the ledger."""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import structlog

from gpend.daemon.absence import Absence
from gpend.daemon.clock import Clock
from gpend.dispatch import Dispatcher, Moment, Pair
from gpend.failpoints import reached
from gpend.intake import Sighting
from gpend.intake.gate import Gate, Settled
from gpend.intake.hints import Hint
from gpend.intake.scan import Scan
from gpend.ledger import Found, FoundBy, Known, Ledger, State, plain
from gpend.mirror.sidecars import is_sidecar, names_beside, photo_beside
from gpend.settings import Keep, Settings

log = structlog.get_logger()

_MINUTE = 60.0
_AT_A_TIME = 500  # sightings, before the daemon looks at what else there is to do
_CHECKS = 64  # files whose ends are looked at, before it does
_PARTS = 1000  # folders to look through; if there are more, everything is scanned
_SOON = 5.0  # seconds from the news that something has gone to the scan that looks what is left
_AWAY = 10.0  # seconds between two looks for a source that is not there
_SHARE = 20  # scans that news ask for take no more than a twentieth of the time


class Watched(Protocol):
    """What a lookout asks of the watcher."""

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


class Lookout:
    """Looks for photos of one source, a little at a time; for one thread."""

    def __init__(self, pair: Pair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings, clock: Clock) -> None:
        self.pair = pair
        self.watch: Watched = Unwatched()
        self.scans = 0  # of everything, finished
        self.absence = Absence(pair, dispatcher, ledger, settings)
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._clock = clock
        self._gate = Gate(pair.source, settings)
        self._has_sidecars = settings.keep is not Keep.NONE
        self._rescan = settings.rescan_minutes * _MINUTE
        self._walk: Iterator[Sighting] | None = None
        self._held: Sighting | None = None  # met, but the gate had no room
        self._parts: dict[Path, None] = {}  # folders to look through, in order of arrival
        self._by_event: set[Path] = set()  # of what is in the gate, what an event drew attention to
        self._scan_at = 0.0  # when everything is scanned by the calendar
        self._wanted_at = math.inf  # when something asks for a scan of everything, also while one is under way
        self._took = 0.0

    def __len__(self) -> int:
        """Photos that have not settled yet."""
        return len(self._gate)

    @property
    def is_scanning(self) -> bool:
        """Is a scan under way, or does one wait for its turn?"""
        return self._walk is not None or bool(self._parts) or math.isfinite(self._wanted_at)

    def next_step(self) -> float:
        """When `step` is worth calling again, in monotonic seconds."""
        check = self._gate.next_check()
        scan = min(self._scan_at, self._wanted_at) if self._walk is None else math.inf  # it waits for the gate
        return min(scan, self.absence.next_review, math.inf if check is None else check)

    def hear(self, hint: Hint, now: Moment) -> None:
        """An event has said that there may be something new."""
        if hint.path is None or len(self._parts) >= _PARTS:
            self._parts.clear()
            self._wanted_at = now.steady
        elif hint.is_directory:
            self._parts[hint.path] = None
        else:
            self.look(hint.path, now, at_once=hint.is_whole)

    def confirm(self, now: Moment) -> None:
        """A person has said that the source is right as it is: look at it again in that light."""
        self.absence.confirm()
        self._wanted_at = now.steady

    def look(self, path: Path, now: Moment, *, at_once: bool = False) -> None:
        """Look at one path."""
        try:
            seen = self.pair.source.sight(path)
        except OSError:
            self._parts[path.parent] = None
            return
        if seen is None:
            if self._known(path) is not None:
                self._scan_soon(now)
        elif self._is_news(seen):
            self._by_event.add(path)
            if not self._gate.offer(seen, now.steady, at_once=at_once):
                self._parts[path.parent] = None

    def step(self, now: Moment) -> bool:
        """Look at some more; True if there is more to look at now."""
        with self._ledger.together():
            took = self._take(now)
            walked = self._advance(now)
        reviewed = self.absence.review(now)
        return took or walked or reviewed

    def _take(self, now: Moment) -> bool:
        """Put on record what has settled."""
        taken = 0
        for settled in self._gate.take(now.steady, limit=_CHECKS):
            taken += 1
            self._settled(settled, now)
        if not len(self._gate):
            self._by_event.clear()  # what has vanished before it settled
        return taken > 0

    def _settled(self, settled: Settled, now: Moment) -> None:
        reached("settled")
        path = settled.sighting.path
        finder = FoundBy.EVENT if path in self._by_event else FoundBy.SCAN
        self._by_event.discard(path)
        known = self._known(path)
        found = Found(self._relative(path), settled.sighting.stamp, finder, is_sidecar(path.name))
        photo = self._ledger.photos.sight(self.pair.id, found, now.utc)
        self.absence.met(photo, was_missing=False)
        if known is None and not found.is_sidecar and self._has_sidecars:
            for beside in names_beside(path):
                self.look(beside, now)
        if known is not None and known.mirrored:
            self.absence.changed()
        if settled.incomplete:
            self._dispatcher.has_no_end(photo, now)

    def _advance(self, now: Moment) -> bool:
        if self._held is not None and not self._gate.offer(self._held, now.steady):
            return False
        self._held = None
        walk = self._walk or self._begin(now)
        if walk is None:
            return False
        self._walk = walk
        for _ in range(_AT_A_TIME):
            sighting = next(walk, None)
            if sighting is None:
                self._walk = None
                return bool(self._parts) or self._wanted_at <= now.steady
            if self._is_news(sighting) and not self._gate.offer(sighting, now.steady):
                self._held = sighting
                return False
        return True

    def _begin(self, now: Moment) -> Iterator[Sighting] | None:
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
        began = self._clock.now()
        self.absence.begin_scan()
        with self.watch.scanning(self.pair.root) as visit:
            scan = Scan(self.pair.source, visit=visit)
            yield from scan
        ended = self._clock.now()
        self.absence.end_scan(scan, ended)
        self._took = ended.steady - began.steady
        pause = self.watch.poll_seconds(self.pair.root, self._took) or self._rescan
        is_there = scan.identity is not None
        self._scan_at = ended.steady + (pause if is_there else min(_AWAY, pause))
        self.scans += 1
        log.debug("scan_finished", source=self.pair.root, photos=scan.seen, seconds=round(self._took, 1))

    def _part(self, folder: Path) -> Iterator[Sighting]:
        scan = Scan(self.pair.source, below=folder, visit=self.watch.visit(self.pair.root))
        yield from scan
        if folder in scan.unlistable:
            self._scan_soon(self._clock.now())  # it is not there: deleted, or moved to somewhere else

    def _scan_soon(self, now: Moment) -> None:
        self._wanted_at = min(self._wanted_at, now.steady + max(_SOON, _SHARE * self._took))

    def _is_news(self, sighting: Sighting) -> bool:
        """Is this another file, or another state of it, than the ledger knows?"""
        reached("seen")
        known = self._known(sighting.path)
        if known is None or known.state is State.GONE:
            return not is_sidecar(sighting.path.name) or self._has_photo(sighting.path)
        self.absence.met(known.id, was_missing=known.missing)
        return known.stamp != plain(sighting.stamp)

    def _has_photo(self, sidecar: Path) -> bool:
        beside = photo_beside(Path(os.fsdecode(self._relative(sidecar))))
        return self._ledger.photos.is_beside(self.pair.id, beside)

    def _known(self, path: Path) -> Known | None:
        return self._ledger.photos.known(self.pair.id, self._relative(path))

    def _relative(self, path: Path) -> bytes:
        return os.fsencode(path)[len(os.fsencode(self.pair.root)) + 1 :]
