"""Photos that need no engine: gpend has met them before, made them itself, or still has no place for their outputs."""

from collections.abc import Sequence

from gpend.dispatch import outcomes
from gpend.dispatch.concluding import Concluding
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.placing import Placing
from gpend.intake.reading import ChangedError, RefusedError, glance
from gpend.ledger import Ledger, Row, State
from gpend.mirror import is_tagged


class Recognition:
    """Ends what it recognises, and sidecars. What raises OSError has recorded nothing: try again later."""

    def __init__(self, ledger: Ledger, pairs: Sequence[Pair], placing: Placing, concluding: Concluding) -> None:
        self._ledger = ledger
        self._homes = {pair.id: pair.mirror for pair in pairs}
        self._placing = placing
        self._concluding = concluding

    def ended(self, job: Job, now: Moment) -> bool:
        """End a photo that needs no engine; False: it does."""
        is_afresh = job.row.forced and not job.row.is_sidecar  # as a person asked: whatever is known of it
        return (not is_afresh and self._is_known(job, now)) or self._is_still_in_want_of_a_place(job, now)

    def _is_known(self, job: Job, now: Moment) -> bool:
        twins = self._ledger.photos.twins(job.row.id, job.photo.content)
        if self._has_precedent(job, twins, now):
            return True
        if job.row.is_sidecar:
            self._concluding.sidecar(job, now)
            return True
        if self._concluding.adopted(job, twins, now):
            return True
        if is_tagged(job.picture) or self._ledger.photos.made(job.photo.content) is not None:
            self._concluding.own_work(job, now)
            return True
        return False

    def _has_precedent(self, job: Job, twins: Sequence[Row], now: Moment) -> bool:
        for twin in outcomes.precedents(job.row, twins, self._concluding.recipe):
            home = self._homes.get(twin.folder)
            if self._has_swapped(job, twin, now) or self._concluding.precedent(job, twin, home, now):
                return True
        return False

    def _has_swapped(self, job: Job, twin: Row, now: Moment) -> bool:
        """Two photos have exchanged their names: so do their outputs, lest the one is overwritten with the other."""
        if not outcomes.may_have_swapped(job.row, twin):
            return False
        try:
            content, like = glance(twin.path, twin.stamp)
        except (ChangedError, RefusedError, OSError):
            return False  # it is told when its own turn comes
        return content == job.row.content and self._concluding.swapped(job, twin, like, now)

    def _is_still_in_want_of_a_place(self, job: Job, now: Moment) -> bool:
        """What became of a photo could not be written, and for the same reason it could not be written now.

        Nothing is known of a photo that the engine has not seen yet: perhaps it needs no place.
        """
        row, content = job.row, job.photo.content
        if (row.finished, row.content, row.recipe) != (State.FAILED, content, self._concluding.recipe):
            return False
        for obstacle in self._placing.obstacles(job):
            if str(obstacle) == row.reason:
                self._concluding.set_aside(row, obstacle, now, content=content)
                return True
        return False
