"""Photos processed in a process of their own, which may crash, hang or fill the memory without harm to the daemon."""

import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from gpend.core.report import Outcome
from gpend.engine.jobs import Job, Jobs
from gpend.engine.messages import FromWorker, Setup
from gpend.engine.post import Post
from gpend.engine.process import Worker
from gpend.engine.supervisor import Patience, Supervisor

_JOIN = 2.0  # seconds that `close` waits at most


@dataclass(frozen=True)
class _Heard:
    worker: Worker
    message: FromWorker | None


def worker_command() -> list[str]:
    """What starts gpend's worker with this Python; -P: no modules out of the folder that we happen to stand in."""
    return [sys.executable, "-P", "-X", "faulthandler", "-m", "gpend.worker"]


def _tell_nobody(sentence: str) -> None:
    """For callers who keep no log."""


class ChildEngine:
    """An Engine whose worker process is started with the first photo, and again whenever it is needed and gone.

    One thread decides everything (see Supervisor); callers and the worker's voice only send it events.
    """

    def __init__(
        self,
        command: Sequence[str],
        setup: Setup,
        patience: Patience,
        *,
        fallback: Setup | None = None,
        tell: Callable[[str], None] = _tell_nobody,
    ) -> None:
        """`fallback` is for a while the setup where a GPU keeps failing; `tell` is given sentences for the log."""
        self._events: queue.SimpleQueue[_Heard | Job | None] = queue.SimpleQueue()
        self._supervisor = Supervisor(
            Post(lambda: Worker(command, self._hear), setup, fallback), Jobs(setup.slots), patience, tell
        )
        self._numbers = itertools.count(1)
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="gpend-engine", daemon=True)
        self._thread.start()

    def submit(self, photo: bytes) -> Future[Outcome]:
        """Begin one photo. The future holds an Outcome, or raises a PhotoError, TransientError or FatalError.

        Raises RuntimeError once the engine is closed.
        """
        job = Job(next(self._numbers), photo, Future())
        with self._door:
            if self._closed:
                raise RuntimeError("the engine is closed")
            self._events.put(job)
        return job.future

    def close(self) -> None:
        """End the worker at once; photos that are not done fail with a TransientError."""
        with self._door:
            self._closed = True
            self._events.put(None)
        self._thread.join(_JOIN)

    def _hear(self, worker: Worker, message: FromWorker | None) -> None:
        self._events.put(_Heard(worker, message))

    def _run(self) -> None:
        try:
            while self._take(self._supervisor.tend(time.monotonic())):
                pass
        finally:
            with self._door:
                self._closed = True
            self._take_last()
            self._supervisor.close()

    def _take(self, patience: float | None) -> bool:
        """Wait for one event and pass it on; False when it was the last."""
        try:
            event = self._events.get(timeout=patience)
        except queue.Empty:
            return True
        if isinstance(event, Job):
            self._supervisor.add(event)
        elif event is not None:
            self._supervisor.hear(event.worker, event.message, time.monotonic())
        return event is not None

    def _take_last(self) -> None:
        """Jobs that came while the engine was failing: they must be settled, too."""
        while not self._events.empty():
            if isinstance(event := self._events.get(), Job):
                self._supervisor.add(event)
