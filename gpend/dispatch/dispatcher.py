"""Settled photos to the engine and its outcomes to where they belong; what is done when something fails."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace

import structlog

from gpend.core.wechat import reveal
from gpend.dispatch import outcomes
from gpend.dispatch.concluding import Concluding
from gpend.dispatch.desk import Desk, Submission
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair, output_trouble, source_trouble
from gpend.dispatch.placing import Job, Placing
from gpend.dispatch.weather import Listener, Nobody, Weather
from gpend.engine import Engine
from gpend.errors import FatalError, IncompleteError, PhotoError, TransientError
from gpend.failpoints import reached
from gpend.ledger import Ledger, Recipe, Row, plain
from gpend.mirror import ChangedError, RefusedError, is_tagged, read
from gpend.settings import Settings

log = structlog.get_logger()

_NO_END = "The file ends before its picture does, and has not grown for long. It is taken up when it changes."
_WECHAT = ".dat"
_MIB = 1 << 20
_FIRST_DELAY = 5  # seconds; doubles each time, up to a day
_AT_A_TIME = 16  # photos taken before the daemon looks at what else there is to do


@dataclass(frozen=True)
class Equipment:
    """With what photos are processed."""

    settings: Settings
    engine: Engine
    recipe: Recipe


class Dispatcher:
    """Takes photos from the ledger's queue, one pair after the other, and ends what the engine has finished.

    It holds at most 2 * slots photos, and memory_mb of them. All methods are for one and the same thread.
    """

    def __init__(
        self,
        equipment: Equipment,
        ledger: Ledger,
        pairs: Sequence[Pair],
        wake: Callable[[], None],
        listener: Listener | None = None,
    ) -> None:
        """`wake` is called, from any thread, when there is something to collect."""
        self.desk = Desk(equipment.settings)
        self.weather = Weather(ledger, listener or Nobody())
        self._pairs = list(pairs)
        self._engine = equipment.engine
        self._ledger = ledger
        self._wake = wake
        placing = Placing(ledger, equipment.settings)
        self._concluding = Concluding(ledger, placing, equipment.recipe, listener or Nobody())
        self._stale: list[Row] = []

    def feed(self, now: Moment) -> bool:
        """Take what there is room for, from each pair in turn; True if there may be more to take at once."""
        taken, progress = 0, True
        while progress and taken < _AT_A_TIME:
            progress = False
            for pair in self._pairs:
                if self._feed(pair, now):
                    taken, progress = taken + 1, True
        return progress

    def collect(self, now: Moment) -> int:
        """End what the engine has finished; how many. Raises FatalError."""
        done = [submission for submission in self.desk if submission.future.done()]
        for submission in done:
            reached("restored")
            try:
                self._end(submission, now)
            finally:
                self.desk.remove(submission)
        return len(done)

    def stop(self, now: Moment) -> None:
        """End what is finished, and roll back the rest: it waits again, and no attempt was used up."""
        self.collect(now)
        with self._ledger.together():
            for submission in self.desk:
                self._ledger.queue.postpone(submission.job.row.id, now.utc, None, give_back=True, delay=False)
                self.desk.remove(submission)

    def has_no_end(self, photo: int, now: Moment) -> None:
        """A file has stopped growing before its picture ends: on record as that, and looked at again now and then."""
        row = self._ledger.photos.row(photo)
        if row is not None:
            self._concluding.set_aside(row, IncompleteError(_NO_END), now)

    def set_aside(self, row: Row, error: PhotoError, now: Moment) -> None:
        """A photo is not processed, for a reason that only the daemon knows."""
        self._concluding.set_aside(row, error, now)

    def output_fails(self, pair: Pair, error: OSError, now: Moment) -> None:
        """Something could not be done in an output tree: the pair is paused."""
        self.weather.pair_fails(pair, output_trouble(pair.mirror.output, error), now)

    def changed(self) -> list[Row]:
        """Photos that were found changed since this was asked last: they must settle anew."""
        rows, self._stale = self._stale, []
        return rows

    def _feed(self, pair: Pair, now: Moment) -> bool:
        row = self._next(pair, now)
        if row is None:
            self._look_up(pair, now)
            return False
        if not self.desk.has_room(row) or not self.weather.allows(pair, now, busy=len(self.desk) > 0):
            return False
        self._take(row, pair, now)
        return True

    def _look_up(self, pair: Pair, now: Moment) -> None:
        """Where nothing waits that could show whether a pair works again, what can be seen of it must do."""
        if not pair.pause.on_probation or pair.pause.holds(now.steady) or self.desk.is_busy_with(pair.id):
            return
        if self._ledger.queue.next_attempt(pair.id, now.utc) is None and not pair.trouble():
            self.weather.pair_works(pair, now)

    def _next(self, pair: Pair, now: Moment) -> Row | None:
        if pair.pause.holds(now.steady):
            return None
        rows = self._ledger.queue.due(pair.id, now.utc, self.desk.parked + 1)
        return next((row for row in rows if not self.desk.holds(row)), None)

    def _take(self, row: Row, pair: Pair, now: Moment) -> None:
        if row.stamp.size > self.desk.limit:
            self._concluding.set_aside(row, _too_large(row, self.desk.limit), now)
            return
        try:
            photo = read(row.path, row.stamp)
        except ChangedError:
            self._drop(row, now)
        except RefusedError:
            until = outcomes.refused_until(row.delays, now.utc)
            self._concluding.set_aside(row, _refused(row), now, until=until)
        except OSError as error:
            self._later(row, now, begun=False)
            self.weather.pair_fails(pair, source_trouble(pair.root, error), now)
        else:
            reached("read")
            self._open(Job(row, pair, photo, now.utc, photo.data), now)

    def _open(self, job: Job, now: Moment) -> None:
        """Unwrap what WeChat has wrapped up."""
        if job.row.path.suffix.lower() != _WECHAT:
            self._decide(job, now)
            return
        try:
            revealed = reveal(job.photo.data)
        except PhotoError as error:
            problem = error
            self._conclude(job, now, lambda: self._concluding.failure(job, problem, now), begun=False)
        else:
            self._decide(replace(job, picture=revealed.photo, suffix=revealed.suffix), now)

    def _decide(self, job: Job, now: Moment) -> None:
        if self.desk.is_working_on(job.photo.content):
            self.desk.park(job)
            return
        try:
            is_done = (job.row.is_sidecar or not job.row.forced) and self._needs_no_engine(job, now)
        except OSError as error:
            self._output_fails(job, error, now, begun=False)
            return
        if is_done:
            self.weather.pair_works(job.pair, now)
        else:
            self._submit(job, now)

    def _needs_no_engine(self, job: Job, now: Moment) -> bool:
        """End a photo that gpend has met before, under this name or another; and a sidecar."""
        content = job.photo.content
        twins = self._ledger.photos.twins(job.row.id, content)
        if self._has_precedent(job, twins, now):
            return True
        if job.row.is_sidecar:
            self._concluding.sidecar(job, now)
            return True
        if self._concluding.adopted(job, twins, now):
            return True
        if is_tagged(job.picture) or self._ledger.photos.made(content) is not None:
            self._concluding.own_work(job, now)
            return True
        return False

    def _has_precedent(self, job: Job, twins: Sequence[Row], now: Moment) -> bool:
        twin = outcomes.precedent(job.row, twins, self._concluding.recipe)
        if twin is None:
            return False
        home = next((pair.mirror for pair in self._pairs if pair.id == twin.folder), None)
        return self._concluding.precedent(job, twin, home, now)

    def _submit(self, job: Job, now: Moment) -> None:
        self._ledger.queue.begin(job.row.id, now.utc)
        try:
            future = self._engine.submit(job.picture)
        except TransientError as error:
            self._engine_fails(job, error, now)
            return
        self.desk.add(Submission(job, future, now.steady))
        reached("submitted")
        future.add_done_callback(lambda _: self._wake())

    def _end(self, submission: Submission, now: Moment) -> None:
        job = submission.job
        try:
            outcome = submission.future.result()
        except (TransientError, CancelledError) as error:
            self._engine_fails(job, error, now)
        except FatalError:
            self._ledger.queue.postpone(job.row.id, now.utc, None, give_back=True, delay=False)
            raise
        except PhotoError as error:
            self.weather.engine_works(now)
            problem = error
            self._conclude(job, now, lambda: self._concluding.failure(job, problem, now))
        else:
            self.weather.engine_works(now)
            self._conclude(job, now, lambda: self._concluding.outcome(job, outcome, now))

    def _conclude(self, job: Job, now: Moment, conclude: Callable[[], None], *, begun: bool = True) -> None:
        """Write what was found, unless the photo has changed meanwhile: then it is about another photo."""
        try:
            seen = job.pair.source.sight(job.row.path)
        except OSError as error:
            self._later(job.row, now, begun=begun)
            self.weather.pair_fails(job.pair, source_trouble(job.pair.root, error), now)
            return
        if seen is None or plain(seen.stamp) != job.row.stamp:
            log.info("photo_changed", photo=job.row.path)
            self._drop(job.row, now)
            return
        try:
            conclude()
        except OSError as error:
            self._output_fails(job, error, now, begun=begun)
        else:
            self.weather.pair_works(job.pair, now)

    def _drop(self, row: Row, now: Moment) -> None:
        """The file is not the one that was sighted: what is there now, if anything, must settle first."""
        self._ledger.queue.abandon(row.id, row.stamp, now.utc)
        self._stale.append(row)

    def _later(self, row: Row, now: Moment, *, begun: bool) -> None:
        until = now.utc + outcomes.interval(_FIRST_DELAY, row.delays)
        self._ledger.queue.postpone(row.id, now.utc, until, give_back=begun)

    def _engine_fails(self, job: Job, error: BaseException, now: Moment) -> None:
        self._later(job.row, now, begun=True)
        self.weather.engine_fails(str(error) or "The engine was closed.", now)

    def _output_fails(self, job: Job, error: OSError, now: Moment, *, begun: bool) -> None:
        self._later(job.row, now, begun=begun)
        self.output_fails(job.pair, error, now)


def _too_large(row: Row, limit: int) -> PhotoError:
    return PhotoError(
        f"The file has {row.stamp.size / _MIB:.0f} MiB, more than memory_mb allows ({limit // _MIB} MiB). It was not "
        "read. Raise memory_mb if it is to be processed.",
    )


def _refused(row: Row) -> PhotoError:
    return PhotoError(
        f"gpend may not read {row.path.name!r}: permission denied. It tries again by itself, at first after an hour.",
    )
