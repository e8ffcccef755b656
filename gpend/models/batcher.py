"""Gathers what several threads ask of one network: a graphics card needs whole batches to be busy.

There is no thread of its own. Whoever asks while nobody gathers does it for all: waits a moment for the others, takes
what came, first come first served, has it computed, and hands the results out. A second one gathers while the first
computes, so the device is given its next batch before it is done with this one. Each caller has at most one request in
line, so memory is bounded by what the callers hold anyway.
"""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gpend.errors import DeviceError

Item = TypeVar("Item")
Result = TypeVar("Result")

_LANES = 2  # batches under way: one is computed, one is gathered or being handed over
WINDOW = 0.004  # seconds that is waited for others at most: less than a batch takes


@dataclass(eq=False)
class Request(Generic[Item, Result]):
    """What one caller wants."""

    items: Sequence[Item]
    key: Hashable  # only requests with the same one can be computed together
    taken: int = 0  # items that are in a batch
    results: dict[int, Result] = field(default_factory=dict)  # by place among the items
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        """It failed, or has all its results."""
        return self.error is not None or len(self.results) == len(self.items)


@dataclass(frozen=True)
class Part(Generic[Item, Result]):
    """Those of a request's items that are in one batch."""

    request: Request[Item, Result]
    start: int
    stop: int

    @property
    def items(self) -> Sequence[Item]:
        """In order."""
        return self.request.items[self.start : self.stop]

    def settle(self, results: Sequence[Result]) -> None:
        """One for each item."""
        self.request.results |= zip(range(self.start, self.stop), results, strict=True)


class Line(Generic[Item, Result]):
    """The requests that wait, the oldest first (pure)."""

    def __init__(self) -> None:
        self._requests: list[Request[Item, Result]] = []

    def add(self, request: Request[Item, Result]) -> None:
        """Behind all others."""
        self._requests.append(request)

    @property
    def length(self) -> int:
        """Items that could go into the next batch."""
        return sum(len(one.items) - one.taken for one in self._next())

    def take(self, most: int) -> list[Part[Item, Result]]:
        """The next batch: at most so many items, the oldest and what can be computed with it, in order."""
        parts = []
        for one in self._next():
            if most <= 0:
                break
            part = Part(one, one.taken, min(len(one.items), one.taken + most))
            one.taken = part.stop
            most -= part.stop - part.start
            parts.append(part)
        self._requests = [one for one in self._requests if one.taken < len(one.items)]
        return parts

    def drop(self, request: Request[Item, Result]) -> None:
        """What is left of a request that has failed."""
        self._requests = [one for one in self._requests if one is not request]

    def _next(self) -> list[Request[Item, Result]]:
        return [one for one in self._requests if one.key == self._requests[0].key]


class Batcher(Generic[Item, Result]):
    """Computes what is asked of it in batches with what others ask at the same time. For several threads."""

    def __init__(
        self,
        compute: Callable[[Sequence[Item]], Sequence[Result]],
        most: Callable[[], int],
        callers: int,
        window: float = WINDOW,
    ) -> None:
        """`compute` gives a result for each item; `most` tells how many it may be given; so many threads may call."""
        self._compute = compute
        self._most = most
        self._callers = callers
        self._window = window
        self._line: Line[Item, Result] = Line()
        self._changed = threading.Condition()
        self._inside = 0  # threads that wait for results
        self._lanes = 0
        self._gathers = False

    def __call__(self, items: Sequence[Item], key: Hashable = None) -> list[Result]:
        """A result for each item. Raises what `compute` raises for this caller's own items."""
        request: Request[Item, Result] = Request(items, key)
        with self._changed:
            self._line.add(request)
            self._inside += 1
            self._changed.notify_all()
            try:
                while not request.is_done:
                    self._get_on(request)
            finally:
                self._inside -= 1
                self._line.drop(request)
        if request.error is not None:
            raise request.error
        return [request.results[place] for place in range(len(items))]

    def _get_on(self, request: Request[Item, Result]) -> None:
        """Compute a batch for all, or wait until somebody has; the lock is held before and after."""
        if self._gathers or self._lanes == _LANES or request.taken == len(request.items):
            self._changed.wait()
            return
        self._gathers = True
        self._lanes += 1
        self._wait_for_others(time.monotonic() + self._window)
        parts = self._line.take(self._most())
        self._gathers = False
        self._changed.notify_all()
        self._changed.release()
        try:
            _settle(parts, self._compute)
        finally:
            self._changed.acquire()
            self._lanes -= 1
            self._changed.notify_all()

    def _wait_for_others(self, until: float) -> None:
        """Until the batch is full, or everybody who could come is here, or the time is up."""
        while self._line.length < self._most() and self._inside < self._callers:
            left = until - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                return


def _settle(parts: Sequence[Part[Item, Result]], compute: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
    """Results for all; where they fail together, each by itself: what is wrong with one is not the others' fault."""
    items = [item for part in parts for item in part.items]
    try:
        results = compute(items)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever brought it
        _settle_alone(parts, compute, error)
        return
    start = 0
    for part in parts:
        count = part.stop - part.start
        part.settle(results[start : start + count])
        start += count


def _settle_alone(
    parts: Sequence[Part[Item, Result]],
    compute: Callable[[Sequence[Item]], Sequence[Result]],
    error: Exception,
) -> None:
    if len(parts) == 1 or isinstance(error, DeviceError):  # a card that is lost stays so
        for part in parts:
            part.request.error = error
        return
    for part in parts:
        _settle([part], compute)
