"""Finds the photos of one folder: scans and hints in, what is new or changed settles, and is put on record."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gpend.daemon.clock import Clock
from gpend.daemon.deletions import DeletionDetector
from gpend.daemon.scans import ScanSchedule
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.failpoints import reached
from gpend.intake import Sighting
from gpend.intake.names import ending_of
from gpend.intake.sidecars import Lone, Neighbours, names_beside, photo_beside
from gpend.intake.stability import Settled, StabilityCheck
from gpend.intake.watch import Hint
from gpend.ledger import Found, FoundBy, Known, Ledger, State
from gpend.mirror import lists
from gpend.settings import Keep, Settings

_MINUTE = 60.0
_SECOND = 10**9  # nanoseconds
_AT_A_TIME = 500  # sightings, before the daemon looks at what else there is to do
_CHECKS = 64  # files whose ends are looked at, before it does


class FolderDiscovery:
    """Looks for photos of one source, a little at a time; for one thread. Paths are absolute."""

    def __init__(
        self, pair: FolderPair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings, clock: Clock
    ) -> None:
        self.pair = pair
        self._before = len(os.fsencode(pair.root)) + 1  # bytes of a path, before it is below the root
        self.deletions = DeletionDetector(pair, dispatcher, ledger, settings)
        self.scans = ScanSchedule(pair, self.deletions, clock, settings.rescan_minutes * _MINUTE)
        self._clock = clock
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._stability = StabilityCheck(pair.source, settings)
        self._settled: list[Settled] = []  # not on record yet
        self._has_sidecars = settings.keep in (Keep.COPY, Keep.HARDLINK)
        self._lone = Lone()  # sidecars, met before their photos were on record
        self._neighbours: Neighbours | None = None  # of the sidecar that was met last, during one scan
        self._held: Sighting | None = None  # met by the scan, but there was no room to let it settle
        self._by_event: set[Path] = set()  # of what settles, what an event drew attention to
        self.expects_photos = False  # of what settles, some may be photos that nobody knew of

    @property
    def unsettled(self) -> int:
        """Photos that are not on record yet, because they may still be being written."""
        return len(self._stability) + len(self._settled)

    def arriving(self) -> Iterator[int]:
        """The sizes of files that are not on record yet: some may be photos that are missing elsewhere, moved."""
        yield from self._stability.sizes()
        yield from (settled.sighting.stamp.size for settled in self._settled)
        if self._held is not None:
            yield self._held.stamp.size

    @property
    def has_begun(self) -> bool:
        """Is the first look at the source under way?"""
        return self.scans.is_under_way or self.scans.finished > 0

    @property
    def has_scanned(self) -> bool:
        """Has the source been looked at, with nothing left that a scan has yet to see?"""
        return self.scans.finished > 0 and not self.scans.is_under_way and not self.deletions.is_pending

    def next_step(self) -> float:
        """When `step` is worth calling again, in monotonic seconds."""
        check = self._stability.next_check()  # a scan that is under way waits until there is room
        return min(self.scans.next_scan(), self.deletions.next_review, math.inf if check is None else check)

    def follow(self, hint: Hint, now: Now) -> None:
        """An event has said that there may be something new."""
        if hint.path is None:
            self.scans.want_all(now)
        elif hint.is_directory:
            self.scans.want_part(hint.path, now)
        else:
            self.look(hint.path, now, at_once=hint.is_whole)

    def confirm(self, now: Now) -> None:
        """A person has said that the source is right as it is: look at it again in that light."""
        self.deletions.confirm()
        self._ledger.after_commit(lambda: self.scans.want_all(now))

    def look(self, path: Path, now: Now, *, at_once: bool = False) -> None:
        """Look at one path."""
        try:
            seen = self.pair.source.sight(path)
        except OSError:
            self.scans.want_part(path.parent, now)
            return
        if seen is None:
            if self._known(path) is not None:
                self.scans.want_all_soon(now)
        elif self._notice(seen):
            self._by_event.add(path)
            if not self._stability.offer(seen, now.steady, at_once=at_once):
                self.scans.want_part(path.parent, now)

    def step(self, now: Now) -> bool:
        """Look at some more; True if there is more to look at now."""
        self._settled += self._stability.take(now.steady, _CHECKS, utc=now.utc)
        with self._ledger.together():
            for settled in self._settled:
                self._record(settled, now)
            walked = self._advance(now)
        took = self._forget_settled()
        reviewed = self.deletions.review(now)
        return took or walked or reviewed

    def _forget_settled(self) -> bool:
        """What has settled is on record; True if there was any."""
        settled, self._settled = self._settled, []
        self._by_event.difference_update(each.sighting.path for each in settled)
        if not len(self._stability):
            self._by_event.clear()  # what has vanished before it settled
            self.expects_photos = False
        return bool(settled)

    def _record(self, settled: Settled, now: Now) -> None:
        reached("settled")
        path = settled.sighting.path
        known = self._known(path)
        photo = self._enter(settled, known, now)
        if known is None and self._has_sidecars and not settled.is_companion:
            if self._neighbours is not None and self._neighbours.folder == path.parent:
                self._neighbours.add(path.name)
            for beside in dict.fromkeys([*names_beside(path), *self._lone.take(path)]):
                self.look(beside, now)
        if settled.incomplete:
            self._dispatcher.set_aside_incomplete(photo, now)

    def _advance(self, now: Now) -> bool:
        """Go on with the scan; True if there is more of it, or another one, to go on with at once."""
        if self._held is not None and not self._stability.offer(self._held, now.steady):
            return False
        self._held = None
        walk = self.scans.walk(now)
        if walk is None:
            return False
        for _ in range(_AT_A_TIME):
            sighting = next(walk, None)
            if sighting is None:
                self._neighbours = None
                return self.scans.end(now)
            if self._notice(sighting) and not self._stability.offer(sighting, now.steady):
                self._held = sighting
                return False
        return True

    def _notice(self, sighting: Sighting) -> bool:
        """Note that a file is there; True if the ledger does not know it, or knows another state of it."""
        reached("seen")
        known = self._known(sighting.path)
        if known is None or known.state is State.GONE:
            is_photo = not self._is_companion(sighting.path)
            self.expects_photos = self.expects_photos or is_photo
            is_wanted = is_photo or self._is_mirrored(sighting.path)
            if not is_wanted:
                self._lone.note(sighting.path)
            return is_wanted
        self.deletions.note_met(known.id, was_missing=known.missing)
        if known.stamp != sighting.stamp or (known.companion and self._has_become_a_photo(sighting.path)):
            return True
        if known.mirrored and self._may_have_changed(sighting, known):
            self._follow_access(known.id, sighting.path)
        return False

    def _may_have_changed(self, sighting: Sighting, known: Known) -> bool:
        """Is anything about a file later than what is on record? Not even that can be told of a record to come."""
        return sighting.changed_ns >= known.updated * _SECOND or known.updated > self._clock.now().utc

    def _follow_access(self, photo: int, path: Path) -> None:
        """Something about a file has changed, but not its bytes: perhaps who may read it."""
        row = self._ledger.photos.row(photo)
        if row is not None and row.written is not None and row.state in (State.RESTORED, State.KEPT):
            with suppress(OSError):  # the scan must go on; the next one looks again
                permissions, listed = self.pair.mirror.permissions, lists.read(path)
                permissions.follow_file(row.written, path.stat(), row.updated, listed)
                permissions.follow_list(row.written, listed)

    def _enter(self, settled: Settled, known: Known | None, now: Now) -> int:
        """Put on record what has settled: its id. `known` is what was on record about it."""
        path = settled.sighting.path
        row = None if known is None else self._ledger.photos.row(known.id)
        if row is not None:
            with suppress(OSError):  # the row is about to forget a file; the news are not to wait for the output tree
                self._dispatcher.adopt_orphan(row, self.pair, now)
        finder = FoundBy.EVENT if path in self._by_event else FoundBy.SCAN
        found = Found(self._relative(path), settled.sighting.stamp, finder, settled.is_companion)
        photo = self._ledger.photos.sight(self.pair.id, found, now.utc)
        self.deletions.note_met(photo, was_missing=False)
        return photo

    def _known(self, path: Path) -> Known | None:
        """What is on record about a file."""
        return self._ledger.photos.known(self.pair.id, self._relative(path))

    def _is_companion(self, path: Path) -> bool:
        return self.pair.source.is_companion(path.name)

    def _has_become_a_photo(self, path: Path) -> bool:
        """Is a file that was no photo one now, by its name, as the endings that are looked at were changed?"""
        return ending_of(path.name) != "" and not self._is_companion(path)

    def _is_mirrored(self, companion: Path) -> bool:
        """Is a file that is no photo mirrored: with its photo, or because everything is?"""
        if self.pair.source.takes_everything:
            return True
        beside = photo_beside(Path(os.fsdecode(self._relative(companion))))
        return self._ledger.photos.is_beside(self.pair.id, beside) or self._is_beside_but_for_case(companion)

    def _is_beside_but_for_case(self, sidecar: Path) -> bool:
        """Is there a photo that a sidecar goes with, as img_1.mov with IMG_1.JPG, and that has no other one for it?"""
        if self._neighbours is None or self._neighbours.folder != sidecar.parent:
            with suppress(OSError):  # the next look tells
                names = os.listdir(sidecar.parent)  # noqa: PTH208 - names are all that is wanted
                self._neighbours = Neighbours(sidecar.parent, names, lambda name: not self._is_companion(Path(name)))
        if self._neighbours is None or self._neighbours.folder != sidecar.parent:
            return False
        photos = (self._known(sidecar.with_name(name)) for name in self._neighbours.photos_of(sidecar.name))
        return any(each is not None and not each.companion and each.state is not State.GONE for each in photos)

    def _relative(self, path: Path) -> bytes:
        return os.fsencode(path)[self._before :]
