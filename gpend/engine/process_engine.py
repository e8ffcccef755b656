"""The engine: photos in a process of their own, of which one thread decides."""

import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine.jobs import Job, Jobs
from gpend.engine.protocol import Beat, Crops, FromWorker, Setup
from gpend.engine.supervisor import Supervisor, Timeouts
from gpend.engine.worker_process import RunningWorker, WorkerProcess, WorkerSlot, installation
from gpend.errors import GpendError, TransientError

_MOST_EVENTS = 1000  # not yet seen to; headway beyond that is no news
_CLOSE_SECONDS = 2.0  # that `close` waits at most


@dataclass(frozen=True)
class _Heard:
    worker: WorkerProcess
    message: FromWorker | None


@dataclass(frozen=True)
class _Answered:
    worker: RunningWorker
    asked: Crops
    future: Future[Outcome]

    @property
    def result(self) -> Outcome | GpendError:
        try:
            return self.future.result()
        except GpendError as error:
            return error
        except CancelledError:
            return TransientError("gpend was stopped before these faces were restored.")


class _Warm:
    """The first photo will come soon."""


def worker_command() -> list[str]:
    """What starts gpend's worker with this Python; -P: no modules out of the folder that we happen to stand in."""
    return [sys.executable, "-P", "-X", "faulthandler", "-m", "gpend.engine.worker"]


def _tell_nobody(sentence: str) -> None:
    """For callers who keep no log."""


class ProcessEngine:
    """An Engine whose worker process is started with the first photo, and again whenever it is needed and gone.

    One thread decides everything (see Supervisor); callers and the worker's voice only send it events.
    """

    def __init__(  # noqa: PLR0913 - each is a thing of its own, and most have a default
        self,
        command: Sequence[str],
        setup: Setup,
        timeouts: Timeouts,
        *,
        fallback: Setup | None = None,
        tell: Callable[[str], None] = _tell_nobody,
        elsewhere: Callable[[Crops], Future[Outcome]] | None = None,
    ) -> None:
        """`fallback` is for a while the setup where a GPU keeps failing; `tell` is given sentences for the log.

        `elsewhere` restores faces where the setup says that others do.
        """
        self._elsewhere = elsewhere
        self._events: queue.SimpleQueue[_Heard | _Answered | _Warm | Job | None] = queue.SimpleQueue()
        self._supervisor = Supervisor(
            WorkerSlot(lambda: WorkerProcess(command, self._hear), setup, fallback, installation),
            Jobs(setup.slots),
            timeouts,
            tell,
            None if elsewhere is None else self._ask,
        )
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="gpend-engine", daemon=True)
        self._thread.start()

    def submit_crops(self, crops: Crops) -> Future[Outcome]:
        """Begin some faces; they come back as the photo of a Restored. Raises RuntimeError as `submit` does."""
        return self._put(Job(next(self._numbers), crops.pixels, Future(), crops=crops))

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """As in Engine. The future holds an Outcome, or raises a PhotoError, TransientError or FatalError.

        Raises RuntimeError once the engine is closed.
        """
        return self._put(Job(next(self._numbers), photo, Future(), wish))

    def warm(self) -> None:
        """Have the worker load its networks now: it is ready when the first photo comes."""
        self._events.put(_Warm())

    def _put(self, job: Job) -> Future[Outcome]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the engine is closed")
            self._events.put(job)
        return job.future

    @property
    def device(self) -> str:
        """Where photos are restored; "" while that is not known."""
        return self._supervisor.device

    @property
    def networks(self) -> str:
        """Which networks restore, by name; "" while that is not known."""
        return self._supervisor.networks

    def close(self) -> None:
        """End the worker at once; photos that are not done fail with a TransientError."""
        with self._lock:
            self._closed = True
            self._events.put(None)
        self._thread.join(_CLOSE_SECONDS)

    def _hear(self, worker: WorkerProcess, message: FromWorker | None) -> None:
        if not isinstance(message, Beat) or self._events.qsize() < _MOST_EVENTS:
            self._events.put(_Heard(worker, message))

    def _ask(self, worker: RunningWorker, crops: Crops) -> None:
        """Have faces restored elsewhere; the answer is an event like all others."""
        assert self._elsewhere is not None  # noqa: S101 - nobody asks without
        answer = self._elsewhere(crops)
        answer.add_done_callback(lambda done: self._events.put(_Answered(worker, crops, done)))

    def _run(self) -> None:
        try:
            while self._take(self._supervisor.tend(time.monotonic())):
                pass
        finally:
            with self._lock:
                self._closed = True
            self._take_last()
            self._supervisor.close()

    def _take(self, seconds: float | None) -> bool:
        """Wait for one event and pass it on; False when it was the last."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return True
        if isinstance(event, Job):
            self._supervisor.add(event)
        elif isinstance(event, _Warm):
            self._supervisor.warm(time.monotonic())
        elif isinstance(event, _Answered):
            self._supervisor.answer(event.worker, event.asked, event.result, time.monotonic())
        elif event is not None:
            self._supervisor.hear(event.worker, event.message, time.monotonic())
        return event is not None

    def _take_last(self) -> None:
        """Jobs that came while the engine was failing: they must be settled, too."""
        while not self._events.empty():
            if isinstance(event := self._events.get(), Job):
                self._supervisor.add(event)
