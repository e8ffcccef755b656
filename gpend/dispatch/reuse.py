"""Photos that need no engine: gpend has met them before, made them itself, or still has no place for their outputs."""

import os
from collections.abc import Sequence
from dataclasses import replace

from gpend.core.formats.history import names_gpend
from gpend.dispatch.finish import FORBIDDEN, Finisher
from gpend.dispatch.metadata_edits import finish_edited
from gpend.dispatch.orphans import adopt_orphan
from gpend.dispatch.outputs import OutputWriter, output_in_place
from gpend.dispatch.types import FolderPair, Job, Now
from gpend.errors import PhotoError
from gpend.intake.reading import ChangedError, RefusedError, glance
from gpend.intake.source import leads_back
from gpend.ledger import Fingerprint, Ledger, Result, Row, State, Written, before_set_aside, result_as_before
from gpend.mirror import Mirror, NameRefusedError, candidates, trash
from gpend.spelling import is_listed

_SET_ASIDE = (State.FAILED, State.INCOMPLETE)
_DONE = (State.RESTORED, State.KEPT, State.UNSUPPORTED)
CHANGED = "the output was changed by somebody; left alone"
REMOVED = "you removed the output; it is not made again"
_LEFT = (CHANGED, REMOVED, "the output was deleted by somebody; left so")  # the last: what gpend 0.1 said
_SIDECAR = "it goes with its photo"
_COMPANION = "it is no photo; it is mirrored as it is"
_OWN_WORK = "gpend restored this photo itself; it is not restored twice"


class Deduplicator:
    """Ends what needs no engine, and sidecars. What raises OSError has recorded nothing: try again later."""

    def __init__(
        self,
        ledger: Ledger,
        pairs: Sequence[FolderPair],
        outputs: OutputWriter,
        finisher: Finisher,
        fingerprint: Fingerprint,
    ) -> None:
        self._ledger = ledger
        self._homes = {pair.id: pair.mirror for pair in pairs}
        self._outputs = outputs
        self._finisher = finisher
        self._fingerprint = fingerprint

    def is_new_change(self, job: Job) -> bool:
        """Would an output be redone for this photo that the brake has not counted yet?

        A photo of which no byte has changed is no change, whatever its times say.
        """
        row, content = job.row, job.photo.content
        if row.written is None or trash.is_in_trash(row.written.path) or row.forced or row.counted == content:
            return False
        if row.content is not None and row.content != content:
            return not job.is_same_picture
        return row.recheck and row.finished is State.RESTORED and self._home_of_own(job, row.written) is None

    def count_change(self, job: Job, now: Now) -> None:
        """Have the brake count a new change, before the output is redone."""
        self._ledger.absences.count_change(job.row.id, job.photo.content, now.utc)
        self._ledger.after_commit(lambda: setattr(job.pair, "has_new_changes", True))

    def finish_known(self, job: Job, now: Now) -> bool:
        """End a photo that needs no engine; False: it does.

        Raises NotStagedError where a companion has to be copied first.
        """
        is_afresh = job.row.forced and not job.row.is_sidecar  # as a person asked: whatever is known of it
        known = self._ledger.photos.duplicates(job.row.id, job.photo.content)
        if job.decision is not None:  # that another photo was left as it is says nothing of what is wanted of this one
            known = [each for each in known if each.id == job.row.id or each.finished is State.RESTORED]
        before = job if job.row.earlier is None else _before_set_aside(job)
        if before is not job and before.row.content == job.photo.content:
            known = [before.row, *(each for each in known if each.id != job.row.id)]
        if self._leave_output(before, known, now) or (not is_afresh and self._finish_known(before, known, now)):
            return True
        return self._set_aside_again(job, now) or self._set_aside_for_its_name(job, now)

    def _finish_known(self, job: Job, duplicates: Sequence[Row], now: Now) -> bool:
        if self._leave_removed(job, duplicates, now) or self._reuse_any(job, duplicates, now):
            return True
        if job.is_same_picture and finish_edited(job, self._outputs, self._finisher, self._fingerprint, now):
            return True
        if job.row.is_sidecar:
            self._mirror_companion(job, now)
            return True
        if self._adopt_output(job, duplicates, now):
            return True
        if names_gpend(job.picture) or self._ledger.photos.made(job.photo.content) is not None:
            self._finisher.keep(job, _OWN_WORK, now)
            return True
        return False

    def _mirror_companion(self, job: Job, now: Now) -> None:
        reason = _COMPANION if job.pair.source.takes_everything else _SIDECAR
        written = self._outputs.existing_copy(job)
        if written is None:
            self._finisher.keep(job, reason, now)
        else:
            result = Result(State.KEPT, reason, job.photo.content, self._fingerprint, None, written)
            self._finisher.record(job.row, result, now)

    def _reuse_any(self, job: Job, duplicates: Sequence[Row], now: Now) -> bool:
        for duplicate in reusable_results(job.row, duplicates, self._fingerprint):
            if self._swap(job, duplicate, now) or self._reuse(job, duplicate, now):
                return True
        return False

    def _reuse(self, job: Job, duplicate: Row, now: Now) -> bool:
        """End a photo as its duplicate ended; False: its output is no longer what gpend wrote, so process the photo."""
        home = self._homes.get(duplicate.folder)
        moved = moved_from(job, duplicate)
        if duplicate.id == job.row.id and duplicate.written is not None:
            home = self._home_of_own(job, duplicate.written)
            moved = home is not job.pair.previous  # what the output was before stays as it is
        wants_output = duplicate.finished is State.RESTORED or (self._outputs.mirrors_kept and moved)
        written = None
        try:
            if home is not None and duplicate.written is not None and wants_output:
                written = self._outputs.write_duplicate(job, duplicate, home, moved=moved)
            if written is None and duplicate.finished is State.RESTORED:
                return False
            if written is None:
                written = self._outputs.write_kept(job)
        except PhotoError as error:
            self._finisher.set_aside(job.row, error, now, content=job.photo.content)
            return True
        result = result_as_before(duplicate, job.photo.content, written, _bare(duplicate))
        with self._ledger.together():
            if duplicate.id != job.row.id and moved:
                self._forget_moved(job, duplicate, written, now)
            self._finisher.record(job.row, result, now)
        return True

    def _forget_moved(self, job: Job, duplicate: Row, written: Written | None, now: Now) -> None:
        """A photo that was moved leaves a row with nothing more to say: its file is gone, and so is its output."""
        home = self._homes.get(duplicate.folder)
        if duplicate.folder == job.pair.id:
            duplicate = adopt_orphan(self._ledger, self._outputs, duplicate, job.pair, now)
        before = duplicate.written
        if before is None or (home is not None and not home.stands(before)) or _took_over(job, home, before, written):
            self._ledger.photos.forget(duplicate.id)

    def _swap(self, job: Job, duplicate: Row, now: Now) -> bool:
        """Two photos have exchanged their names: so do their outputs, lest the one is overwritten with the other."""
        if not may_have_swapped(job.row, duplicate):
            return False
        try:
            content, like = glance(duplicate.path, duplicate.stamp)
        except (ChangedError, RefusedError, OSError):
            return False  # it is told when its own turn comes
        outputs = self._outputs.swap(job, duplicate, like) if content == job.row.content else None
        if outputs is None:
            return False
        with self._ledger.together():
            for row, was, written in ((job.row, duplicate, outputs[0]), (duplicate, job.row, outputs[1])):
                self._finisher.record(row, result_as_before(was, was.content, written), now)
        return True

    def _home_of_own(self, job: Job, written: Written) -> Mirror | None:
        """The tree in which a photo's own output stands as gpend wrote it: the output, or what it was before."""
        trees = (job.pair.mirror, job.pair.previous if job.row.recheck else None)
        return next((tree for tree in trees if tree is not None and trash.whereabouts(tree, written)), None)

    def _leave_output(self, job: Job, duplicates: Sequence[Row], now: Now) -> bool:
        """A photo is as it was, but somebody has changed or deleted its output: that is how they want it.

        False: it is not so, or gpend is to make the output anew.
        """
        row, written = job.row, job.row.written
        if written is None or row.finished not in _DONE:
            return False
        if row.content != job.photo.content and not job.is_same_picture:
            return False
        if trash.is_in_trash(written.path) or self._home_of_own(job, written) is not None:
            return False
        is_there = os.path.lexists(job.pair.mirror.output / written.path)
        is_asked_for = row.forced and not row.rejudged  # by itself: whoever judges all anew thinks of no one output
        if not is_there and (row.recheck or is_asked_for or self._outputs.existing(job, _hashes(duplicates).keys())):
            return False
        if is_there and (is_unrecorded(job, written) or self._outputs.others.wrote(job.pair, written.path, row.path)):
            return False
        reason = f"{_bare(row)}; {CHANGED if is_there else REMOVED}"
        self._finisher.record(row, result_as_before(row, job.photo.content, written, reason), now)
        return True

    def _leave_removed(self, job: Job, duplicates: Sequence[Row], now: Now) -> bool:
        """A photo was moved whose output somebody had removed: they do not want it in another place either."""
        row = next((each for each in duplicates if self._is_removed(job, each)), None)
        if row is None or row.written is None or job.row.written is not None:
            return False
        if self._outputs.existing(job, _hashes(duplicates).keys()) or self._outputs.existing_copy(job):
            return False  # they moved both
        ending = row.written.path.suffix if row.finished is State.RESTORED else job.suffix
        try:
            written = replace(row.written, path=self._outputs.free_name(job, ending, row.id))
        except PhotoError as error:
            self._finisher.set_aside(job.row, error, now, content=job.photo.content)
            return True
        with self._ledger.together():
            self._ledger.photos.forget(row.id)
            reason = f"{_bare(row)}; {REMOVED}"
            self._finisher.record(job.row, result_as_before(row, job.photo.content, written, reason), now)
        return True

    def _is_removed(self, job: Job, row: Row) -> bool:
        """Is this what a photo was before it was moved, of which somebody had removed the output?

        Of another folder's output it is not known whether its disk is there.
        """
        is_asked_for = row.recheck or (row.forced and not row.rejudged)
        if row.id == job.row.id or row.folder != job.pair.id or row.state is State.GONE or is_asked_for:
            return False
        written, mirror = row.written, job.pair.mirror
        if written is None or row.finished not in _DONE or not moved_from(job, row):
            return False
        return not os.path.lexists(mirror.output / written.path) and trash.whereabouts(mirror, written) is None

    def _adopt_output(self, job: Job, duplicates: Sequence[Row], now: Now) -> bool:
        """Look for an output of exactly this photo that the ledger does not know of; False: there is none."""
        hashes = _hashes(duplicates)
        found = self._outputs.existing(job, hashes.keys())
        if found is None:
            return False
        written = found.written
        duplicate = hashes.get(written.sha256)
        facts = duplicate.outcome if duplicate else None
        is_copy = written.sha256 == job.photo.content
        state, reason = (State.KEPT, "kept before") if is_copy else (State.RESTORED, "restored before")
        reason = duplicate.reason_there if duplicate else f"{reason}; its output was found in place"
        fingerprint = self._fingerprint if found.is_proved else Fingerprint()
        result = Result(
            state, reason, job.photo.content, fingerprint, facts, written, None, *job.capture, is_known=True
        )
        self._finisher.record(job.row, result, now)
        return True

    def _set_aside_for_its_name(self, job: Job, now: Now) -> bool:
        """The disk cannot hold what the output would be called: better known before the engine works than after."""
        try:
            job.pair.mirror.names.check(job.pair.mirror.candidates(job.row.relative, "")[0])
        except NameRefusedError as error:
            self._finisher.set_aside(job.row, error, now, content=job.photo.content)
            return True
        return False

    def _is_place_doubtful(self, job: Job) -> bool:
        """Could an output not be written where this photo's goes, for want of permission?"""
        row, forbidden = job.row, self._finisher.forbidden
        if forbidden and row.path.parent in forbidden and (self._outputs.mirrors_kept or output_in_place(job)):
            return True
        return row.reason == FORBIDDEN and row.content == job.photo.content

    def _set_aside_again(self, job: Job, now: Now) -> bool:
        """What became of a photo could not be written, and for the same reason it could not be written now.

        Nothing is known of a photo that the engine has not seen yet: perhaps it needs no place. Raises OSError where
        its output may not be written still, or those beside it if it has one for sure, or had one.
        """
        row, content = job.row, job.photo.content
        if self._is_place_doubtful(job):
            self._outputs.try_place(job)
            self._finisher.forbidden.discard(row.path.parent)
        if row.content != content or row.finished is not State.FAILED or row.fingerprint != self._fingerprint:
            return False
        for obstacle in self._outputs.obstacles(job):
            if str(obstacle) == row.reason:
                self._finisher.set_aside(row, obstacle, now, content=content)
                return True
        return False


def _before_set_aside(job: Job) -> Job:
    """A photo as it was on record before it was set aside, if it is that one still; else as it is."""
    row = before_set_aside(job.row)
    if row is None:
        return job
    before = replace(job, row=row)
    return before if row.content == job.photo.content or before.is_same_picture else job


def _took_over(job: Job, home: Mirror | None, before: Written, written: Written | None) -> bool:
    """Is the output of a moved photo this photo's now, which stands there still as a disk that ignores case sees it?"""
    return home is job.pair.mirror and written is not None and home.same_file(before.path, written.path)


def is_unrecorded(job: Job, written: Written) -> bool:
    """Does gpend's own work for just this photo stand there, byte for byte, which it was killed before it recorded?

    What only says of itself that gpend made it has been edited since.
    """
    orphan = job.pair.mirror.find_orphan(written.path, job.photo.like.modified_ns)
    return orphan is not None and orphan.content == job.photo.content


def _bare(row: Row) -> str:
    """The reason of an outcome without what was said of an output that was left as somebody wanted it."""
    reason = row.reason_there
    for words in _LEFT:
        reason = reason.removesuffix(f"; {words}")
    return reason


def _hashes(duplicates: Sequence[Row]) -> dict[str, Row]:
    """The outputs of photos of one content, by their SHA-256."""
    fit = [each for each in duplicates if each.finished not in _SET_ASIDE]  # what those have is an earlier photo's
    return {each.written.sha256: each for each in fit if each.written is not None}


def moved_from(job: Job, duplicate: Row) -> bool:
    """Is a photo the duplicate itself: under another stamp, or moved here from a place where there is nothing now?

    In the source that the job's own photo was just read from, looking is enough; another source may be away as a whole.
    """
    if duplicate.id == job.row.id:
        return True
    if duplicate.folder != job.pair.id and not duplicate.is_absent:
        return False
    try:
        duplicate.path.lstat()
        is_there = is_listed(duplicate.source, duplicate.relative)  # the disk may find it under its new spelling
        return not is_there or leads_back(duplicate.source, duplicate.relative)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # unknown is not gone


def reusable_results(row: Row, duplicates: Sequence[Row], fingerprint: Fingerprint) -> list[Row]:
    """The rows among `duplicates` (photos of the same content) whose outcome holds for `row` too, best first (pure).

    Its own earlier outcome comes first, then a restoration: no photo is restored twice because its file was moved,
    touched or copied. That another photo was left as it is says something only under the same fingerprint. All that
    follow the first ended as it did: they count where its output is not there any more. None: process it.
    """
    if row.forced:
        return []
    fit = [each for each in duplicates if _holds(each, row, fingerprint)]
    fit.sort(key=lambda each: (each.id != row.id, each.finished is not State.RESTORED, not each.is_absent))
    return [each for each in fit if each.finished is fit[0].finished]


def may_have_swapped(row: Row, other: Row) -> bool:
    """Can it be that two photos have exchanged their names, of which the one is now what the other was (pure)?

    Both were restored, both wait to be looked at, and the output of each has a name that suits the other's.
    """
    if row.folder != other.folder or row.id == other.id or row.content is None or other.state is not State.WAITING:
        return False
    if other.held or other.forced or other.is_suspect or other.next_attempt is not None:
        return False
    return row.finished is other.finished is State.RESTORED and _suits(row, other) and _suits(other, row)


def _suits(row: Row, other: Row) -> bool:
    """Would the output of another photo have, as this photo's, the name that this photo's output has?"""
    if row.written is None or other.written is None:
        return False
    return row.written.path in candidates(row.relative, other.written.path.suffix)


def _holds(duplicate: Row, row: Row, fingerprint: Fingerprint) -> bool:
    match duplicate.finished:
        case State.RESTORED:
            return duplicate.written is not None
        case State.KEPT:
            return duplicate.id == row.id or duplicate.state is State.GONE or duplicate.fingerprint == fingerprint
        case State.UNSUPPORTED:
            return duplicate.fingerprint == fingerprint
        case _:
            return False
