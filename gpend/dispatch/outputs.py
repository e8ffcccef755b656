"""Where an outcome is written: whose a place is, under which name, and what becomes of what was written before."""

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from gpend.core.formats.signatures import written_ending
from gpend.dispatch.others import AnothersError, Others
from gpend.dispatch.types import FolderPair, Job
from gpend.errors import PhotoError
from gpend.intake.reading import Appearance
from gpend.ledger import RENAMED, Fingerprint, Ledger, Row, State, Written
from gpend.mirror import Adopted, Mirror, OccupiedError, output_root, trash
from gpend.mirror.dirfd import NOT_HERE
from gpend.mirror.staging import NotStagedError
from gpend.settings import Keep, OnDelete, Settings
from gpend.spelling import folded

_NO_LINKS = (errno.EXDEV, *NOT_HERE)


class Ownership:
    """What the ledger and the source say about places. Nothing here changes anything."""

    def __init__(self, ledger: Ledger) -> None:
        self._photos = ledger.photos
        self._others = Others(ledger)

    def holder(self, pair: FolderPair, place: Path) -> Row | None:
        """The photo whose output stands at a place, by the ledger, however the disk spells its name."""
        return self._photos.holder(pair.id, place) or next(self._rows_at(pair, place), None)

    def is_free(self, row: Row, pair: FolderPair, place: Path) -> bool:
        """Is this place nobody's, so that the output of a photo may go there at once?"""
        return self.holder(pair, place) is None and (place == row.relative or not os.path.lexists(pair.root / place))

    def is_shared(self, folder: int, mirror: Mirror, written: Written, *rows: int, same: Collection[str] = ()) -> bool:
        """Is an output also that of a photo which is not among these `rows`, nor another source's of a `same` content?

        It is asked before an output is removed or replaced: on a disk that ignores case, two rows may have one file,
        and so may photos of two sources that had one output, one after the other. Raises OSError.
        """
        others = (each for each in self._photos.with_output(folder, written.sha256) if each.id not in rows)
        if any(each.written is not None and mirror.same_file(each.written.path, written.path) for each in others):
            return True
        return self._others.share(folder, mirror, written, rows, same)

    def is_taken(self, row: Row, pair: FolderPair, place: Path, moved_from: int | None = None) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?

        `moved_from` is the row of a photo whose place this one takes over.
        """
        holder = self.holder(pair, place)
        if holder is not None:
            return holder.id not in (row.id, moved_from)
        return place != row.relative and os.path.lexists(pair.root / place)

    def former(self, row: Row, pair: FolderPair, place: Path) -> Row | None:
        """The same photo under an earlier spelling of its name, whose file is gone, and whose output stands there.

        Raises OSError.
        """
        for each in self._rows_at(pair, place):
            if each.id != row.id and folded(each.relative) == folded(row.relative):
                return each if pair.source.sight(each.path) is None else None
        return None

    def _rows_at(self, pair: FolderPair, place: Path) -> Iterator[Row]:
        sha256 = pair.mirror.ambiguous(place)
        for row in self._photos.with_output(pair.id, sha256) if sha256 else ():
            if row.written is not None and pair.mirror.same_file(row.written.path, place):
                yield row


class OutputWriter:
    """Writes to the output trees. What raises PhotoError or OSError has left everything as it was."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self.ownership = Ownership(ledger)
        self.others = Others(ledger)
        self._photos = ledger.photos
        self._absences = ledger.absences
        self._trashed = ledger.trashed
        self._keep = settings.keep
        self._on_delete = settings.on_delete

    @property
    def mirrors_kept(self) -> bool:
        """Do photos that need no restoration have outputs too?"""
        return self._keep is not Keep.NONE

    def took_room(self, job: Job, written: Written | None) -> bool:
        """Did what was written of a photo that was not changed need room, as a link does not?"""
        return self._keep is Keep.COPY and written is not None and written != job.row.written

    def write_restored(self, job: Job, photo: bytes, suffix: str, fingerprint: Fingerprint) -> Written:
        """Write a restored photo, under a name that ends as its format does; as `suffix` says where none is known."""
        place = self._make_room(job, written_ending(photo) or suffix or job.suffix)
        written = job.pair.mirror.write(place, photo, job.origin, fingerprint, self._before(job))
        self._discard_previous(job, written)
        return written

    def write_kept(self, job: Job) -> Written | None:
        """Mirror a photo that was not changed, or a companion, as the settings want it.

        Raises NotStagedError where a file that is not held in memory has to be copied first.
        """
        if self._keep is Keep.NONE:
            self._discard_previous(job, None)
            return None
        place = self._make_room(job, job.suffix)
        is_linked, before = self._keep.links and not job.suffix, self._before(job)
        written = (_link(job, place, before) if is_linked else None) or _copy(job, place, before)
        self._discard_previous(job, written)
        return written

    def write_duplicate(self, job: Job, duplicate: Row, home: Mirror, *, moved: bool) -> Written | None:
        """Give a photo the output of `duplicate`, a photo of the same content whose output tree is `home`.

        It is left in place if it is the photo's own already, moved along if the photo was `moved`, and copied
        otherwise. None: the output is no longer as gpend wrote it.
        """
        written = duplicate.written and trash.whereabouts(home, duplicate.written)
        if written is None:
            return None
        is_restored = duplicate.finished is State.RESTORED
        ending = (written_ending(job.picture) or written.path.suffix) if is_restored else job.suffix
        place = self._make_room(job, ending, duplicate.id if moved else None)
        if home is job.pair.mirror and written.path == place:
            return self._linked_anew(job, written) or home.retime(written, job.photo.like)
        give = self._move if moved else self._copy_output
        given = give(job, replace(duplicate, written=written), home, place)
        return given and (self._linked_anew(job, given) or given)

    def _linked_anew(self, job: Job, written: Written) -> Written | None:
        """A second name of a photo in place of one of another file; None: it is its own, or none is to be had."""
        pair, is_its_own = job.pair, written.stamp.inode == job.row.stamp.inode
        if self._keep.links and written.sha256 == job.photo.content and not is_its_own:
            with suppress(PhotoError, OSError):  # then what stands there stays
                if not self.ownership.is_shared(pair.id, pair.mirror, written, job.row.id, same=job.origin.contents):
                    return pair.mirror.link(written.path, job.origin, written)
        return None

    def swap(self, job: Job, duplicate: Row, like: Appearance) -> tuple[Written, Written] | None:
        """Give two photos each the output of the other, in one step; the duplicate's file looks `like` this now.

        What is then the photo's, and the duplicate's. None: that cannot be done, and nothing has changed.
        """
        mirror = job.pair.mirror
        if job.before is None or duplicate.written is None:
            return None
        outputs = mirror.exchange(job.before, duplicate.written)
        return outputs and (mirror.retime(outputs[0], job.photo.like), mirror.retime(outputs[1], like))

    def existing(self, job: Job, known: Collection[str]) -> Adopted | None:
        """An output for exactly this photo that stands there already: gpend was interrupted, or lost its ledger."""
        candidates = job.pair.mirror.candidates
        for place in dict.fromkeys(chain(*(candidates(job.row.relative, suffix) for suffix in _suffixes(job)))):
            if self.ownership.is_taken(job.row, job.pair, place):
                continue
            found = job.pair.mirror.adopt(place, job.origin, known)
            if found is not None:
                return found
        return None

    def existing_copy(self, job: Job) -> Written | None:
        """A copy of exactly this companion that stands there already: gpend was interrupted, or lost its ledger."""
        relative, mirror = job.row.relative, job.pair.mirror
        place = mirror.candidates(relative, "")[0]
        if self.ownership.is_taken(job.row, job.pair, place):
            return None
        return mirror.find_copy(place, relative, job.photo.content, job.photo.stamp)

    def obstacles(self, job: Job) -> list[PhotoError]:
        """Why an output could not be written now, for each ending that its name may get; nothing is changed."""
        found: list[PhotoError] = []
        for suffix in _suffixes(job):
            try:
                if self._in_the_way(job, suffix) is None:
                    place = self.free_name(job, suffix)
                    if self._left_behind(job, place) is None:
                        job.pair.mirror.check(place, job.origin, self._before(job))
            except PhotoError as error:
                found.append(error)
        return found

    def try_place(self, job: Job) -> None:
        """Try whether an output may be written where a photo's goes, and replace the one it has; nothing is changed.

        Raises OSError where it may not.
        """
        mirror = job.pair.mirror
        with suppress(PhotoError):  # what else is in the way is told when it is written
            output_root.try_folder(mirror.output, mirror.candidates(job.row.relative, "")[0].parent)
            if (before := output_in_place(job)) is not None:
                output_root.try_file(mirror.output, before.path)

    def discard(self, pair: FolderPair, row: int, written: Written, now: int) -> Written | None:
        """Do with an output whose photo is gone, or has another, what `on_delete` says; where it is then, if anywhere.

        What is another photo's output too stays for that one. Raises PhotoError, OSError.
        """
        if trash.is_in_trash(written.path):
            return written
        if self.ownership.is_shared(pair.id, pair.mirror, written, row):
            return None
        match self._on_delete:
            case OnDelete.TRASH:
                return self.to_trash(pair, written, now)
            case OnDelete.KEEP:
                return written
            case OnDelete.DELETE:
                pair.mirror.remove(written)
                return None

    def to_trash(self, pair: FolderPair, written: Written, now: int) -> Written | None:
        """Move an output into the trash, where it stays for all its days. As trash.discard, also in what it raises."""
        self._trashed.renew(pair.id, trash.today_of(now))
        return trash.discard(pair.mirror, written, now)

    def discard_previous(self, pair: FolderPair, row: Row, written: Written | None, now: int) -> None:
        """Discard what was written for a photo earlier, unless it is what stands there now."""
        before = row.written
        if before is None or (written is not None and pair.mirror.same_file(before.path, written.path)):
            return
        if written is None or written.path != before.path:
            self.discard(pair, row.id, before, now)

    def _discard_previous(self, job: Job, written: Written | None) -> None:
        self.discard_previous(job.pair, job.row, written, job.taken)

    def _before(self, job: Job) -> Written | None:
        """What may be written over: what is another photo's output too is not this one's to replace."""
        pair, before, same = job.pair, job.before, job.origin.contents
        if before is None or self.ownership.is_shared(pair.id, pair.mirror, before, job.row.id, same=same):
            return None
        return before

    def _move(self, job: Job, duplicate: Row, home: Mirror, place: Path) -> Written | None:
        mirror = job.pair.mirror
        if duplicate.written is None:
            return None
        if home is mirror and mirror.same_file(duplicate.written.path, place):
            return home.move(duplicate.written, mirror, place, job.photo.like)
        made = mirror.adopt(place, job.origin, (duplicate.written.sha256,))
        if made is not None:
            self._remove_moved(job, duplicate, home)  # it was being copied when gpend was killed: nobody needs both
            return mirror.retime(made.written, job.photo.like)
        is_shared = self.ownership.is_shared(duplicate.folder, home, duplicate.written, duplicate.id, job.row.id)
        if not is_shared and (job.before is None or job.before.path != place):  # else one of its own is in the way
            try:
                return home.move(duplicate.written, mirror, place, job.photo.like)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
        written = self._copy_output(job, duplicate, home, place)
        if written is not None:
            self._remove_moved(job, duplicate, home)
        return written

    def _remove_moved(self, job: Job, duplicate: Row, home: Mirror) -> None:
        """The output of a photo that was moved has been copied to its new place."""
        written = duplicate.written
        if written is not None and not self.ownership.is_shared(
            duplicate.folder, home, written, duplicate.id, job.row.id
        ):
            home.remove(written)

    def _copy_output(self, job: Job, duplicate: Row, home: Mirror, place: Path) -> Written | None:
        photo = None if job.is_streamed or duplicate.written is None else home.read(duplicate.written)
        if photo is None:
            return None  # it is copied afresh where it is not held in memory
        return job.pair.mirror.write(place, photo, job.origin, duplicate.fingerprint, self._before(job))

    def _make_room(self, job: Job, suffix: str, moved_from: int | None = None) -> Path:
        """Where the output goes; what is in the way there and can go elsewhere does so.

        `moved_from` is the row whose output it is. Raises OccupiedError where every name is another photo's, OSError.
        """
        place = self._find_place(job, suffix, moved_from)
        if os.path.lexists(job.pair.mirror.output / place):
            left = self._left_behind(job, place)
            if left is not None:
                self.to_trash(job.pair, left, job.taken)
        return place

    def _find_place(self, job: Job, suffix: str, moved_from: int | None) -> Path:
        first = job.pair.mirror.candidates(job.row.relative, suffix)[0]
        if self.ownership.is_free(job.row, job.pair, first) and not self._is_anothers(job, first):
            return first
        self._save_kept(job)
        other = self._in_the_way(job, suffix)
        if other is not None:
            moved = job.pair.mirror.move(other.written, job.pair.mirror, other.elsewhere)
            self._photos.rehome(other.photo, moved)
        self._discard_former(job, first, moved_from)
        return self.free_name(job, suffix, moved_from)

    def _save_kept(self, job: Job) -> None:
        """Take out of the way what is not to be overwritten.

        The name of a deleted photo may have come back with another photo: what was kept of the first stays. And what
        was found in place without a ledger may have been edited by somebody since gpend wrote it.
        """
        row = job.row
        is_another = row.recheck and row.content not in (None, job.photo.content)
        is_kept = self._on_delete is OnDelete.KEEP and is_another
        before = self._before(job)
        if before is not None and (is_kept or row.is_output_unproved):
            self.to_trash(job.pair, before, job.taken)

    def _discard_former(self, job: Job, place: Path, moved_from: int | None) -> None:
        """The photo was given a new spelling of its name and other bytes: its old output gives way to the new one."""
        former = self.ownership.former(job.row, job.pair, place)
        if former is None or former.id == moved_from or former.written is None or self._on_delete is OnDelete.KEEP:
            return
        kept = self.to_trash(job.pair, former.written, job.taken)
        if kept is None:
            self._photos.forget(former.id)
        else:
            self._absences.gone(former.id, RENAMED, kept, job.taken)

    def free_name(self, job: Job, suffix: str, moved_from: int | None = None) -> Path:
        """The first of the names that an output may get which is no other photo's. Raises OccupiedError."""
        places = job.pair.mirror.candidates(job.row.relative, suffix)
        free = [place for place in places if not self.ownership.is_taken(job.row, job.pair, place, moved_from)]
        for place in free:
            if place == free[-1] or not self._is_anothers(job, place):
                return place
        raise OccupiedError(
            f"The output of another photo already has the name {os.fsencode(places[-1].name)!r}. Nothing was "
            "overwritten, and this photo has no output. Rename one of the two photos.",
        )

    def _is_anothers(self, job: Job, place: Path) -> bool:
        """Does another source's output stand there?"""
        if os.path.lexists(job.pair.mirror.output / place):
            try:
                self._left_behind(job, place)
            except AnothersError:
                return True
        return False

    def _left_behind(self, job: Job, place: Path) -> Written | None:
        """What stands there although no photo needs it there. Raises AnothersError, LinkedFolderError and OSError."""
        try:
            job.pair.mirror.check(place, job.origin, self._before(job))
        except OccupiedError:
            return self.others.left_behind(job, place)
        return None

    def _in_the_way(self, job: Job, suffix: str) -> "_Movable | None":
        """A photo's own name is its own: the output that has taken it meanwhile, as IMG_1.jpg for IMG_1.HEIC."""
        place = job.pair.mirror.candidates(job.row.relative, suffix)[0]
        holder = self.ownership.holder(job.pair, place)
        if place != job.row.relative or holder is None or holder.id == job.row.id or holder.written is None:
            return None
        longer = job.pair.mirror.candidates(holder.relative, place.suffix)[-1]
        if longer in (place, holder.written.path) or not job.pair.mirror.stands(holder.written):
            return None
        return _Movable(holder.id, holder.written, longer)


@dataclass(frozen=True)
class _Movable:
    photo: int
    written: Written
    elsewhere: Path  # where it may go


def output_in_place(job: Job) -> Written | None:
    """The output that a photo has in the tree, which gives way whether it is restored anew or left as it is."""
    return None if job.before is None or trash.is_in_trash(job.before.path) else job.before


def _link(job: Job, place: Path, before: Written | None) -> Written | None:
    try:
        return job.pair.mirror.link(place, job.origin, before)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return None


def _copy(job: Job, place: Path, before: Written | None) -> Written:
    if job.is_streamed:
        if job.staged is None or job.staged.place != place:
            raise NotStagedError(place)
        return job.pair.mirror.write(place, job.staged, job.origin, Fingerprint(), before)
    return job.pair.mirror.write(place, job.picture, job.origin, Fingerprint(), before)


def _suffixes(job: Job) -> list[str]:
    """The endings that the name of an output may get."""
    return list(dict.fromkeys((job.suffix, written_ending(job.picture), ".jpg")))
