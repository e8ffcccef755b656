"""How a photo's processing ends: the mirror first, then the ledger, then a line in the log."""

from typing import assert_never

import structlog

from gpend.core.report import Kept, Outcome, Restored
from gpend.dispatch import outcomes
from gpend.dispatch.job import Job, is_gone
from gpend.dispatch.moment import Moment
from gpend.dispatch.placing import Placing
from gpend.dispatch.unrecorded import Unrecorded
from gpend.dispatch.weather import Listener
from gpend.errors import PhotoError
from gpend.failpoints import reached
from gpend.intake.reading import Appearance
from gpend.ledger import Ledger, Recipe, Result, Row, State, Written
from gpend.mirror import Mirror

log = structlog.get_logger()

_EVENTS = {state: f"photo_{state}" for state in State}
_SET_ASIDE = (State.FAILED, State.INCOMPLETE)
_SIDECAR = "it goes with its photo"
_OWN_WORK = "gpend restored this photo itself; it is not restored twice"


class Concluding:
    """Ends the processing of photos. What raises OSError has recorded nothing: try again later."""

    def __init__(
        self, ledger: Ledger, placing: Placing, recipe: Recipe, listener: Listener, unrecorded: Unrecorded
    ) -> None:
        self._ledger = ledger
        self._unrecorded = unrecorded
        self._placing = placing
        self.recipe = recipe
        self._listener = listener

    def outcome(self, job: Job, outcome: Outcome, now: Moment) -> None:
        """The engine is done with a photo."""
        try:
            written = self._placed(job, outcome)
        except PhotoError as error:
            self.set_aside(job.row, error, now, content=job.photo.content)
            return
        state = State.RESTORED if isinstance(outcome, Restored) else State.KEPT
        facts = outcomes.facts_of(outcome)
        self._record(job.row, Result(state, outcome.reason, job.photo.content, self.recipe, facts, written), now)

    def own_work(self, job: Job, now: Moment) -> None:
        """The photo is one that gpend restored, come back by another way."""
        self.outcome(job, Kept(_OWN_WORK, ()), now)

    def sidecar(self, job: Job, now: Moment) -> None:
        """The file is no photo, but goes where its photo goes."""
        self.outcome(job, Kept(_SIDECAR, ()), now)

    def precedent(self, job: Job, twin: Row, home: Mirror | None, now: Moment) -> bool:
        """End a photo as its `twin` of the same content ended; `home` is the twin's output tree.

        False: the twin's output is no longer what gpend wrote, so that this photo must be processed.
        """
        try:
            written = None
            if home is not None and (twin.finished is State.RESTORED or self._placing.is_heir(job, twin)):
                written = self._placing.like(job, twin, home)
            if written is None and twin.finished is State.RESTORED:
                return False
            if written is None:
                written = self._placing.kept(job)
        except PhotoError as error:
            self.set_aside(job.row, error, now)
            return True
        result = Result(twin.finished, twin.reason, job.photo.content, twin.recipe, twin.outcome, written)
        with self._ledger.together():
            if twin.id != job.row.id:
                self._bequeathed(job, twin, home, now)
            self._record(job.row, result, now)
        return True

    def swapped(self, job: Job, twin: Row, like: Appearance, now: Moment) -> bool:
        """End a photo and its `twin`, each of which has become what the other was. False: that is not possible."""
        outputs = self._placing.exchanged(job, twin, like)
        if outputs is None:
            return False
        with self._ledger.together():
            for row, was, written in ((job.row, twin, outputs[0]), (twin, job.row, outputs[1])):
                self._record(row, Result(was.finished, was.reason, was.content, was.recipe, was.outcome, written), now)
        return True

    def adopted(self, job: Job, known: list[Row], now: Moment) -> bool:
        """Look for an output of exactly this photo that the ledger does not know of; False: there is none."""
        twins = [twin for twin in known if twin.finished not in _SET_ASIDE]  # what they have is an earlier photo's
        hashes = {twin.written.sha256: twin for twin in twins if twin.written is not None}
        written = self._placing.adopted(job, hashes.keys())
        if written is None:
            return False
        twin = hashes.get(written.sha256)
        facts = twin.outcome if twin else None
        is_copy = written.sha256 == job.photo.content
        state, reason = (State.KEPT, "kept before") if is_copy else (State.RESTORED, "restored before")
        reason = twin.reason if twin else f"{reason}; its output was found in place"
        self._record(job.row, Result(state, reason, job.photo.content, self.recipe, facts, written), now)
        return True

    def failure(self, job: Job, error: PhotoError, now: Moment) -> None:
        """The engine could do nothing with a photo."""
        if outcomes.state_of(error) is not State.UNSUPPORTED:
            self.set_aside(job.row, error, now, content=job.photo.content)
            return
        try:
            written = self._placing.kept(job)
        except PhotoError as obstacle:
            self.set_aside(job.row, obstacle, now, content=job.photo.content)
            return
        self._record(job.row, Result(State.UNSUPPORTED, str(error), job.photo.content, self.recipe, None, written), now)

    def set_aside(
        self, row: Row, error: PhotoError, now: Moment, *, content: str | None = None, until: int | None = None
    ) -> None:
        """A photo cannot be processed; what was written for it earlier stays. `until`: look again then."""
        state = outcomes.state_of(error)
        again = outcomes.again_at(state, row.delays, now.utc) if until is None else until
        self._record(row, Result(state, str(error), content, self.recipe, None, row.written), now, again)

    def _placed(self, job: Job, outcome: Outcome) -> Written | None:
        match outcome:
            case Restored():
                return self._placing.restored(job, outcome.photo, outcome.suffix, self.recipe)
            case Kept():
                return self._placing.kept(job)
            case _:
                assert_never(outcome)

    def _bequeathed(self, job: Job, twin: Row, home: Mirror | None, now: Moment) -> None:
        """A photo that was moved leaves a row with nothing more to say: its file is gone, and so is its output."""
        if not is_gone(twin, job):
            return
        if twin.folder == job.pair.id:
            twin = self._unrecorded.take(twin, job.pair, now)
        if twin.written is None or not (home is None or home.stands(twin.written)):
            self._ledger.photos.forget(twin.id)

    def _record(self, row: Row, result: Result, now: Moment, again: int | None = None) -> None:
        self._ledger.queue.finish(row.id, result, now.utc, next_attempt=again)
        reached("recorded")
        output = None if result.written is None else row.output_root / result.written.path
        log.info(_EVENTS[result.state], photo=row.path, reason=result.reason, output=output)
        self._listener.finished(row, result)
