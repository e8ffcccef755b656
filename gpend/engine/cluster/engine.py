"""The engine of a daemon whose photos are processed on other machines: a thread with a head in it."""

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine.cluster.head import Head, Plan
from gpend.engine.cluster.link import Link
from gpend.engine.cluster.placement import RemoteJob
from gpend.engine.protocol import Crops

_CLOSE_SECONDS = 5.0


class ClusterEngine:
    """An Engine whose photos are processed by workers of a cluster. A thread of its own runs all of it."""

    def __init__(self, plan: Plan, link: Callable[[], Link]) -> None:
        """`link` makes the connections, in that thread."""
        self._loop = asyncio.new_event_loop()
        self.device = "cluster"  # of other machines, each of which tells its own
        self.networks = plan.networks
        self._head = Head(plan)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=(link,), name="gpend-cluster", daemon=True)
        self._thread.start()

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """As in Engine. Raises RuntimeError once the engine is closed."""
        return self._put(RemoteJob(next(self._numbers), photo, Future(), wish, None, time.monotonic()))

    def submit_crops(self, crops: Crops) -> Future[Outcome]:
        """Begin some faces; they come back as the photo of a Restored. Raises RuntimeError as `submit` does."""
        return self._put(RemoteJob(next(self._numbers), crops.pixels, Future(), None, crops, time.monotonic()))

    def _put(self, job: RemoteJob) -> Future[Outcome]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the engine is closed")
            self._loop.call_soon_threadsafe(self._head.add, job)
        return job.future

    def close(self) -> None:
        """As in Engine: photos that are not done fail with a TransientError."""
        with self._lock:
            is_first, self._closed = not self._closed, True
        if is_first:
            self._loop.call_soon_threadsafe(self._head.stop)
        self._thread.join(_CLOSE_SECONDS)

    def _run(self, link: Callable[[], Link]) -> None:
        with contextlib.closing(self._loop):
            try:
                self._loop.run_until_complete(self._head.run(link))
            finally:
                with self._lock:
                    self._closed = True
                self._loop.run_until_complete(asyncio.sleep(0))  # photos that came meanwhile
                self._head.abandon()
