"""What is seen in a source, compared with what is on record about it, and put on record."""

import os
from contextlib import suppress
from pathlib import Path

from gpend.daemon.absence import Absence
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.failpoints import reached
from gpend.intake import Sighting
from gpend.intake.sidecars import is_sidecar, photo_beside
from gpend.ledger import Found, FoundBy, Known, Ledger, State


class Logbook:
    """The ledger as one source sees it. Paths are absolute."""

    def __init__(self, pair: FolderPair, absence: Absence, ledger: Ledger, dispatcher: Dispatcher) -> None:
        self._pair = pair
        self._absence = absence
        self._photos = ledger.photos
        self._dispatcher = dispatcher

    def known(self, path: Path) -> Known | None:
        """What is on record about a file."""
        return self._photos.known(self._pair.id, self._relative(path))

    def is_news(self, sighting: Sighting) -> bool:
        """Is this another file, or another state of it, than the ledger knows?"""
        reached("seen")
        known = self.known(sighting.path)
        if known is None or known.state is State.GONE:
            return not is_sidecar(sighting.path.name) or self._has_photo(sighting.path)
        self._absence.met(known.id, was_missing=known.missing)
        return known.stamp != sighting.stamp

    def enter(self, sighting: Sighting, finder: FoundBy, now: Now) -> tuple[int, bool]:
        """Put on record what has settled: its id, and whether it was unknown."""
        path = sighting.path
        self._catch_up(path, now)
        known = self.known(path)
        found = Found(self._relative(path), sighting.stamp, finder, is_sidecar(path.name))
        photo = self._photos.sight(self._pair.id, found, now.utc)
        self._absence.met(photo, was_missing=False)
        if known is not None and known.mirrored:
            self._absence.changed()
        return photo, known is None

    def _catch_up(self, path: Path, now: Now) -> None:
        """Its row is about to forget the file that was there before."""
        known = self.known(path)
        row = None if known is None else self._photos.row(known.id)
        if row is not None:
            with suppress(OSError):  # the news are not to wait for the output tree
                self._dispatcher.adopt_orphan(row, self._pair, now)

    def _has_photo(self, sidecar: Path) -> bool:
        beside = photo_beside(Path(os.fsdecode(self._relative(sidecar))))
        return self._photos.is_beside(self._pair.id, beside)

    def _relative(self, path: Path) -> bytes:
        return os.fsencode(path)[len(os.fsencode(self._pair.root)) + 1 :]
