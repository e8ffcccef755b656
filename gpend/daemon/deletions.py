"""Which photos are gone for certain, the brake on mass changes, and what becomes of their outputs."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import structlog

from gpend.backoff import delay
from gpend.dispatch import Dispatcher, FolderPair, Listener, Now
from gpend.dispatch.health import another_output, in_words, is_place_forbidden
from gpend.errors import PhotoError
from gpend.intake.scan import Scan, evidence
from gpend.intake.source import Identity, identity
from gpend.ledger import DELETED, Expected, FolderRow, Ledger, Row, Span
from gpend.settings import BrakeSettings, Settings

log = structlog.get_logger()

_SOON = 5.0
_AT_A_TIME = 64
_ENOUGH = 8  # reviews in vain, for a minute or two: one pass does not wait for more
_LONGEST = 3600.0  # seconds between two reviews, however many were in vain
_WINDOW = 3600  # seconds within which changes count as one
_NEVER = float("inf")
_STAYS = "photos from before that are passed over now: what was made of them stays as it is"
_FORBIDDEN = "folders and links that gpend may not look into, which gpend check names"


@dataclass(frozen=True)
class Unmet:
    """Photos that are on record and that a scan did not meet."""

    visible: tuple[Expected, ...] = ()
    hidden: int = 0  # those that scans pass over now: nobody has deleted them, so nothing is removed


class DeletionDetector:
    """Judges what scans did not meet. Gone is only what was looked for twice, in a source that is surely there."""

    def __init__(self, pair: FolderPair, dispatcher: Dispatcher, ledger: Ledger, settings: Settings) -> None:
        self.next_review = _NEVER  # when `review` is worth calling again, in monotonic seconds
        self.scanned_since: int | None = None  # UTC seconds; see `review`
        self.arriving: Callable[[], Iterable[int]] = tuple  # sizes of files that settle, in any source
        self._pair = pair
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._absences = ledger.absences
        self._brake = Brake(pair, dispatcher.listener, ledger, settings.brake)
        self._pause = settings.settle_seconds + _SOON
        self._met = Bitset()
        self._is_confirmed = False
        self._passed = 0  # the last of what is gone that this pass has come to, by its id
        self._seen_to = 0  # of what is gone, in this pass
        self._in_vain = 0  # passes, one after the other, in which nothing of what is gone could be seen to
        self._left = Bitset()  # of what is gone, that whose output may not be taken away, which was told
        self._doubt = ""  # why a scan was not believed

    @property
    def is_pending(self) -> bool:
        """Is there something missing of which it will soon be known whether it is gone?"""
        return self.next_review < _NEVER and self._in_vain < _ENOUGH and not self._folder().brake

    def begin_scan(self) -> None:
        """A scan of everything begins."""
        self._met = Bitset()

    def note_met(self, photo: int, *, was_missing: bool) -> None:
        """A photo is where it should be."""
        self._met.add(photo)
        if was_missing:
            self._absences.found_again(photo)

    def confirm(self) -> None:
        """A person has said that the source is right as it is."""

        def remember() -> None:
            self._is_confirmed = True

        self._absences.release(self._pair.id)
        self._ledger.after_commit(remember)

    def end_scan(self, scan: Scan, now: Now) -> None:
        """A scan of everything has ended: what it did not meet is missing, if the scan can be believed."""
        self._dispatcher.health.look(self._pair, now)
        is_told = self._dispatcher.health.look_at_source(self._pair, now)  # as paused: no word of a person changes that
        folder = self._folder()
        known, found = self._ledger.sources.photos(folder.id), len(self._met)
        is_there = scan.identity is not None  # else nothing tells whether anything is passed over
        unmet = self._unmet(scan) if is_there and found < known else Unmet()
        passed_over = scan.passed_over | Counter({_STAYS: unmet.hidden, _FORBIDDEN: len(scan.forbidden)})
        self._ledger.sources.note_scan(folder.id, json.dumps(+passed_over, sort_keys=True))
        before = None if folder.identity is None else Identity(**json.loads(folder.identity))
        verdict = evidence(scan, before=before, known=known - unmet.hidden, found=found)
        is_listed = scan.root not in scan.unlistable
        self._is_confirmed = self._is_confirmed and is_listed  # else it would count for what will be there then
        self._doubt = "" if verdict.believed or self._is_confirmed else verdict.why
        if self._doubt and not is_told:
            self._brake.engage(folder, f"{_sentence(self._doubt)} Nothing is taken for deleted.", folder.brake_since)
            return
        if folder.brake is not None and folder.brake_since is None:
            self._brake.release(folder)
        if self._doubt:
            return
        self._ledger.sources.identify(folder.id, json.dumps(asdict(scan.identity)) if scan.identity else "null")
        if found < known:
            self._mark_missing(unmet, scan, now)
        if folder.brake_since is not None:
            self.next_review = 0.0  # perhaps everything is back
        elif found < known:
            self.next_review = min(self.next_review, now.steady + self._pause)
        if self._is_confirmed:
            self._is_confirmed = False
            self._ledger.sources.confirm(folder.id, now.utc)  # what only this scan noticed was meant as well

    def review(self, now: Now) -> bool:
        """Act on what is missing and hold what must be held; True if there is more to do at once.

        Where no events tell what was moved, only what a second scan missed too: it was begun at `scanned_since`, and
        the first may have been where something was moved to before it came to where that was.
        """
        is_due = now.steady >= self.next_review
        if not is_due and not self._pair.has_new_changes:
            return False
        folder = self._folder()
        may_act = not self._doubt or self._pair.has_new_changes
        before = now.utc - int(self._pause)
        before = before if self.scanned_since is None else min(before, self.scanned_since)
        span = Span(before, now.utc, frozenset(self.arriving()))
        is_held = may_act and self._brake.apply(folder, span, now)
        self._pair.has_new_changes = False
        if not (self._doubt or is_held or is_due) and folder.brake_since is None:
            return False  # of what is missing no more is known than before
        self.next_review = _NEVER
        if self._doubt or is_held:
            return False
        has_more = self._conclude_some(folder, span, now)
        if has_more:
            self.next_review = now.steady
        elif self._absences.missing(folder.id):
            wait = delay(self._pause, self._in_vain - _ENOUGH, _LONGEST)  # a disk that sleeps is not woken for it
            self.next_review = now.steady + wait  # some may turn up among what still waits
        else:
            self._in_vain = 0
        return has_more

    def _conclude_some(self, folder: FolderRow, span: Span, now: Now) -> bool:
        """See to some of what is gone, each once in a pass over all of it: is there more of the pass?

        So nothing that cannot be done now is tried again at once, nor keeps what follows it waiting.
        """
        is_there = self._is_there(folder)
        rows = self._absences.vanished(folder.id, _AT_A_TIME, span, self._passed) if is_there else []
        self._seen_to += sum(self._conclude(row, now) for row in rows)
        has_more = len(rows) == _AT_A_TIME and not self._dispatcher.health.is_paused(self._pair, now)
        if not has_more:
            self._in_vain, self._seen_to = 0 if self._seen_to else self._in_vain + 1, 0
        self._passed = rows[-1].id if has_more else 0
        return has_more

    def _unmet(self, scan: Scan) -> Unmet:
        """What the scan did not meet, in one pass over the ledger."""
        is_visible, found, hidden = self._pair.source.visibility(), list[Expected](), list[Expected]()
        for each in self._absences.expected(self._pair.id):
            if each.id not in self._met:
                is_hidden = scan.is_behind_link(self._pair.root / each.relative) or not is_visible(each.relative)
                (hidden if is_hidden else found).append(each)
        for each in hidden:
            if each.is_missing:
                self._absences.found_again(each.id)  # a folder was moved away, and then a link put in its place
        return Unmet(tuple(found), len(hidden))

    def _mark_missing(self, unmet: Unmet, scan: Scan, now: Now) -> None:
        for each in unmet.visible:
            if scan.absent_is_known(self._pair.root / each.relative):
                self._absences.mark(each.id, now.utc)

    def _conclude(self, row: Row, now: Now) -> bool:
        """A photo has been missing for long enough: look once more, then act. False: nothing can be done now."""
        try:
            seen = self._pair.source.sight(row.path)
        except OSError:
            return False  # unknown is not gone
        if seen is not None:
            self._absences.found_again(row.id)
            return True
        return not self._dispatcher.in_flight.holds(row) and self._try_to_remove(row, now)

    def _try_to_remove(self, row: Row, now: Now) -> bool:
        health = self._dispatcher.health
        try:
            other = another_output(self._pair)
            if other:  # what stands there tells nothing of the output, which may come back
                health.pause(self._pair, other, now)
                return False
            self._remove_output(self._dispatcher.adopt_orphan(row, self._pair, now), now)
        except OSError as error:
            if not is_place_forbidden(self._pair, error):
                health.pause_for_output(self._pair, error, now)
            elif row.id not in self._left:
                self._left.add(row.id)
                log.warning("output_left", output=row.output, reason=in_words(error))
            return False
        except PhotoError as error:
            log.warning("output_left", output=row.output, reason=str(error))
            self._ledger.photos.forget(row.id)
        return True

    def _remove_output(self, row: Row, now: Now) -> None:
        """Its photo is gone: see to the output as the settings say, then to the row."""
        kept = None
        if row.written is not None:
            kept = self._dispatcher.outputs.discard(self._pair, row.id, row.written, now.utc)
            if kept is None:
                self._brake.note_deleted(now)
        if kept is None:
            self._ledger.photos.forget(row.id)
        else:
            self._absences.gone(row.id, DELETED, kept, now.utc)
        output = None if kept is None else row.output_root / kept.path
        self._ledger.after_commit(lambda: log.info("photo_gone", photo=row.path, output=output))

    def _is_there(self, folder: FolderRow) -> bool:
        """Is the source still the directory that the last scan went through?"""
        now, before = identity(self._pair.root), json.loads(folder.identity or "null")
        return now is not None and before is not None and (now.device, now.inode) == (before["device"], before["inode"])

    def _folder(self) -> FolderRow:
        return self._ledger.sources.row(self._pair.id)


@dataclass(frozen=True)
class MassChange:
    """How much of a source vanished and changed since a moment."""

    since: int  # UTC seconds
    removals: int
    changes: int
    total: int  # photos that have an output, or had one
    done: int  # of what vanished and changed, what was seen to already

    def in_words(self) -> str:
        """For the person who is asked."""
        done = f"{self.done} of them were seen to before that was noticed." if self.done else "Nothing was done yet."
        return (
            f"{self.removals} photos vanished and {self.changes} changed, of {self.total} that have an output. {done}"
        )

    def exceeds(self, limits: BrakeSettings) -> bool:
        """Is that more than may vanish or be redone without a person's word?"""
        affected = self.removals + self.changes
        return affected > limits.photos and affected > self.total * limits.percent / 100


class Brake:
    """Counts what vanishes and changes in one source, and stops it where that is too much at once."""

    def __init__(self, pair: FolderPair, listener: Listener, ledger: Ledger, settings: BrakeSettings) -> None:
        self._pair = pair
        self._listener = listener
        self._ledger = ledger
        self._settings = settings
        self._deleted: list[int] = []  # when outputs were deleted, of which the ledger keeps no row

    def note_deleted(self, now: Now) -> None:
        """An output was deleted for good."""
        self._deleted = [*(moment for moment in self._deleted if moment > now.utc - _WINDOW), now.utc]

    def measure(self, folder: FolderRow, span: Span, now: Now) -> MassChange:
        """How much has vanished and changed; what is missing may turn up in `span`. Nothing is changed."""
        counted_from = now.utc - _WINDOW if folder.brake_since is None else folder.brake_since
        confirmed = folder.confirmed if folder.confirmed <= now.utc else 0  # the clock was set back: who knows when
        since, absences = max(confirmed, min(counted_from, now.utc)), self._ledger.absences
        deleted = sum(moment > since for moment in self._deleted)
        return MassChange(
            since,
            deleted + absences.removals(folder.id, since, confirmed, span),
            absences.changes(folder.id, since, now.utc),
            absences.mirrored(folder.id, since),
            deleted + absences.removed(folder.id, since) + absences.redone(folder.id, since),
        )

    def apply(self, folder: FolderRow, span: Span, now: Now) -> bool:
        """Hold what must wait for a person's word, or let it go again; True: nothing may be done now."""
        change = self.measure(folder, span, now)
        if not change.exceeds(self._settings):
            if folder.brake_since is not None:
                self._ledger.absences.release(folder.id)
                self.release(folder)
            return False
        self._ledger.absences.hold(folder.id, change.since)
        self.engage(folder, change.in_words(), change.since)
        return True

    def engage(self, folder: FolderRow, words: str, since: int | None) -> None:
        """Put on record, and tell once, what waits for a person."""
        words = f"{words} If this is as you mean it, say `gpend confirm`."
        self._ledger.sources.brake(folder.id, words, since)
        if folder.brake is not None:
            return

        def tell() -> None:
            log.warning("brake_engaged", source=folder.source, reason=words)
            self._listener.paused(self._pair, words)

        self._ledger.after_commit(tell)

    def release(self, folder: FolderRow) -> None:
        """Nothing waits for a person any more."""
        self._ledger.sources.brake(folder.id, None, None)
        self._ledger.after_commit(lambda: log.info("brake_released", source=folder.source))


class Bitset:
    """Numbers from 0 on, each in an eighth of a byte: which rows of a large ledger were met."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)

    def add(self, number: int) -> None:
        """Put a number in."""
        if number in self:
            return
        place, bit = divmod(number, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits) + len(self._bits) // 2))
        self._bits[place] |= 1 << bit
        self._count += 1


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".?") + ("?" if words.endswith("?") else ".")
