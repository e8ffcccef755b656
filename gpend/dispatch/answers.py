"""What the engine answers, carried out: only while the photo is still the one that the answer is about."""

from collections.abc import Callable
from concurrent.futures import CancelledError

import structlog

from gpend.dispatch.concluding import Concluding
from gpend.dispatch.desk import Submission
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.setbacks import Setbacks
from gpend.dispatch.weather import Weather
from gpend.errors import FatalError, PhotoError, TransientError

log = structlog.get_logger()


class Answers:
    """Ends photos, or has them wait where that is not possible now."""

    def __init__(self, concluding: Concluding, setbacks: Setbacks, weather: Weather) -> None:
        self._concluding = concluding
        self._setbacks = setbacks
        self._weather = weather

    def carry_out(self, submission: Submission, now: Moment) -> None:
        """The engine is done with a photo. Raises FatalError; then the photo waits again."""
        job = submission.job
        try:
            outcome = submission.future.result()
        except (TransientError, CancelledError) as error:
            self._setbacks.engine_fails(job, error, now)
        except FatalError:
            self._setbacks.take_back(job.row, now)
            raise
        except PhotoError as error:
            self._weather.engine_works(now)
            self.failure(job, error, now, begun=True)
        else:
            self._weather.engine_works(now)
            self._conclude(job, now, lambda: self._concluding.outcome(job, outcome, now), begun=True)

    def failure(self, job: Job, error: PhotoError, now: Moment, *, begun: bool) -> None:
        """Nothing can be done with a photo. `begun`: the engine had been given it."""
        self._conclude(job, now, lambda: self._concluding.failure(job, error, now), begun=begun)

    def _conclude(self, job: Job, now: Moment, conclude: Callable[[], None], *, begun: bool) -> None:
        """Write what was found, unless the photo has changed meanwhile: then it is about another photo."""
        try:
            seen = job.pair.source.sight(job.row.path)
        except OSError as error:
            self._setbacks.source_fails(job.row, job.pair, error, now, begun=begun)
            return
        if seen is None or seen.stamp != job.row.stamp:
            log.info("photo_changed", photo=job.row.path)
            self._setbacks.changed(job.row, job.pair, now, begun=begun)
            return
        try:
            conclude()
        except OSError as error:
            self._setbacks.output_fails(job, error, now, begun=begun)
        else:
            self._weather.pair_works(job.pair, now)
