"""Which photo is worked on next, which alone, and which is to blame when the worker dies (pure: time is an argument).

When the worker dies with several photos in it, nobody knows whose fault it was. So each of them is tried again alone.
A photo is set aside only once the worker has died twice with it, the second time with nothing else in it; one death
may be an accident, such as memory that another program took.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine.protocol import Crops, Photo
from gpend.errors import GpendError, PhotoError

_DEATHS = 2


@dataclass(eq=False)
class Job:
    """One photo on its way."""

    number: int
    photo: bytes
    future: Future[Outcome]
    wish: Wish | None = None  # what a person wants of its faces, if that is out of the ordinary
    crops: Crops | None = None  # faces to be restored, in place of a photo
    by: str = ""  # who restored its faces elsewhere
    deaths: int = 0  # of the worker while it had this photo
    device_failures: int = 0
    alone: bool = False  # is or was last tried with nothing else in the worker
    begun: float = 0.0  # when the worker was given it
    fresh: float = 0.0  # when it last made headway; infinite while others restore its faces

    @property
    def message(self) -> Photo | Crops:
        """What the worker is told."""
        return (
            Photo(self.number, self.photo, self.wish) if self.crops is None else replace(self.crops, number=self.number)
        )


class Jobs:
    """The photos submitted and not yet settled; at most `slots` are with the worker."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        self._begun: dict[int, Job] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._suspects) + len(self._begun)

    @property
    def begun(self) -> Mapping[int, Job]:
        """Those that are with the worker, by number."""
        return self._begun

    def add(self, job: Job) -> None:
        """Behind all others."""
        self._waiting.append(job)

    def begin(self, now: float) -> Iterator[Job]:
        """The jobs to hand to the worker now; a job that its owner has cancelled is dropped."""
        while (job := self._next()) is not None:
            if job.future.running() or job.future.set_running_or_notify_cancel():
                job.begun = job.fresh = now
                self._begun[job.number] = job
                yield job

    def _next(self) -> Job | None:
        alone = any(job.alone for job in self._begun.values())
        if alone or len(self._begun) >= self._slots or (self._suspects and self._begun):
            return None
        if self._suspects:
            job = self._suspects.popleft()
            job.alone = True
            return job
        return self._waiting.popleft() if self._waiting else None

    def beat(self, numbers: Collection[int], now: float) -> None:
        """These make headway."""
        for number in numbers:
            if number in self._begun:
                self._begun[number].fresh = now

    def excuse(self, seconds: float, now: float) -> None:
        """So much of the time did not pass for those that are begun."""
        for job in self._begun.values():
            job.begun, job.fresh = min(job.begun + seconds, now), max(min(job.fresh + seconds, now), job.fresh)

    def settle(self, number: int, result: Outcome | GpendError) -> None:
        """The worker is done with it, well or badly."""
        job = self._begun.pop(number, None)
        if job is None:
            return
        if isinstance(result, GpendError):
            job.future.set_exception(result)
        else:
            job.future.set_result(replace(result, by=job.by) if job.by else result)

    def suspect(self, number: int) -> None:
        """The GPU failed with it: try it again, alone."""
        if (job := self._begun.pop(number, None)) is not None:
            job.device_failures += 1
            self._suspects.append(job)

    def stalled(self, now: float, seconds: float) -> list[Job]:
        """Those that have made no headway for so long."""
        return [job for job in self._begun.values() if now - job.fresh >= seconds]

    def overdue(self, now: float, seconds: float) -> list[Job]:
        """Those that the worker has had for so long, whatever headway it claims."""
        return [job for job in self._begun.values() if now - job.begun >= seconds]

    def requeue_lost(self, blamed: Collection[Job], reason: str) -> None:
        """The worker died for `reason`: all that it had is tried again, the blamed alone, unless that is proven."""
        lost = list(self._begun.values())
        suspects = [job for job in lost if job in blamed]
        self._begun.clear()
        self._waiting.extendleft(job for job in reversed(lost) if job not in suspects)
        for job in suspects:
            job.deaths += 1
            if job.deaths >= _DEATHS and len(lost) == 1:
                job.future.set_exception(
                    PhotoError(f"This photo made gpend's worker process fail, twice, and was set aside: {reason}.")
                )
            else:
                self._suspects.append(job)

    def abandon(self, error: GpendError) -> None:
        """All of them fail with `error`."""
        abandoned = [*self._begun.values(), *self._suspects, *self._waiting]
        self._begun.clear()
        self._suspects.clear()
        self._waiting.clear()
        for job in abandoned:
            if job.future.running() or job.future.set_running_or_notify_cancel():
                job.future.set_exception(error)
