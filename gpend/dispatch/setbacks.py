"""Photos that could not be brought to an end: they wait, and what is to blame for it is paused."""

from gpend.dispatch import outcomes
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.unrecorded import Unrecorded
from gpend.dispatch.weather import Weather
from gpend.ledger import Ledger, Row

_FIRST_DELAY = 5  # seconds; doubles each time, up to a day


class Setbacks:
    """Puts photos back into the queue. `begun`: the engine had been given the photo, which is not held against it."""

    def __init__(self, ledger: Ledger, weather: Weather, unrecorded: Unrecorded) -> None:
        self._ledger = ledger
        self._weather = weather
        self._unrecorded = unrecorded
        self._changed: list[Row] = []

    def changed(self, row: Row, pair: Pair, now: Moment, *, begun: bool) -> None:
        """The file is not the one that was sighted: what is there now, if anything, must settle first."""
        try:
            self._unrecorded.take(row, pair, now)
        except OSError as error:
            self._later(row, now, begun=begun)
            self._weather.output_fails(pair, error, now)
            return
        self._ledger.queue.abandon(row.id, row.stamp, now.utc)
        self._changed.append(row)

    def news(self) -> list[Row]:
        """Photos that were found changed since this was asked last: they must settle anew."""
        rows, self._changed = self._changed, []
        return rows

    def source_fails(self, row: Row, pair: Pair, error: OSError, now: Moment, *, begun: bool) -> None:
        """A photo could not be read."""
        self._later(row, now, begun=begun)
        self._weather.source_fails(pair, error, now)

    def output_fails(self, job: Job, error: OSError, now: Moment, *, begun: bool) -> None:
        """What became of a photo could not be written."""
        self._later(job.row, now, begun=begun)
        self._weather.output_fails(job.pair, error, now)

    def engine_fails(self, job: Job, error: BaseException, now: Moment) -> None:
        """The engine could not work on a photo at this moment."""
        self._later(job.row, now, begun=True)
        self._weather.engine_fails(str(error) or "The engine was closed.", now)

    def take_back(self, row: Row, now: Moment) -> None:
        """A photo that was begun waits again as if it had not been: gpend ends."""
        self._ledger.queue.postpone(row.id, now.utc, None, give_back=True, delay=False)

    def _later(self, row: Row, now: Moment, *, begun: bool) -> None:
        until = now.utc + outcomes.interval(_FIRST_DELAY, row.delays)
        self._ledger.queue.postpone(row.id, now.utc, until, give_back=begun)
