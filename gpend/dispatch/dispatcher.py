"""Settled photos to the engine and its outcomes to where they belong; what is done when something fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpend.dispatch.answers import Answers
from gpend.dispatch.concluding import Concluding
from gpend.dispatch.desk import Desk, Submission
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.placing import Placing
from gpend.dispatch.reading import Reading
from gpend.dispatch.recognition import Recognition
from gpend.dispatch.setbacks import Setbacks
from gpend.dispatch.unrecorded import Unrecorded
from gpend.dispatch.weather import Listener, Nobody, Weather
from gpend.engine import Engine
from gpend.errors import IncompleteError, PhotoError, TransientError
from gpend.failpoints import reached
from gpend.ledger import Ledger, Recipe, Row
from gpend.settings import Settings

_NO_END = "The file ends before its picture does, and has not grown for long. It is taken up when it changes."
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
        self.unrecorded = Unrecorded(ledger, equipment.settings.on_delete)
        self.setbacks = Setbacks(ledger, self.weather, self.unrecorded)
        self._pairs = list(pairs)
        self._engine = equipment.engine
        self._ledger = ledger
        self._wake = wake
        placing = Placing(ledger, equipment.settings)
        self._concluding = Concluding(ledger, placing, equipment.recipe, self.weather.listener, self.unrecorded)
        self._recognition = Recognition(ledger, pairs, placing, self._concluding)
        self._answers = Answers(self._concluding, self.setbacks, self.weather)
        self._reading = Reading(self.desk.limit, self._concluding, self.setbacks, self._answers)

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
                self._answers.carry_out(submission, now)
            finally:
                self.desk.remove(submission)
        return len(done)

    def stop(self, now: Moment) -> None:
        """End what is finished, and roll back the rest: it waits again, and no attempt was used up."""
        self.collect(now)
        with self._ledger.together():
            for submission in self.desk:
                self.setbacks.take_back(submission.job.row, now)
                self.desk.remove(submission)

    def has_no_end(self, photo: int, now: Moment) -> None:
        """A file has stopped growing before its picture ends: on record as that, and looked at again now and then."""
        row = self._ledger.photos.row(photo)
        if row is not None:
            self._concluding.set_aside(row, IncompleteError(_NO_END), now)

    def set_aside(self, row: Row, error: PhotoError, now: Moment) -> None:
        """A photo is not processed, for a reason that only the daemon knows."""
        self._concluding.set_aside(row, error, now)

    def _feed(self, pair: Pair, now: Moment) -> bool:
        row = self._next(pair, now)
        if row is None:
            self._look_up(pair, now)
            return False
        if not self.desk.has_room(row) or not self.weather.allows(pair, now, busy=len(self.desk) > 0):
            return False
        job = self._reading.job(row, pair, now)
        if job is not None:
            self._decide(job, now)
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

    def _decide(self, job: Job, now: Moment) -> None:
        if self.desk.is_working_on(job.photo.content):
            self.desk.park(job)
            return
        try:
            is_done = self._recognition.ended(job, now)
        except OSError as error:
            self.setbacks.output_fails(job, error, now, begun=False)
            return
        if is_done:
            self.weather.pair_works(job.pair, now)
        else:
            self._submit(job, now)

    def _submit(self, job: Job, now: Moment) -> None:
        self._ledger.queue.begin(job.row.id, now.utc)
        try:
            future = self._engine.submit(job.picture)
        except TransientError as error:
            self.setbacks.engine_fails(job, error, now)
            return
        self.desk.add(Submission(job, future, now.steady))
        reached("submitted")
        future.add_done_callback(lambda _: self._wake())
