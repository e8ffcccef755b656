"""Where in the output tree there is a place for a photo's output, as far as other photos are concerned."""

import os
from dataclasses import dataclass
from pathlib import Path

from gpend.dispatch.job import Job
from gpend.dispatch.pair import Pair
from gpend.ledger import Ledger, Row, Written
from gpend.mirror import OccupiedError, candidates


class Places:
    """Sees to it that no two photos have one place. What raises PhotoError or OSError has left everything as it was."""

    def __init__(self, ledger: Ledger) -> None:
        self._photos = ledger.photos

    def place(self, job: Job, suffix: str) -> Path:
        """Where the output goes; what is in the way there and can go elsewhere does so.

        Raises OccupiedError where every name belongs to another photo, OSError.
        """
        guest = self._guest(job, suffix)
        if guest is not None:
            moved = job.pair.mirror.move(guest.written, job.pair.mirror, guest.elsewhere)
            self._photos.rehome(guest.photo, moved)
        return self._free(job, suffix)

    def check(self, job: Job, suffix: str) -> None:
        """Raise OccupiedError or LinkedFolderError where an output cannot be written now; nothing is changed."""
        if self._guest(job, suffix) is None:
            job.pair.mirror.check(self._free(job, suffix), job.before)

    def is_taken(self, row: Row, pair: Pair, place: Path) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?"""
        holder = self._photos.holder(pair.id, place)
        if holder is not None:
            return holder.id != row.id
        return place != row.relative and os.path.lexists(pair.root / place)

    def _free(self, job: Job, suffix: str) -> Path:
        places = candidates(job.row.relative, suffix)
        for place in places:
            if not self.is_taken(job.row, job.pair, place):
                return place
        raise OccupiedError(
            f"The output of another photo already has the name {os.fsencode(places[-1].name)!r}. Nothing was "
            "overwritten, and this photo has no output. Rename one of the two photos.",
        )

    def _guest(self, job: Job, suffix: str) -> "_Guest | None":
        """A photo's own name is its own: the output that has taken it meanwhile, as IMG_1.jpg for IMG_1.HEIC."""
        place = candidates(job.row.relative, suffix)[0]
        holder = self._photos.holder(job.pair.id, place)
        if place != job.row.relative or holder is None or holder.id == job.row.id or holder.written is None:
            return None
        longer = candidates(holder.relative, place.suffix)[-1]
        if longer == place or not job.pair.mirror.stands(holder.written):
            return None
        return _Guest(holder.id, holder.written, longer)


@dataclass(frozen=True)
class _Guest:
    photo: int
    written: Written
    elsewhere: Path  # where it may go
