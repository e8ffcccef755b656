"""How a photo's processing ends: the mirror first, then the ledger, and after its COMMIT the log and the listeners."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import assert_never

import structlog

from gpend.backoff import delay
from gpend.core.report import Kept, Outcome, Restored, Verdict
from gpend.dispatch.health import Health, is_place_forbidden
from gpend.dispatch.in_flight import Submission
from gpend.dispatch.orphans import adopt_orphan
from gpend.dispatch.others import AnothersError
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.types import FolderPair, Job, Listener, Now
from gpend.errors import FatalError, IncompleteError, PhotoError, TransientError, UnsupportedError
from gpend.failpoints import reached
from gpend.ledger import Facts, Fingerprint, Ledger, Result, Row, State, Written, earlier_of
from gpend.mirror import LinkedFolderError

log = structlog.get_logger()

_EVENTS = {state: f"photo_{state}" for state in State}
_INCOMPLETE_SECONDS = 600  # until a file that ends too early is looked at again; doubles each time
_FIRST_DELAY = 5  # seconds that a photo waits after trouble that was not its own; doubles each time
_REFUSED_SECONDS = 3600  # until gpend tries again what it may not read or has no room for; doubles each time
_LONGEST_SECONDS = 86_400
FORBIDDEN = (
    "gpend may not write the output of this photo in its place: permission denied. Others are written meanwhile. "
    "It tries again by itself, at first after an hour."
)
_MOST_UNUSED = 2  # finished photos that are held because they could not be written where their files were


class Finisher:
    """Ends photos, puts them back into the queue, or sets them aside.

    `begun` says that the engine had been given the photo, which is not held against one that has to wait.
    """

    def __init__(
        self, ledger: Ledger, outputs: OutputWriter, health: Health, fingerprint: Fingerprint, listener: Listener
    ) -> None:
        self._ledger = ledger
        self._outputs = outputs
        self._health = health
        self._fingerprint = fingerprint
        self._listener = listener
        self.forbidden: set[Path] = set()  # folders of sources, as far as is known, whose outputs may not be written
        self._changed: list[Row] = []
        self._unused: dict[str, Outcome] = {}  # by the content of the photo

    def finish(self, submission: Submission, now: Now) -> None:
        """The engine is done with a photo. Raises FatalError; then the photo waits again."""
        job = submission.job
        try:
            outcome = submission.future.result()
        except (TransientError, CancelledError) as error:
            self.requeue_for_engine(job, error, now)
        except FatalError:
            self.give_back(job.row, now)
            raise
        except PhotoError as error:
            self._health.resume_engine(now)
            self.fail(job, error, now, begun=True)
        else:
            self._health.resume_engine(now)
            if not self._conclude(job, now, lambda: self._write(job, outcome, now), begun=True):
                self._keep_unused(job, outcome)

    def take_unused(self, job: Job) -> Outcome | None:
        """What the engine has made of the same content already, and which could not be written where its file was."""
        return self._unused.pop(job.photo.content, None) if job.wish is None else None

    def _keep_unused(self, job: Job, outcome: Outcome) -> None:
        if job.wish is None:
            self._unused[job.photo.content] = outcome
            while len(self._unused) > _MOST_UNUSED:
                del self._unused[next(iter(self._unused))]

    def fail(self, job: Job, error: PhotoError, now: Now, *, begun: bool) -> None:
        """Nothing can be done with a photo."""
        self._conclude(job, now, lambda: self._write_failed(job, error, now), begun=begun)

    def keep(self, job: Job, reason: str, now: Now, facts: Facts | None = None) -> None:
        """A photo is left as it is, without the engine; `facts`: what is known of its faces.

        Raises OSError; then nothing is recorded.
        """
        self._write(job, Kept(reason, ()), now, facts)

    def set_aside(
        self, row: Row, error: PhotoError, now: Now, *, content: str | None = None, until: int | None = None
    ) -> None:
        """A photo cannot be processed; what was written for it earlier stays. `until`: look again then."""
        state = state_of(error)
        if until is None and isinstance(error, LinkedFolderError | AnothersError):  # on its way out, perhaps, for one
            until = now.utc + interval(_REFUSED_SECONDS, row.delays)
        if until is None and state is State.INCOMPLETE:
            until = now.utc + interval(_INCOMPLETE_SECONDS, row.delays)
        told = Result(state, str(error), content, self._fingerprint, None, row.written, earlier=earlier_of(row))
        self.record(row, told, now, until)

    def set_aside_unreadable(self, row: Row, now: Now) -> None:
        """A file may not be read; it is tried again, as permissions change without a trace in the stamp."""
        error = PhotoError(
            f"gpend may not read {row.path.name!r}: permission denied. It tries again by itself, at first after "
            "an hour.",
        )
        self.set_aside_for_a_while(row, error, now)

    def set_aside_for_a_while(self, row: Row, error: PhotoError, now: Now, content: str | None = None) -> None:
        """Nothing can be done with a file as long as something around it stays as it is, which nothing tells of."""
        self.set_aside(row, error, now, content=content, until=now.utc + interval(_REFUSED_SECONDS, row.delays))

    def record(self, row: Row, result: Result, now: Now, again: int | None = None) -> None:
        """Write to the ledger how a photo ended, and tell once that is committed. `again`: look at it again then."""
        self._ledger.photos.finish(row.id, result, now.utc, next_attempt=again)
        self._ledger.after_commit(lambda: self._tell(row, result))

    def drop_changed(self, row: Row, pair: FolderPair, now: Now, *, begun: bool) -> None:
        """The file is not the one that was sighted: what is there now, if anything, must settle first."""
        try:
            adopt_orphan(self._ledger, self._outputs, row, pair, now)
        except OSError as error:
            self._requeue(row, now, begun=begun)
            self._health.pause_for_output(pair, error, now)
            return
        self._ledger.photos.abandon(row.id, row.stamp, now.utc)
        self._ledger.after_commit(lambda: self._changed.append(row))

    def take_changed(self) -> list[Row]:
        """Photos that were found changed since this was asked last: they must settle anew."""
        rows, self._changed = self._changed, []
        return rows

    def requeue_for_source(self, row: Row, pair: FolderPair, error: OSError, now: Now, *, begun: bool) -> None:
        """A photo could not be read."""
        self._requeue(row, now, begun=begun)
        self._health.pause_for_source(pair, error, now)

    def requeue_for_output(self, job: Job, error: OSError, now: Now, *, begun: bool) -> None:
        """What became of a photo could not be written. What is forbidden in its place alone keeps no other waiting."""
        if is_place_forbidden(job.pair, error):
            self.forbidden.add(job.row.path.parent)
            self.set_aside_for_a_while(job.row, PhotoError(FORBIDDEN), now, job.photo.content)
            return
        self._requeue_for_output(job.row, job.pair, error, now, begun=begun)

    def requeue_row_for_output(self, row: Row, pair: FolderPair, error: OSError, now: Now, *, begun: bool) -> None:
        """The same, of a file that was not read whole."""
        if is_place_forbidden(pair, error):
            self.set_aside_for_a_while(row, PhotoError(FORBIDDEN), now)
            return
        self._requeue_for_output(row, pair, error, now, begun=begun)

    def _requeue_for_output(self, row: Row, pair: FolderPair, error: OSError, now: Now, *, begun: bool) -> None:
        self._requeue(row, now, begun=begun)
        self._health.pause_for_output(pair, error, now)

    def requeue_for_engine(self, job: Job, error: BaseException, now: Now) -> None:
        """The engine could not work on a photo at this moment."""
        self._requeue(job.row, now, begun=True)
        self._health.pause_engine(str(error) or "The engine was closed.", now)

    def give_back(self, row: Row, now: Now) -> None:
        """A photo that was begun waits again as if it had not been: gpend ends."""
        self._ledger.photos.postpone(row.id, now.utc, None, give_back=True, delay=False)

    def _requeue(self, row: Row, now: Now, *, begun: bool) -> None:
        until = now.utc + interval(_FIRST_DELAY, row.delays)
        self._ledger.photos.postpone(row.id, now.utc, until, give_back=begun)

    def _conclude(self, job: Job, now: Now, write: Callable[[], bool], *, begun: bool) -> bool:
        """Write what was found, unless the photo has changed meanwhile: then it is about another photo.

        False: it was not written.
        """
        try:
            seen = job.pair.source.sight(job.row.path)
        except OSError as error:
            self.requeue_for_source(job.row, job.pair, error, now, begun=begun)
            return False
        if seen is None or seen.stamp != job.row.stamp:
            log.info("photo_changed", photo=job.row.path)
            self.drop_changed(job.row, job.pair, now, begun=begun)
            return False
        try:
            is_written = write()
        except OSError as error:
            self.requeue_for_output(job, error, now, begun=begun)
            return False
        self._health.resume(job.pair, now, has_room=is_written)
        return True

    def _write(self, job: Job, outcome: Outcome, now: Now, known: Facts | None = None) -> bool:
        """Write an outcome; was there room for what was written?"""
        try:
            written = self._written(job, outcome)
        except PhotoError as error:
            self.set_aside(job.row, error, now, content=job.photo.content)
            return False
        state = State.RESTORED if isinstance(outcome, Restored) else State.KEPT
        facts = facts_of(outcome) if known is None else known
        content, picture = job.photo.content, job.picture_digest
        result = Result(state, outcome.reason, content, self._fingerprint, facts, written, picture, *job.capture)
        self.record(job.row, result, now)
        return state is State.RESTORED or self._outputs.took_room(job, written)

    def _written(self, job: Job, outcome: Outcome) -> Written | None:
        match outcome:
            case Restored():
                return self._outputs.write_restored(job, outcome.photo, outcome.suffix, self._fingerprint)
            case Kept():
                return self._outputs.write_kept(job)
            case _:
                assert_never(outcome)

    def _write_failed(self, job: Job, error: PhotoError, now: Now) -> bool:
        content = job.photo.content
        if state_of(error) is not State.UNSUPPORTED:
            self.set_aside(job.row, error, now, content=content)
            return False
        try:
            written = self._outputs.write_kept(job)
        except PhotoError as obstacle:
            self.set_aside(job.row, obstacle, now, content=content)
            return False
        picture = job.picture_digest
        told = (self._fingerprint, None, written, picture, *job.capture)
        result = Result(State.UNSUPPORTED, str(error), content, *told)
        self.record(job.row, result, now)
        return self._outputs.took_room(job, written)

    def _tell(self, row: Row, result: Result) -> None:
        reached("recorded")
        output = result.output_below(row.output_root)
        if row.is_sidecar and result.state is State.KEPT:
            log.debug("companion_mirrored", file=row.path, output=output)  # a film is no news
        else:
            log.info(_EVENTS[result.state], photo=row.path, reason=result.reason, output=output, **_counted(result))
        self._listener.finished(row, result)


def _counted(result: Result) -> dict[str, int]:
    """How many faces there are, and how many of them were restored; and whether that was known before."""
    verdicts = [face.get("verdict") for face in (result.facts or {}).get("faces", ())]
    counted = {"faces": len(verdicts), "restored": verdicts.count(Verdict.RESTORED.value)} if verdicts else {}
    return counted | ({"known": True} if result.is_known else {})


def facts_of(outcome: Outcome) -> Facts:
    """The part of an outcome that is kept as JSON (pure)."""
    match outcome:
        case Restored():
            notes = list(outcome.notes)
        case Kept():
            notes = []
        case _:
            assert_never(outcome)
    facts: Facts = {"faces": [face.as_data() for face in outcome.faces], "notes": notes}
    return facts | ({"by": outcome.by} if outcome.by else {})


def state_of(error: PhotoError) -> State:
    """Where a photo stands after an error that is its own (pure)."""
    if isinstance(error, IncompleteError):
        return State.INCOMPLETE
    return State.UNSUPPORTED if isinstance(error, UnsupportedError) else State.FAILED


def interval(first: int, times: int) -> int:
    """Seconds that double each time, up to a day (pure)."""
    return int(delay(first, times + 1, _LONGEST_SECONDS))
