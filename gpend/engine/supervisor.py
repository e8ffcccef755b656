"""What is done when the worker process starts, answers, falls silent or dies."""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from gpend.core.report import Outcome, Restored
from gpend.engine.jobs import Job, Jobs
from gpend.engine.protocol import Beat, Crops, Done, Failed, FromWorker, Ready, Refused, Unrestored
from gpend.engine.worker_process import RunningWorker, WorkerSlot
from gpend.errors import DeviceError, FatalError, GpendError, TransientError

_MOST_STALLS = 60  # 5 hours by default: a hundred faces on a slow machine take less
_FROZEN = 10.0  # seconds that gpend looks later than it meant to, where it did not run: paused with its container
_MOST_NOTES = 64  # of all workers: one that a photo has taken over may say what it likes
_OUT_OF_TURN = "it spoke out of turn"
_UPGRADED = (
    "Another gpend was installed while this one ran, and its worker process does not get on with this one. gpend ends, "
    "so that it can be started anew: systemd and Docker do that by themselves. No photo was harmed."
)


@dataclass(frozen=True)
class Timeouts:
    """How long is waited for what, in seconds."""

    stall: float  # for a photo, or a starting worker, to make headway
    idle: float  # for the next photo, before the worker is ended so that its memory comes back

    @property
    def most(self) -> float:
        """For one photo, or a starting worker, at most: one that a photo has taken over may claim headway for ever."""
        return _MOST_STALLS * self.stall


class Supervisor:
    """Keeps a worker at work while there are jobs. A crash or a stall costs at most the photo that caused it.

    `tell` is given a sentence at every change that people should know of. Time is an argument; one thread calls it.
    """

    def __init__(
        self,
        slot: WorkerSlot,
        jobs: Jobs,
        timeouts: Timeouts,
        tell: Callable[[str], None],
        elsewhere: Callable[[RunningWorker, Crops], None] | None = None,
    ) -> None:
        """`elsewhere` has faces restored for a worker that asks for that, and leads to a call of `answer`."""
        self._elsewhere = elsewhere
        self.device = self.networks = ""  # where, and with what, the last worker that was ready works
        self._slot = slot
        self._jobs = jobs
        self._timeouts = timeouts
        self._tell = tell
        self._told: set[str] = set()  # notes of workers
        self._looked, self._due = 0.0, math.inf  # the last look, and when the next was due by that

    def add(self, job: Job) -> None:
        """Take a photo in; `tend` is to be called next."""
        self._jobs.add(job)

    def hear(self, worker: RunningWorker, message: FromWorker | None, now: float) -> None:
        """A message from `worker`, or None at its end; what an earlier worker said is ignored."""
        if worker is not self._slot.worker:
            return
        self._note_heard(message, now)
        match message:
            case None:
                self._lose(self._jobs.begun.values(), now)
            case Ready() | Refused() if self._slot.is_ready:
                self._lose(self._jobs.begun.values(), now, _OUT_OF_TURN)
            case Ready():
                self._note_ready(message)
            case Refused(error):
                self._refuse(error, now)
            case Crops():
                self._have_restored(worker, message, now)
            case Beat(numbers, note):
                self._jobs.beat(numbers, now)
                self._note([note] if note else [])
            case Done(number, outcome):
                self._jobs.settle(number, outcome)
            case Failed(number, error):
                self._fail(number, error, now)
            case _:
                assert_never(message)

    def _note_ready(self, message: Ready) -> None:
        self.device, self.networks = message.device, message.name
        self._slot.mark_ready()
        self._note(message.notes)

    def _note(self, notes: Iterable[str]) -> None:
        """Each once, however often a worker is started."""
        for note in notes:
            if note not in self._told and len(self._told) < _MOST_NOTES:
                self._told.add(note)
                self._tell(note)

    def _refuse(self, error: GpendError, now: float) -> None:
        self._slot.stop()
        if not (isinstance(error, DeviceError) and self._fall_back(now)):
            self._give_up(error)

    def _have_restored(self, worker: RunningWorker, crops: Crops, now: float) -> None:
        if self._elsewhere is None:
            self._lose(self._jobs.begun.values(), now, _OUT_OF_TURN)
            return
        self._jobs.beat((crops.number,), math.inf)  # its thread waits; that others take their time is not its fault
        self._elsewhere(worker, crops)

    def answer(self, worker: RunningWorker, asked: Crops, restored: Outcome | GpendError, now: float) -> None:
        """What became of crops that were restored elsewhere; a worker that is gone needs them no more."""
        job = self._jobs.begun.get(asked.number)
        if worker is not self._slot.worker or job is None:
            return
        self._jobs.beat((asked.number,), now)
        if isinstance(restored, Restored):
            job.by = restored.by
            worker.send(replace(asked, pixels=restored.photo))
        else:
            worker.send(Unrestored(asked.number, str(restored)))

    def tend(self, now: float) -> float | None:
        """Do what is due. Seconds until something may be due again, None if only an event can make it so.

        Where it comes long after something was due, gpend was frozen, and its worker too: nothing has passed for that.
        """
        if now - self._due > _FROZEN:
            self._jobs.excuse(now - self._looked, now)
            self._slot.last_heard = min(self._slot.last_heard + now - self._looked, now)
        seconds = self._tend(now)
        self._looked, self._due = now, math.inf if seconds is None else now + seconds
        return seconds

    def _tend(self, now: float) -> float | None:
        self._slot.end_fallback(now)
        self._stop_if_due(now)
        if self._slot.worker is None and len(self._jobs) and self._slot.seconds_until_start(now) <= 0:
            self._start(now)
        if self._slot.worker is not None and self._slot.is_ready and not self._slot.is_retiring:
            for job in self._jobs.begin(now):
                self._slot.worker.send(job.message)
        return self._next_due(now)

    def warm(self, now: float) -> None:
        """Start a worker before the first photo is there; one that finds nothing to do is ended as any other."""
        if self._slot.worker is None and self._slot.seconds_until_start(now) <= 0:
            self._start(now)

    def _start(self, now: float) -> None:
        problem = self._slot.start(now)
        if problem is not None:
            self._start_failed(problem, now)

    def close(self) -> None:
        """End the worker; what was not done is to be tried again another time."""
        self._slot.stop()
        self._jobs.abandon(TransientError("gpend was stopped before this photo was done. It is tried again."))

    def _note_heard(self, message: FromWorker | None, now: float) -> None:
        """A ready worker without a photo has no headway to make."""
        if self._jobs.begun or not self._slot.is_ready or not isinstance(message, Beat):
            self._slot.last_heard = now

    def _stop_if_due(self, now: float) -> None:
        if self._slot.worker is None:
            return
        quiet = now - self._slot.last_heard
        silent = f"it made no headway for {self._timeouts.stall:g} seconds"
        endless = f"it was not done after {self._timeouts.most:g} seconds"
        if not self._slot.is_ready:
            if quiet >= self._timeouts.stall or now - self._slot.started >= self._timeouts.most:
                self._lose((), now, silent if quiet >= self._timeouts.stall else endless)
        elif overdue := self._jobs.overdue(now, self._timeouts.most):
            self._lose(overdue, now, endless)
        elif stalled := self._jobs.stalled(now, self._timeouts.stall):
            self._lose(stalled, now, silent)
        elif not self._jobs.begun and (
            self._slot.is_retiring or (not len(self._jobs) and quiet >= self._timeouts.idle)
        ):
            self._slot.stop()

    def _lose(self, blamed: Collection[Job], now: float, reason: str = "") -> None:
        """The worker died, or is ended because of `reason`."""
        was_ready = self._slot.is_ready
        exit_report = self._slot.stop()
        if not was_ready:
            self._start_failed(reason or exit_report, now)
            return
        if self._slot.is_upgraded:
            self._give_up(FatalError(_UPGRADED))
            return
        self._tell(f"The worker process was lost and is started again: {reason or exit_report}.")
        self._jobs.requeue_lost(blamed, reason or exit_report)

    def _start_failed(self, why: str, now: float) -> None:
        is_hopeless = self._slot.record_failure(now)
        if self._slot.is_upgraded:
            self._give_up(FatalError(_UPGRADED))
        elif is_hopeless and not self._fall_back(now):
            self._give_up(FatalError(f"gpend's worker process cannot be started: {why}. Reinstalling gpend may help."))

    def _give_up(self, error: GpendError) -> None:
        """Nothing can be processed now. Had it ever worked, the moment is to blame and not the installation."""
        self._jobs.abandon(TransientError(str(error)) if self._slot.is_proven else error)

    def _fail(self, number: int, error: GpendError, now: float) -> None:
        """A failing GPU is tried once more with this photo alone in a new process, and then left for the CPU."""
        job = self._jobs.begun.get(number)
        if job is None or not isinstance(error, DeviceError):
            self._jobs.settle(number, error)
        elif job.device_failures == 0 or self._slot.is_retiring or self._fall_back(now):
            self._slot.is_retiring = True
            self._jobs.suspect(number)
        else:
            self._jobs.settle(number, error)

    def _fall_back(self, now: float) -> bool:
        if not self._slot.fall_back(now):
            return False
        self._tell("The GPU keeps failing: photos are processed on the CPU for now.")
        return True

    def _next_due(self, now: float) -> float | None:
        stall, idle = self._timeouts.stall, self._timeouts.idle
        if self._slot.worker is None:
            return self._slot.seconds_until_start(now) if len(self._jobs) else None
        if not self._slot.is_ready:
            return max(0.0, min(self._slot.last_heard + stall, self._slot.started + self._timeouts.most) - now)
        if self._jobs.begun:
            begun = self._jobs.begun.values()
            return max(0.0, min(min(job.fresh + stall, job.begun + self._timeouts.most) for job in begun) - now)
        return max(0.0, self._slot.last_heard + idle - now)
