"""Photos that need no engine: gpend has met them before, under this name or another, or made them itself."""

from collections.abc import Sequence

from gpend.dispatch import outcomes
from gpend.dispatch.concluding import Concluding
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.ledger import Ledger, Row
from gpend.mirror import is_tagged


class Recognition:
    """Ends what it recognises, and sidecars. What raises OSError has recorded nothing: try again later."""

    def __init__(self, ledger: Ledger, pairs: Sequence[Pair], concluding: Concluding) -> None:
        self._ledger = ledger
        self._homes = {pair.id: pair.mirror for pair in pairs}
        self._concluding = concluding

    def ended(self, job: Job, now: Moment) -> bool:
        """End a photo that needs no engine; False: it does, or a person asked for it to be done afresh."""
        if job.row.forced and not job.row.is_sidecar:
            return False
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
        twin = outcomes.precedent(job.row, twins, self._concluding.recipe)
        return twin is not None and self._concluding.precedent(job, twin, self._homes.get(twin.folder), now)
