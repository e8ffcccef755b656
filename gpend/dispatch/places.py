"""Where in the output tree there is a place for a photo's output, as far as other photos are concerned."""

import os
from pathlib import Path

from gpend.dispatch.job import Job
from gpend.ledger import Ledger
from gpend.mirror import OccupiedError, candidates


class Places:
    """Sees to it that no two photos have one place. What raises PhotoError or OSError has left everything as it was."""

    def __init__(self, ledger: Ledger) -> None:
        self._photos = ledger.photos

    def place(self, job: Job, suffix: str) -> Path:
        """Where the output goes. Raises OccupiedError where every name belongs to another photo."""
        places = candidates(job.row.relative, suffix)
        self._make_way(job, places[0])
        for place in places:
            if not self.is_taken(job, place):
                return place
        raise OccupiedError(
            f"The output of another photo already has the name {os.fsencode(places[-1].name)!r}. Nothing was "
            "overwritten, and this photo has no output. Rename one of the two photos.",
        )

    def is_taken(self, job: Job, place: Path) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?"""
        holder = self._photos.holder(job.pair.id, place)
        if holder is not None:
            return holder.id != job.row.id
        return place != job.row.relative and os.path.lexists(job.pair.root / place)

    def _make_way(self, job: Job, place: Path) -> None:
        """A photo's own name is its own: an output that has taken it, as IMG_1.jpg for IMG_1.HEIC, is renamed."""
        holder = self._photos.holder(job.pair.id, place)
        if place != job.row.relative or holder is None or holder.id == job.row.id or holder.written is None:
            return
        longer = candidates(holder.relative, place.suffix)[-1]
        if longer == place or not job.pair.mirror.stands(holder.written):
            return
        moved = job.pair.mirror.move(holder.written, job.pair.mirror, longer)
        self._photos.rehome(holder.id, moved)
