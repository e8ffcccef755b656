"""From a row of the queue to the photo itself: read whole, and unwrapped where it is wrapped up."""

from dataclasses import replace

from gpend.core.formats.wechat import reveal
from gpend.dispatch import outcomes
from gpend.dispatch.answers import Answers
from gpend.dispatch.concluding import Concluding
from gpend.dispatch.job import Job
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.setbacks import Setbacks
from gpend.errors import PhotoError
from gpend.failpoints import reached
from gpend.intake.reading import ChangedError, RefusedError, read
from gpend.ledger import Row

_WECHAT = ".dat"
_MIB = 1 << 20


class Reading:
    """Reads photos of `limit` bytes at most; one that cannot be read is seen to."""

    def __init__(self, limit: int, concluding: Concluding, setbacks: Setbacks, answers: Answers) -> None:
        self._limit = limit
        self._concluding = concluding
        self._setbacks = setbacks
        self._answers = answers

    def job(self, row: Row, pair: Pair, now: Moment) -> Job | None:
        """The photo of a row; None: it was set aside, or has to wait."""
        if row.stamp.size > self._limit:
            self._concluding.set_aside(row, _too_large(row, self._limit), now)
            return None
        try:
            photo = read(row.path, row.stamp)
        except ChangedError:
            self._setbacks.changed(row, pair, now, begun=False)
        except RefusedError:
            until = outcomes.refused_until(row.delays, now.utc)
            self._concluding.set_aside(row, _refused(row), now, until=until)
        except OSError as error:
            self._setbacks.source_fails(row, pair, error, now, begun=False)
        else:
            reached("read")
            return self._unwrapped(Job(row, pair, photo, now.utc, photo.data), now)
        return None

    def _unwrapped(self, job: Job, now: Moment) -> Job | None:
        """What WeChat has wrapped up, as the picture that it is."""
        if job.row.path.suffix.lower() != _WECHAT:
            return job
        try:
            revealed = reveal(job.photo.data)
        except PhotoError as error:
            self._answers.failure(job, error, now, begun=False)
            return None
        return replace(job, picture=revealed.photo, suffix=revealed.suffix)


def _too_large(row: Row, limit: int) -> PhotoError:
    return PhotoError(
        f"The file has {row.stamp.size / _MIB:.0f} MiB, more than memory_mb allows ({limit // _MIB} MiB). It was not "
        "read. Raise memory_mb if it is to be processed.",
    )


def _refused(row: Row) -> PhotoError:
    return PhotoError(
        f"gpend may not read {row.path.name!r}: permission denied. It tries again by itself, at first after an hour.",
    )
