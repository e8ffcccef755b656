"""Which photos of a pair are gone for certain."""

import json
from dataclasses import asdict

from gpend.daemon.brake import Brake
from gpend.daemon.marks import Marks
from gpend.daemon.removal import Removal
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.intake.scan import Scan, evidence
from gpend.intake.source import Identity, identity
from gpend.ledger import FolderRow, Ledger, Span
from gpend.settings import Settings

_SOON = 5.0
_AT_A_TIME = 64
_ENOUGH = 8  # reviews in vain, for a minute or two: one pass does not wait for more
_NEVER = float("inf")


class Absence:
    """Judges what scans did not meet. Gone is only what was looked for twice, in a source that is surely there."""

    def __init__(self, pair: FolderPair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings) -> None:
        self.next_review = _NEVER  # when `review` is worth calling again, in monotonic seconds
        self._pair = pair
        self._ledger = ledger
        self._absences = ledger.absences
        self._brake = Brake(pair, dispatcher.listener, ledger, settings.brake)
        self._removal = Removal(pair, dispatcher, ledger, self._brake)
        self._pause = settings.settle_seconds + _SOON
        self._marks = Marks()
        self._is_confirmed = False
        self._in_vain = 0  # reviews, one after the other, in which nothing of what is gone could be seen to
        self._doubt = ""  # why a scan was not believed

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
        return self.next_review < _NEVER and self._in_vain < _ENOUGH and not self._folder().brake

    def end_scan(self, scan: Scan, now: Now) -> None:
        """A scan of everything has ended: what it did not meet is missing, if the scan can be believed."""
        folder = self._folder()
        known, found = self._ledger.sources.photos(folder.id), len(self._marks)
        before = None if folder.identity is None else Identity(**json.loads(folder.identity))
        verdict = evidence(scan, before=before, known=known, found=found)
        self._doubt = "" if verdict.believed or (self._is_confirmed and scan.identity is not None) else verdict.why
        if self._doubt:
            self._brake.say(folder, f"{_sentence(self._doubt)} Nothing is taken for deleted.", folder.brake_since)
            return
        if folder.brake is not None and folder.brake_since is None:
            self._brake.say(folder, None, None)
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

    def review(self, now: Now) -> bool:
        """Act on what is missing and hold what must be held; True if there is more to do at once."""
        if now.steady < self.next_review:
            return False
        self.next_review = _NEVER
        folder = self._folder()
        if self._doubt or self._brake.holds(folder, self._span(now), now):
            return False
        rows = self._absences.vanished(folder.id, _AT_A_TIME, self._span(now)) if self._is_there(folder) else []
        seen_to = [self._removal.conclude(row, now) for row in rows]
        self._in_vain = self._in_vain + 1 if rows and not any(seen_to) else 0
        if len(rows) < _AT_A_TIME and self._absences.missing(folder.id):
            self.next_review = now.steady + self._pause  # some may turn up among what still waits
        elif rows:
            self.next_review = now.steady
        return len(rows) == _AT_A_TIME

    def _mark(self, scan: Scan, now: Now) -> None:
        expected, source = self._absences.expected(self._pair.id), self._pair.source
        unmet = (each for each in expected if each.id not in self._marks and source.is_visible(each.relative))
        for photo in [each.id for each in unmet if scan.absent_is_known(self._pair.root / each.relative)]:
            self._absences.mark(photo, now.utc)

    def _span(self, now: Now) -> Span:
        return Span(now.utc - int(self._pause), now.utc)

    def _is_there(self, folder: FolderRow) -> bool:
        """Is the source still the directory that the last scan went through?"""
        now, before = identity(self._pair.root), json.loads(folder.identity or "null")
        return now is not None and before is not None and (now.device, now.inode) == (before["device"], before["inode"])

    def _folder(self) -> FolderRow:
        return self._ledger.sources.row(self._pair.id)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".?") + ("?" if words.endswith("?") else ".")
