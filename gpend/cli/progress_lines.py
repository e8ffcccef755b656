"""How far a long command is, as lines now and then: for journals, container logs and mails, which show no bars."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from gpend.backoff import delay
from gpend.progress import span

if TYPE_CHECKING:
    from rich.progress import TaskID

_FIRST = 15.0  # seconds from the beginning to the first line, and from there twice as long each time
_LONGEST = 300.0  # seconds from one line to the next at most
_UNITS = {"": 1, "MiB": 1 << 20}


@dataclass
class _Task:
    description: str
    total: float | None
    unit: str
    figures: bool
    since: float
    completed: float = 0.0
    begun: float | None = None  # of it, what was there before: its pace is not known


class Lines:
    """Stands in for a bar of rich: what it is told of several tasks, it says on a line of its own now and then."""

    def __init__(self, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        """`say` is given each line, `clock` tells seconds."""
        self._say, self._clock = say, clock
        self._tasks: list[_Task] = []
        self._lines = 0
        self._next = clock() + _FIRST

    def __enter__(self) -> Self:
        """Nothing is to be prepared."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left behind."""

    def stop(self) -> None:
        """Nothing is in the way of what others say."""

    def start(self) -> None:
        """The same."""

    def add_task(self, description: str, total: float | None, *, unit: str = "", figures: bool = True) -> "TaskID":
        """The number of a new task. `unit` is MiB where it is counted in bytes; without `figures`, words tell all."""
        self._tasks.append(_Task(description, total, unit, figures, self._clock()))
        return cast("TaskID", len(self._tasks) - 1)

    def advance(self, task: "TaskID") -> None:
        """One more is done."""
        self.update(task, completed=self._tasks[task].completed + 1)

    def update(
        self,
        task: "TaskID",
        *,
        description: str | None = None,
        completed: float | None = None,
        total: float | None = None,
    ) -> None:
        """So far it is now; a line is said if the last one was long enough ago."""
        one, now = self._tasks[task], self._clock()
        one.description = one.description if description is None else description
        one.completed = one.completed if completed is None else completed
        one.total = one.total if total is None else total
        if one.begun is None and completed is not None:
            one.begun, one.since = one.completed, now
        if now >= self._next:
            self._say(_told(one, now))
            self._lines += 1
            self._next = now + delay(_FIRST, self._lines + 1, _LONGEST)


def _told(one: _Task, now: float) -> str:
    if not one.figures:
        return one.description.rstrip()
    unit = _UNITS[one.unit]
    done = f"{one.completed / unit:,.0f}"
    after = f" {one.unit}" if one.unit else ""
    if not one.total:
        return f"{one.description}: {done}{after}"
    gained, spent = one.completed - (one.begun or 0), now - one.since
    rest = (one.total - one.completed) * spent / gained if gained > 0 else 0
    left = f", about {span(rest)} left" if rest > 0 else ""
    return f"{one.description}: {done} of {one.total / unit:,.0f}{after} ({one.completed / one.total:.0%}){left}"
