"""Settled photos from the queue to the engine, and what the engine has finished to where it belongs."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

from gpend.core import screenshot
from gpend.core.formats.wechat import reveal
from gpend.core.report import Outcome
from gpend.dispatch.companions import Companions
from gpend.dispatch.decided import Decided
from gpend.dispatch.finish import Finisher
from gpend.dispatch.health import Health, trouble_of_output, trouble_of_source
from gpend.dispatch.in_flight import InFlight, Submission
from gpend.dispatch.orphans import adopt_orphan
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.reuse import Deduplicator
from gpend.dispatch.types import FolderPair, Job, Listener, Nobody, Now, Runtime
from gpend.errors import IncompleteError, PhotoError, TransientError
from gpend.failpoints import reached
from gpend.intake.completeness import require_written
from gpend.intake.reading import ChangedError, RefusedError, read
from gpend.ledger import Ledger, Row

_NO_END = "The file ends before its picture does, and has not grown for long. It is taken up when it changes."
_EMPTY = "The file is empty, and has not grown for long. It is taken up when it changes."
_AT_A_TIME = 16  # photos taken before the daemon looks at what else there is to do
_AT_ONCE = 1.0  # seconds after which it does so at any rate, to hear that it is to stop or rest
_WECHAT = ".dat"
_MIB = 1 << 20


class Dispatcher:
    """Takes photos from the ledger's queue, one pair after the other, and ends what the engine has finished.

    It holds at most 2 * slots photos, and memory_mb of them. All methods are for one and the same thread.
    """

    def __init__(
        self,
        runtime: Runtime,
        ledger: Ledger,
        pairs: Sequence[FolderPair],
        wake: Callable[[], None],
        listener: Listener | None = None,
    ) -> None:
        """`wake` is called, from any thread, when there is something to collect."""
        self.listener = listener or Nobody()
        self.in_flight = InFlight(runtime.settings)
        self.health = Health(ledger, self.listener)
        self.outputs = OutputWriter(ledger, runtime.settings)
        self._pairs = list(pairs)
        self._triage = runtime.settings.triage
        self._note_seconds = runtime.note_seconds
        self._engine = runtime.engine
        self._ledger = ledger
        self._wake = wake
        self._finisher = Finisher(ledger, self.outputs, self.health, runtime.fingerprint, self.listener)
        self._decided = Decided(ledger, self.outputs, self._finisher)
        self._reuse = Deduplicator(ledger, pairs, self.outputs, self._finisher, runtime.fingerprint)
        self._companions = Companions(ledger, self.health, self.in_flight, self.outputs, self._finisher)

    def feed(self, now: Now) -> bool:
        """Take what there is room for, from each pair in turn; True if there may be more to take at once."""
        taken, progress, until = 0, True, time.monotonic() + _AT_ONCE
        while progress and taken < _AT_A_TIME and time.monotonic() < until:
            progress = False
            for pair in self._pairs:
                if self._feed(pair, now):
                    taken, progress = taken + 1, True
        mirrored = self._companions.step(self._reuse, self._pairs, now)
        return progress or mirrored

    @property
    def is_idle(self) -> bool:
        """Is nothing being worked on, or mirrored?"""
        return len(self.in_flight) == 0 and self._companions.is_idle

    def collect(self, now: Now) -> int:
        """End what the engine has finished; how many. Raises FatalError.

        Raises TransientError where the ledger cannot be written: the photo stays in flight, and is ended later.
        """
        done = [submission for submission in self.in_flight if submission.future.done()]
        for submission in done:
            reached("restored")
            self._note_stages(submission, now)
            with self._timed("finish"):
                self._finisher.finish(submission, now)
            self.in_flight.remove(submission)
            self.in_flight.note_answer(now.steady)
        return len(done)

    def stop(self, now: Now) -> None:
        """End what is finished, and roll back the rest: it waits again, and no attempt was used up."""
        self._companions.stop()
        self.collect(now)
        left = list(self.in_flight)
        with self._ledger.together():
            for submission in left:
                self._finisher.give_back(submission.job.row, now)
        for submission in left:
            self.in_flight.remove(submission)

    def take_changed(self) -> list[Row]:
        """Photos that were found changed since this was asked last: they must settle anew."""
        return self._finisher.take_changed()

    def adopt_orphan(self, row: Row, pair: FolderPair, now: Now) -> Row:
        """Have a row that is about to forget its file say what stands there for it. Raises OSError."""
        return adopt_orphan(self._ledger, self.outputs, row, pair, now)

    def set_aside_incomplete(self, photo: int, now: Now) -> None:
        """A file has stopped growing before its picture ends: on record as that, and looked at again now and then."""
        row = self._ledger.photos.row(photo)
        if row is not None:
            self._finisher.set_aside(row, IncompleteError(_NO_END if row.stamp.size else _EMPTY), now)

    def set_aside(self, row: Row, error: PhotoError, now: Now) -> None:
        """A photo is not processed, for a reason that only the daemon knows."""
        self._finisher.set_aside(row, error, now)

    def _note_stages(self, submission: Submission, now: Now) -> None:
        """How long the engine had it, and what it did in that time; nothing of what it failed with."""
        self._note_seconds("engine", now.steady - submission.since)
        if not submission.future.cancelled() and submission.future.exception() is None:
            for stage, seconds in submission.future.result().seconds.items():
                self._note_seconds(stage, seconds)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._note_seconds(stage, time.monotonic() - began)

    def _feed(self, pair: FolderPair, now: Now) -> bool:
        row = self._next(pair, now)
        if row is None:
            self._resume_without_photo(pair, now)
            return False
        in_flight = self.in_flight
        if not in_flight.has_room(row) or not self.health.check_and_pause(pair, now, busy=len(in_flight) > 0):
            return False
        job = self._load(row, pair, now)
        if job is not None:
            self._process(job, now)
        return True

    def _next(self, pair: FolderPair, now: Now) -> Row | None:
        if self.health.is_paused(pair, now):
            return None
        rows = self._ledger.photos.due(pair.id, now.utc, self.in_flight.passed_over + 1)
        row = next((row for row in rows if not self.in_flight.holds(row)), None)
        return None if row is not None and row.counted and pair.has_new_changes else row

    def _resume_without_photo(self, pair: FolderPair, now: Now) -> None:
        """Where nothing waits that could show whether a pair works again, what can be seen of it must do."""
        if not self.health.is_half_open(pair, now) or self.in_flight.is_busy_with(pair.id):
            return
        if self._ledger.photos.next_attempt(pair.id, now.utc) is not None:
            return
        if not trouble_of_output(pair) and not trouble_of_source(pair):
            self.health.resume(pair, now, has_room=True)

    def _load(self, row: Row, pair: FolderPair, now: Now) -> Job | None:
        """The photo of a row; None: it was set aside, or has to wait."""
        try:
            with self._timed("read"):
                job = None if pair.source.ignored(row.relative) else load_job(row, pair, self.in_flight.limit, now)
        except ChangedError:
            self._finisher.drop_changed(row, pair, now, begun=False)
        except RefusedError:
            self._finisher.set_aside_unreadable(row, now)
        except PhotoError as error:
            self._finisher.set_aside(row, error, now)
        except OSError as error:
            self._finisher.requeue_for_source(row, pair, error, now, begun=False)
        else:
            if job is not None:
                reached("read")
                return self._unwrap(job, now)
            self._finisher.drop_changed(row, pair, now, begun=False)  # people have it passed over since it was seen
        return None

    def _unwrap(self, job: Job, now: Now) -> Job | None:
        """What WeChat has wrapped up, as the picture that it is; None: it was set aside."""
        if job.row.relative.suffix.lower() != _WECHAT:
            return job
        try:
            revealed = reveal(job.photo.data)
        except PhotoError as error:
            self._finisher.fail(job, error, now, begun=False)
            return None
        return replace(job, picture=revealed.photo, suffix=revealed.suffix)

    def _process(self, job: Job, now: Now) -> None:
        job = replace(job, decision=self._decided.follow_decision(job))
        if self.in_flight.is_working_on(job.photo.content):
            self.in_flight.wait_on_duplicate(job)
            return
        if self._reuse.is_new_change(job):
            self._reuse.count_change(job, now)
            return
        try:
            is_done = self._decided.finish(job, now) or self._reuse.finish_known(job, now)
            is_done = is_done or self._leave_screenshot(job, now)
        except OSError as error:
            self._finisher.requeue_for_output(job, error, now, begun=False)
            return
        if is_done:
            self.health.resume(job.pair, now)
        else:
            self._submit(job, now)

    def _leave_screenshot(self, job: Job, now: Now) -> bool:
        """End a picture of a screen, which is left alone unless a person wants it; False: it is none, or restored."""
        if job.decision is not None:
            return False
        relative = job.row.relative
        why = screenshot.left(relative.name, relative.parent.name, job.picture, self._triage)
        if why:
            self._finisher.keep(job, why, now)
        return bool(why)

    def _submit(self, job: Job, now: Now) -> None:
        self._ledger.photos.begin(job.row.id, now.utc)
        outcome = self._finisher.take_unused(job)
        try:
            future = self._engine.submit(job.picture, job.wish) if outcome is None else _finished(outcome)
        except TransientError as error:
            self._finisher.requeue_for_engine(job, error, now)
            return
        self.in_flight.add(Submission(job, future, now.steady))
        reached("submitted")
        future.add_done_callback(lambda _: self._wake())


def _finished(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def load_job(row: Row, pair: FolderPair, limit: int, now: Now) -> Job:
    """Read the photo of a row, if it has `limit` bytes at most.

    Raises PhotoError where it is larger, IncompleteError where a part of it was never written; ChangedError,
    RefusedError and OSError as `gpend.intake.reading.read` does.
    """
    if row.stamp.size > limit:
        raise PhotoError(
            f"The file has {math.ceil(row.stamp.size / _MIB)} MiB, more than memory_mb allows ({limit // _MIB} MiB). "
            "It was not read. Raise memory_mb if it is to be processed.",
        )
    photo = read(row.path, row.stamp)
    if photo.hole is not None:
        require_written(photo.data, photo.hole)
    return Job(row, pair, photo, now.utc, photo.data)
