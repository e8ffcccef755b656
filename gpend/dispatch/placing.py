"""Bring an outcome into the output tree: written, copied, linked, moved, or nothing at all."""

import errno
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from gpend.dispatch import earlier
from gpend.dispatch.job import Job, is_gone
from gpend.dispatch.places import Places
from gpend.errors import PhotoError
from gpend.intake.reading import Appearance
from gpend.ledger import Ledger, Recipe, Row, State, Written
from gpend.mirror import Mirror, candidates, trash
from gpend.settings import Keep, Settings


class Placing:
    """Writes to the output trees. What raises PhotoError or OSError has left everything as it was."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._places = Places(ledger)
        self._keep = settings.keep
        self._on_delete = settings.on_delete

    def restored(self, job: Job, photo: bytes, suffix: str, recipe: Recipe) -> Written:
        """Write a restored photo."""
        place = self._places.place(job, suffix or job.suffix)
        written = job.pair.mirror.write(place, photo, job.origin, recipe, job.before)
        self._discard_earlier(job, written)
        return written

    def kept(self, job: Job) -> Written | None:
        """Mirror a photo that was not changed, as the settings want it."""
        if self._keep is Keep.NONE:
            self._discard_earlier(job, None)
            return None
        place = self._places.place(job, job.suffix)
        is_linked = self._keep is Keep.HARDLINK and not job.suffix
        written = (self._linked(job, place) if is_linked else None) or self._copied(job, place)
        self._discard_earlier(job, written)
        return written

    def obstacles(self, job: Job) -> list[PhotoError]:
        """Why an output could not be written now, for each ending that its name may get; nothing is changed."""
        found: list[PhotoError] = []
        for suffix in _suffixes(job):
            try:
                self._places.check(job, suffix)
            except PhotoError as error:
                found.append(error)
        return found

    def adopted(self, job: Job, known: Collection[str]) -> Written | None:
        """An output for exactly this photo that stands there already: gpend was interrupted, or lost its ledger."""
        for suffix in _suffixes(job):
            for place in candidates(job.row.relative, suffix):
                if self._places.is_taken(job.row, job.pair, place):
                    continue
                found = job.pair.mirror.adopt(place, job.origin, known)
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
        written = twin.written and trash.whereabouts(home, twin.written)
        if written is None:
            return None
        suffix = written.path.suffix if written.path.suffix != twin.relative.suffix else ""
        place = self._places.place(job, suffix)
        if home is job.pair.mirror and written.path == place:
            return home.retime(written, job.photo.like)
        if twin.id == job.row.id or is_gone(twin, job):
            return self._moved(job, replace(twin, written=written), home, place)
        photo = home.read(written)
        return None if photo is None else job.pair.mirror.write(place, photo, job.origin, twin.recipe, job.before)

    def exchanged(self, job: Job, twin: Row, like: Appearance) -> tuple[Written, Written] | None:
        """Give a photo the output of `twin`, which looks `like` this now, and the twin the photo's: in one step.

        What is then the photo's, and the twin's. None: that cannot be done, and nothing has changed.
        """
        mirror = job.pair.mirror
        if job.before is None or twin.written is None:
            return None
        outputs = mirror.exchange(job.before, twin.written)
        return outputs and (mirror.retime(outputs[0], job.photo.like), mirror.retime(outputs[1], like))

    def _moved(self, job: Job, twin: Row, home: Mirror, place: Path) -> Written | None:
        if twin.written is None:
            return None
        made = job.pair.mirror.adopt(place, job.origin, (twin.written.sha256,))
        if made is not None and not (job.pair.mirror.output / place).samefile(home.output / twin.written.path):
            home.remove(twin.written)  # it was being copied when gpend was killed, and nobody is left who needs both
            return job.pair.mirror.retime(made, job.photo.like)
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

    def _discard_earlier(self, job: Job, written: Written | None) -> None:
        earlier.discard(job.pair.mirror, job.before, written, self._on_delete, job.taken)


def _suffixes(job: Job) -> list[str]:
    """The endings that the name of an output may get."""
    return list(dict.fromkeys((job.suffix, ".jpg")))
