"""What is done about a worker that starts, answers, falls silent or dies (time is an argument; one thread calls it)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import assert_never

from gpend.engine.jobs import Job, Jobs
from gpend.engine.messages import Beat, Done, Failed, FromWorker, Photo, Ready, Refused
from gpend.engine.post import Post, WorkerProcess
from gpend.errors import DeviceError, FatalError, GpendError, TransientError


@dataclass(frozen=True)
class Patience:
    """How long is waited for what, in seconds."""

    stall: float  # for a photo, or a starting worker, to make headway
    idle: float  # for the next photo, before the worker is ended so that its memory comes back


class Supervisor:
    """Keeps a worker on the post while there are jobs. A crash or a stall costs at most the photo that caused it.

    `tell` is given a sentence at every change that people should know of.
    """

    def __init__(self, post: Post, jobs: Jobs, patience: Patience, tell: Callable[[str], None]) -> None:
        self._post = post
        self._jobs = jobs
        self._patience = patience
        self._tell = tell

    def add(self, job: Job) -> None:
        """Take a photo in; `tend` is to be called next."""
        self._jobs.add(job)

    def hear(self, worker: WorkerProcess, message: FromWorker | None, now: float) -> None:
        """A message from `worker`, or None at its end; what an earlier worker said is ignored."""
        if worker is not self._post.worker:
            return
        self._post.heard = now
        match message:
            case None:
                self._lose(self._jobs.begun.values(), now)
            case Ready():
                self._post.welcome()
            case Refused(error):
                self._post.vacate()
                if not (isinstance(error, DeviceError) and self._fall_back(now)):
                    self._give_up(error)
            case Beat(numbers):
                self._jobs.beat(numbers, now)
            case Done(number, outcome):
                self._jobs.settle(number, outcome)
            case Failed(number, error):
                self._fail(number, error, now)
            case _:
                assert_never(message)

    def tend(self, now: float) -> float | None:
        """Do what is due. Seconds until something may be due again, None if only an event can make it so."""
        leaving = self._post.leaving(now)
        self._end_if_due(now)
        if self._post.worker is None and len(self._jobs) and self._post.wait(now) <= 0:
            problem = self._post.fill(now)
            if problem is not None:
                self._start_failed(problem, now)
        if self._post.worker is not None and self._post.ready and not leaving:
            for job in self._jobs.begin(now):
                self._post.worker.send(Photo(job.number, job.photo))
        return self._next_due(now)

    def close(self) -> None:
        """End the worker; what was not done is to be tried again another time."""
        self._post.vacate()
        self._jobs.abandon(TransientError("gpend was stopped before this photo was done. It is tried again."))

    def _end_if_due(self, now: float) -> None:
        if self._post.worker is None:
            return
        quiet = now - self._post.heard
        silent = f"it made no headway for {self._patience.stall:g} seconds"
        if not self._post.ready:
            if quiet >= self._patience.stall:
                self._lose((), now, silent)
        elif stalled := self._jobs.stalled(now, self._patience.stall):
            self._lose(stalled, now, silent)
        elif not self._jobs.begun and (self._post.spent or (not len(self._jobs) and quiet >= self._patience.idle)):
            self._post.vacate()

    def _lose(self, blamed: Collection[Job], now: float, reason: str = "") -> None:
        """The worker died, or is ended because of `reason`."""
        was_ready = self._post.ready
        epitaph = self._post.vacate()
        if not was_ready:
            self._start_failed(reason or epitaph, now)
            return
        self._tell(f"The worker process was lost and is started again: {reason or epitaph}.")
        self._jobs.died(blamed, reason or epitaph)

    def _start_failed(self, why: str, now: float) -> None:
        if self._post.failed(now) and not self._fall_back(now):
            self._give_up(FatalError(f"gpend's worker process cannot be started: {why}. Reinstalling gpend may help."))

    def _give_up(self, error: GpendError) -> None:
        """Nothing can be processed now. Had it ever worked, the moment is to blame and not the installation."""
        self._jobs.abandon(TransientError(str(error)) if self._post.proven else error)

    def _fail(self, number: int, error: GpendError, now: float) -> None:
        """A failing GPU is tried once more with this photo alone in a new process, and then left for the CPU."""
        job = self._jobs.begun.get(number)
        if job is None or not isinstance(error, DeviceError):
            self._jobs.settle(number, error)
        elif job.device_failures == 0 or self._post.spent or self._fall_back(now):
            self._post.spent = True
            self._jobs.suspect(number)
        else:
            self._jobs.settle(number, error)

    def _fall_back(self, now: float) -> bool:
        if not self._post.fall_back(now):
            return False
        self._tell("The GPU keeps failing: photos are processed on the CPU for now.")
        return True

    def _next_due(self, now: float) -> float | None:
        stall, idle = self._patience.stall, self._patience.idle
        if self._post.worker is None:
            return self._post.wait(now) if len(self._jobs) else None
        if not self._post.ready:
            return max(0.0, self._post.heard + stall - now)
        if self._jobs.begun:
            return max(0.0, min(job.fresh for job in self._jobs.begun.values()) + stall - now)
        return max(0.0, self._post.heard + idle - now)
