"""One computation at a time on a device, and word of every one that ends."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import TracebackType


class Turn:
    """Held while a network computes, so that it has the whole device or all of the CPUs.

    `progress` is called after every turn with the identifiers (threading.get_ident) of all threads that stood in line:
    the one whose turn it was and those still waiting are all getting on, slowly as it may be.
    """

    def __init__(self, progress: Callable[[Collection[int]], None] | None = None) -> None:
        self._progress = progress
        self._device = threading.Lock()
        self.line: set[int] = set()  # threads that compute or wait to
        self._line_changes = threading.Lock()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """For who waits until another thread has computed for it as well: its photo gets on with every turn."""
        with self._line_changes:
            self.line.add(threading.get_ident())
        try:
            yield
        finally:
            with self._line_changes:
                self.line.discard(threading.get_ident())

    def __enter__(self) -> None:
        with self._line_changes:
            self.line.add(threading.get_ident())
        self._device.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._device.release()
        with self._line_changes:
            stood = tuple(self.line)
            self.line.discard(threading.get_ident())
        if self._progress is not None:
            self._progress(stood)
