"""Bring an outcome into the output tree: written, copied, linked, moved, or nothing at all."""

import errno
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gpend.dispatch.pair import Pair
from gpend.ledger import Ledger, Recipe, Row, State, Written
from gpend.mirror import Mirror, OccupiedError, Origin, Original, candidates, trash
from gpend.settings import Keep, OnDelete, Settings


@dataclass(frozen=True)
class Job:
    """A photo on its way through the dispatcher."""

    row: Row
    pair: Pair
    photo: Original
    taken: int  # UTC seconds
    picture: bytes  # what there is to see: the photo itself, unless it is wrapped up
    suffix: str = ""  # the ending that a name for the picture must have, if another

    @property
    def origin(self) -> Origin:
        """What the mirror wants to know of it."""
        return Origin(self.row.relative, self.photo.content, self.photo.like)

    @property
    def before(self) -> Written | None:
        """What was written for it earlier."""
        return self.row.written


class Placing:
    """Writes to the output trees. What raises PhotoError or OSError has left everything as it was."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._keep = settings.keep
        self._on_delete = settings.on_delete

    def restored(self, job: Job, photo: bytes, suffix: str, recipe: Recipe) -> Written:
        """Write a restored photo."""
        place = self._place(job, suffix or job.suffix)
        written = job.pair.mirror.write(place, photo, job.origin, recipe, job.before)
        self._discard_earlier(job, written)
        return written

    def kept(self, job: Job) -> Written | None:
        """Mirror a photo that was not changed, as the settings want it."""
        if self._keep is Keep.NONE:
            self._discard_earlier(job, None)
            return None
        place = self._place(job, job.suffix)
        is_linked = self._keep is Keep.HARDLINK and not job.suffix
        written = (self._linked(job, place) if is_linked else None) or self._copied(job, place)
        self._discard_earlier(job, written)
        return written

    def adopted(self, job: Job, known: Collection[str]) -> Written | None:
        """An output for exactly this photo that stands there already: gpend was interrupted, or lost its ledger."""
        for suffix in dict.fromkeys((job.suffix, ".jpg")):
            for place in candidates(job.row.relative, suffix):
                found = None if self._is_taken(job, place) else job.pair.mirror.adopt(place, job.origin, known)
                if found is not None:
                    return found
        return None

    def is_heir(self, job: Job, twin: Row) -> bool:
        """Does a photo come into what was written for `twin`: itself under another stamp, or a file that it was?"""
        mirrors = self._keep is not Keep.NONE or twin.finished is State.RESTORED
        return mirrors and twin.written is not None and (twin.id == job.row.id or is_gone(twin, job))

    def like(self, job: Job, twin: Row, home: Mirror) -> Written | None:
        """Give a photo the output of `twin`, a photo of the same content whose output tree is `home`.

        It is left in place if it is the photo's own, moved if the twin's file is gone, and copied otherwise. None: the
        output is no longer as gpend wrote it.
        """
        if twin.written is None or not home.stands(twin.written):
            return None
        suffix = twin.written.path.suffix if twin.written.path.suffix != twin.relative.suffix else ""
        place = self._place(job, suffix)
        if home is job.pair.mirror and twin.written.path == place:
            return home.retime(twin.written, job.photo.like)
        if twin.id == job.row.id or is_gone(twin, job):
            return self._moved(job, twin, home, place)
        photo = home.read(twin.written)
        return None if photo is None else job.pair.mirror.write(place, photo, job.origin, twin.recipe, job.before)

    def _moved(self, job: Job, twin: Row, home: Mirror, place: Path) -> Written | None:
        if twin.written is None:
            return None
        if job.before is None or job.before.path != place:  # else an earlier output of its own stands in the way
            try:
                return home.move(twin.written, job.pair.mirror, place, job.photo.like)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
        photo = home.read(twin.written)
        if photo is None:
            return None
        written = job.pair.mirror.write(place, photo, job.origin, twin.recipe, job.before)
        home.remove(twin.written)
        return written

    def _linked(self, job: Job, place: Path) -> Written | None:
        try:
            return job.pair.mirror.link(place, job.origin, job.before)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP):
                raise
            return None

    def _copied(self, job: Job, place: Path) -> Written:
        return job.pair.mirror.write(place, job.picture, job.origin, Recipe(), job.before)

    def _place(self, job: Job, suffix: str) -> Path:
        """Where the output goes. Raises OccupiedError where every name belongs to another photo."""
        places = candidates(job.row.relative, suffix)
        self._make_way(job, places[0])
        for place in places:
            if not self._is_taken(job, place):
                return place
        raise OccupiedError(
            f"The output of another photo already has the name {os.fsencode(places[-1].name)!r}. Nothing was "
            "overwritten, and this photo has no output. Rename one of the two photos.",
        )

    def _is_taken(self, job: Job, place: Path) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?"""
        holder = self._ledger.photos.holder(job.pair.id, place)
        if holder is not None:
            return holder.id != job.row.id
        return place != job.row.relative and os.path.lexists(job.pair.root / place)

    def _make_way(self, job: Job, place: Path) -> None:
        """A photo's own name is its own: an output that has taken it, as IMG_1.jpg for IMG_1.HEIC, is renamed."""
        holder = self._ledger.photos.holder(job.pair.id, place)
        if place != job.row.relative or holder is None or holder.id == job.row.id or holder.written is None:
            return
        longer = candidates(holder.relative, place.suffix)[-1]
        if longer == place or not job.pair.mirror.stands(holder.written):
            return
        moved = job.pair.mirror.move(holder.written, job.pair.mirror, longer)
        self._ledger.photos.rehome(holder.id, moved)

    def _discard_earlier(self, job: Job, written: Written | None) -> None:
        """What was written earlier and is not what stands there now goes the way of what belongs to deleted photos."""
        before, mirror = job.before, job.pair.mirror
        if before is None or trash.is_in_trash(before.path) or (written is not None and written.path == before.path):
            return
        match self._on_delete:
            case OnDelete.TRASH:
                trash.discard(mirror, before, job.taken)
            case OnDelete.DELETE:
                mirror.remove(before)
            case OnDelete.KEEP:
                pass


def is_gone(twin: Row, job: Job) -> bool:
    """Is the file of another photo surely not there any more?

    In the source that the job's own photo was just read from, looking is enough; another source may be away as a whole.
    """
    if twin.folder != job.pair.id and not twin.is_absent:
        return False
    try:
        twin.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # unknown is not gone
    return False
