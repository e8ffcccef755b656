"""The worker's post: who holds it, how far they are, and how the next one is to be started (time is an argument)."""

from collections.abc import Callable
from typing import Protocol

from gpend.engine.messages import Setup, ToWorker

_PAUSES = (0.0, 1.0, 5.0)  # seconds before each further start in a row that fails; after these it is hopeless
_RETURN = 1800.0  # seconds on the fallback before the first choice is tried again


class WorkerProcess(Protocol):
    """A running worker."""

    @property
    def epitaph(self) -> str:
        """How it ended and what it said last; to be asked after `end`."""
        ...

    def send(self, message: ToWorker) -> None:
        """Without waiting."""
        ...

    def end(self) -> None:
        """For good, whatever it is doing."""
        ...


class Post:
    """Held by one worker at a time. `spawn` starts a process or raises OSError; `fallback` serves where a GPU fails."""

    def __init__(self, spawn: Callable[[], WorkerProcess], first: Setup, fallback: Setup | None) -> None:
        self.worker: WorkerProcess | None = None
        self.ready = False  # it may be given photos
        self.proven = False  # some worker was ready once: what fails now is not the installation
        self.heard = 0.0  # when it last said something
        self.spent = False  # it is to be replaced as soon as it is empty
        self._spawn = spawn
        self._setup = self._first = first
        self._fallback = fallback
        self._fallback_until: float | None = None
        self._failures = 0
        self._not_before = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next start is allowed."""
        return max(0.0, self._not_before - now)

    def fill(self, now: float) -> str | None:
        """Start a worker. Why that failed, or None."""
        self.heard = now
        try:
            self.worker = self._spawn()
        except OSError as error:
            return str(error)
        self.worker.send(self._setup)
        return None

    def vacate(self) -> str:
        """End the worker. How it ended."""
        worker, self.worker = self.worker, None
        self.ready = self.spent = False
        if worker is None:
            return ""
        worker.end()
        return worker.epitaph

    def welcome(self) -> None:
        """The worker is ready."""
        self.ready = self.proven = True
        self._failures = 0

    def failed(self, now: float) -> bool:
        """A start failed. True where it is hopeless: several in a row did; whoever then asks begins anew."""
        self._failures += 1
        hopeless = self._failures >= len(_PAUSES)
        self._not_before = now + _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._failures = 0 if hopeless else self._failures
        return hopeless

    def fall_back(self, now: float) -> bool:
        """Use the fallback from the next start on, for a while; False where there is none, or it is in use already."""
        if self._fallback is None or self._fallback_until is not None:
            return False
        self._setup = self._fallback
        self._fallback_until = now + _RETURN
        return True

    def leaving(self, now: float) -> bool:
        """Whether the worker is to get no more photos, and to be replaced once it is empty."""
        if self._fallback_until is not None and now >= self._fallback_until:
            self._setup, self._fallback_until = self._first, None
            self.spent = self.worker is not None
        return self.spent
