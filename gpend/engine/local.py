"""Photos processed by worker threads of this very process: for one-off commands and tests."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from gpend.core.report import Outcome
from gpend.engine.attempt import attempt


class LocalEngine:
    """An Engine around `process`, which takes a photo's bytes and must be safe to call from `slots` threads."""

    def __init__(self, process: Callable[[bytes], Outcome], slots: int) -> None:
        self._process = process
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="gpend-slot")

    def submit(self, photo: bytes) -> Future[Outcome]:
        """Begin one photo. The future holds an Outcome or raises a GpendError. RuntimeError once closed."""
        return self._threads.submit(attempt, self._process, photo)

    def close(self) -> None:
        """Begin nothing more; photos not begun are cancelled, and those that run are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
