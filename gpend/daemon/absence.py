"""Which photos of a pair are gone for certain, what becomes of their outputs, and the brake on mass changes."""

import json
from dataclasses import asdict

import structlog

from gpend.daemon.marks import Marks
from gpend.daemon.sources import is_visible
from gpend.dispatch import Dispatcher, Moment, Pair
from gpend.errors import PhotoError
from gpend.intake.evidence import evidence
from gpend.intake.scan import Scan
from gpend.intake.source import Identity, identity
from gpend.ledger import FolderRow, Ledger, Row, Span
from gpend.mirror import trash
from gpend.settings import BrakeSettings, OnDelete, Settings

log = structlog.get_logger()

_WINDOW = 3600  # seconds within which changes count as one
_SOON = 5.0
_AT_A_TIME = 64
_NEVER = float("inf")


class Absence:
    """Judges what scans did not meet. Gone is only what was looked for twice, in a source that is surely there."""

    def __init__(self, pair: Pair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings) -> None:
        self.next_review = _NEVER  # when `review` is worth calling again, in monotonic seconds
        self._pair = pair
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._absences = ledger.absences
        self._brake: BrakeSettings = settings.brake
        self._on_delete = settings.on_delete
        self._pause = settings.settle_seconds + _SOON
        self._marks = Marks()
        self._is_confirmed = False
        self._doubt = ""  # why a scan was not believed
        self._deleted: list[int] = []  # when outputs were deleted, of which the ledger keeps no row

    def begin_scan(self) -> None:
        """A scan of everything begins."""
        self._marks = Marks()

    def met(self, photo: int, *, was_missing: bool) -> None:
        """A photo is where it should be."""
        self._marks.add(photo)
        if was_missing:
            self._absences.found_again(photo)

    def changed(self) -> None:
        """A photo that has an output has changed."""
        self.next_review = 0.0

    def confirm(self) -> None:
        """A person has said that the source is right as it is."""
        self._is_confirmed = True
        self._absences.release(self._pair.id)

    @property
    def is_pending(self) -> bool:
        """Is there something missing of which it will soon be known whether it is gone?"""
        return self.next_review < _NEVER and not self._folder().brake

    def end_scan(self, scan: Scan, now: Moment) -> None:
        """A scan of everything has ended: what it did not meet is missing, if the scan can be believed."""
        folder = self._folder()
        known, found = self._ledger.sources.photos(folder.id), len(self._marks)
        before = None if folder.identity is None else Identity(**json.loads(folder.identity))
        verdict = evidence(scan, before=before, known=known, found=found)
        self._doubt = "" if verdict.believed or (self._is_confirmed and scan.identity is not None) else verdict.why
        if self._doubt:
            self._say(folder, f"{_sentence(self._doubt)} Nothing is taken for deleted.", folder.brake_since)
            return
        if folder.brake is not None and folder.brake_since is None:
            self._say(folder, None, None)
        self._ledger.sources.identify(folder.id, json.dumps(asdict(scan.identity)) if scan.identity else "null")
        if found < known:
            self._mark(scan, now)
        if folder.brake_since is not None:
            self.next_review = 0.0  # perhaps everything is back
        elif found < known:
            self.next_review = min(self.next_review, now.steady + self._pause)
        if self._is_confirmed:
            self._is_confirmed = False
            self._ledger.sources.confirm(folder.id, now.utc)  # what only this scan noticed was meant as well

    def review(self, now: Moment) -> bool:
        """Act on what is missing and hold what must be held; True if there is more to do at once."""
        if now.steady < self.next_review:
            return False
        self.next_review = _NEVER
        folder = self._folder()
        if self._doubt or self._is_braked(folder, now):
            return False
        rows = self._absences.vanished(folder.id, _AT_A_TIME, self._span(now)) if self._is_there(folder) else []
        for row in rows:
            self._conclude(row, now)
        if len(rows) < _AT_A_TIME and self._absences.missing(folder.id):
            self.next_review = now.steady + self._pause  # some may turn up among what still waits
        elif rows:
            self.next_review = now.steady
        return len(rows) == _AT_A_TIME

    def _mark(self, scan: Scan, now: Moment) -> None:
        expected, source = self._absences.expected(self._pair.id), self._pair.source
        unmet = (each for each in expected if each.id not in self._marks and is_visible(source, each.relative))
        for photo in [each.id for each in unmet if scan.absent_is_known(self._pair.root / each.relative)]:
            self._absences.mark(photo, now.utc)

    def _is_braked(self, folder: FolderRow, now: Moment) -> bool:
        """Would more vanish or be redone than may without a person's word?"""
        counted_from = now.utc - _WINDOW if folder.brake_since is None else folder.brake_since
        since = max(folder.confirmed, min(counted_from, now.utc))
        self._deleted = [moment for moment in self._deleted if moment > since]
        removals = len(self._deleted) + self._absences.removals(folder.id, since, self._span(now))
        changes = self._absences.changes(folder.id, since)
        total, affected = self._absences.mirrored(folder.id, since), removals + changes
        if affected <= self._brake.photos or affected <= total * self._brake.percent / 100:
            if folder.brake_since is not None:
                self._absences.release(folder.id)
                self._say(folder, None, None)
            return False
        self._absences.hold(folder.id, since)
        words = (
            f"{removals} photos vanished and {changes} changed, of {total} that have an output. Nothing was done yet."
        )
        self._say(folder, words, since)
        return True

    def _say(self, folder: FolderRow, words: str | None, since: int | None) -> None:
        """Put on record, and into the log once, what waits for a person; None: nothing does."""
        if words is None:
            log.info("brake_released", source=folder.source)
        else:
            words = f"{words} If this is as you mean it, say `gpend confirm`."
            if folder.brake is None:
                log.warning("brake_engaged", source=folder.source, reason=words)
                self._dispatcher.weather.listener.paused(self._pair, words)
        self._ledger.sources.brake(folder.id, words, since)

    def _span(self, now: Moment) -> Span:
        return Span(now.utc - int(self._pause), now.utc)

    def _is_there(self, folder: FolderRow) -> bool:
        """Is the source still the directory that the last scan went through?"""
        now, before = identity(self._pair.root), json.loads(folder.identity or "null")
        return now is not None and before is not None and (now.device, now.inode) == (before["device"], before["inode"])

    def _conclude(self, row: Row, now: Moment) -> None:
        try:
            seen = self._pair.source.sight(row.path)
        except OSError:
            return  # unknown is not gone
        if seen is not None:
            self._absences.found_again(row.id)
            return
        if self._dispatcher.desk.holds(row):
            return
        try:
            self._remove(row, now)
        except OSError as error:
            self._dispatcher.weather.output_fails(self._pair, error, now)
        except PhotoError as error:
            log.warning("output_left", output=row.output, reason=str(error))
            self._ledger.photos.forget(row.id)

    def _remove(self, row: Row, now: Moment) -> None:
        """Its photo is gone: see to the output as the settings say, then to the row."""
        mirror, kept = self._pair.mirror, None
        if row.written is not None and trash.is_in_trash(row.written.path):
            kept = row.written  # of an earlier photo of that name
        elif row.written is not None:
            match self._on_delete:
                case OnDelete.TRASH:
                    kept = trash.discard(mirror, row.written, now.utc)
                case OnDelete.KEEP:
                    kept = row.written
                case OnDelete.DELETE:
                    mirror.remove(row.written)
                    self._deleted.append(now.utc)
        if kept is None:
            self._ledger.photos.forget(row.id)
        else:
            self._absences.gone(row.id, "the photo was deleted", kept, now.utc)
        log.info("photo_gone", photo=row.path, output=None if kept is None else row.output_root / kept.path)

    def _folder(self) -> FolderRow:
        return self._ledger.sources.row(self._pair.id)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".?") + ("?" if words.endswith("?") else ".")
