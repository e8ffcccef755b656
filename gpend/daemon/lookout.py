"""Finds the photos of one pair: scans and hints in, settled photos into the ledger."""

import math
from pathlib import Path

from gpend.daemon.absence import Absence
from gpend.daemon.clock import Clock
from gpend.daemon.logbook import Logbook
from gpend.daemon.rounds import Rounds
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.failpoints import reached
from gpend.intake import Sighting
from gpend.intake.sidecars import is_sidecar, names_beside
from gpend.intake.stability import Settled, StabilityCheck
from gpend.intake.watch import Hint
from gpend.ledger import FoundBy, Ledger
from gpend.settings import Keep, Settings

_MINUTE = 60.0
_AT_A_TIME = 500  # sightings, before the daemon looks at what else there is to do
_CHECKS = 64  # files whose ends are looked at, before it does


class Lookout:
    """Looks for photos of one source, a little at a time; for one thread."""

    def __init__(
        self, pair: FolderPair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings, clock: Clock
    ) -> None:
        self.pair = pair
        self.absence = Absence(pair, dispatcher, ledger, settings)
        self.rounds = Rounds(pair, self.absence, clock, settings.rescan_minutes * _MINUTE)
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._logbook = Logbook(pair, self.absence, ledger, dispatcher)
        self._stability = StabilityCheck(pair.source, settings)
        self._has_sidecars = settings.keep is not Keep.NONE
        self._held: Sighting | None = None  # met, but the gate had no room
        self._by_event: set[Path] = set()  # of what is in the gate, what an event drew attention to

    def __len__(self) -> int:
        """Photos that have not settled yet."""
        return len(self._stability)

    def next_step(self) -> float:
        """When `step` is worth calling again, in monotonic seconds."""
        check = self._stability.next_check()  # a scan that is under way waits for the gate
        return min(self.rounds.next_scan(), self.absence.next_review, math.inf if check is None else check)

    def hear(self, hint: Hint, now: Now) -> None:
        """An event has said that there may be something new."""
        if hint.path is None or self.rounds.are_full:
            self.rounds.want_all(now)
        elif hint.is_directory:
            self.rounds.want_part(hint.path)
        else:
            self.look(hint.path, now, at_once=hint.is_whole)

    def confirm(self, now: Now) -> None:
        """A person has said that the source is right as it is: look at it again in that light."""
        self.absence.confirm()
        self.rounds.want_all(now)

    def look(self, path: Path, now: Now, *, at_once: bool = False) -> None:
        """Look at one path."""
        try:
            seen = self.pair.source.sight(path)
        except OSError:
            self.rounds.want_part(path.parent)
            return
        if seen is None:
            if self._logbook.known(path) is not None:
                self.rounds.want_all_soon(now)
        elif self._logbook.is_news(seen):
            self._by_event.add(path)
            if not self._stability.offer(seen, now.steady, at_once=at_once):
                self.rounds.want_part(path.parent)

    def step(self, now: Now) -> bool:
        """Look at some more; True if there is more to look at now."""
        with self._ledger.together():
            took = self._take(now)
            walked = self._advance(now)
        reviewed = self.absence.review(now)
        return took or walked or reviewed

    def _take(self, now: Now) -> bool:
        """Put on record what has settled."""
        taken = 0
        for settled in self._stability.take(now.steady, limit=_CHECKS):
            taken += 1
            self._settled(settled, now)
        if not len(self._stability):
            self._by_event.clear()  # what has vanished before it settled
        return taken > 0

    def _settled(self, settled: Settled, now: Now) -> None:
        reached("settled")
        path = settled.sighting.path
        finder = FoundBy.EVENT if path in self._by_event else FoundBy.SCAN
        self._by_event.discard(path)
        photo, is_new = self._logbook.enter(settled.sighting, finder, now)
        if is_new and self._has_sidecars and not is_sidecar(path.name):
            for beside in names_beside(path):
                self.look(beside, now)
        if settled.incomplete:
            self._dispatcher.set_aside_incomplete(photo, now)

    def _advance(self, now: Now) -> bool:
        """Go on with the scan; True if there is more of it, or another one, to go on with at once."""
        if self._held is not None and not self._stability.offer(self._held, now.steady):
            return False
        self._held = None
        walk = self.rounds.walk(now)
        if walk is None:
            return False
        for _ in range(_AT_A_TIME):
            sighting = next(walk, None)
            if sighting is None:
                return self.rounds.end(now)
            if self._logbook.is_news(sighting) and not self._stability.offer(sighting, now.steady):
                self._held = sighting
                return False
        return True
