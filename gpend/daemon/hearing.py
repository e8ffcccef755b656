"""What the watcher of the sources says, passed on to the lookouts; and whether the watcher is well."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from gpend.daemon.lookouts import Lookouts
from gpend.daemon.rounds import Watched
from gpend.dispatch import Now
from gpend.intake.source import Source
from gpend.intake.watch import Hint, Notice, WatcherHealth, WatchSupervisor
from gpend.settings import Settings

log = structlog.get_logger()


class Watcher(Watched, Protocol):
    """What is asked of the watcher of the sources."""

    def start(self, now: float) -> list[Notice]:
        """Begin; the news."""
        ...

    def check(self, now: float) -> list[Notice]:
        """Mend what does not work; the news."""
        ...

    def hints(self) -> list[Hint]:
        """All hints since the last time."""
        ...

    def health(self, now: float) -> WatcherHealth:
        """Whether it does its work."""
        ...

    def stop(self) -> None:
        """End."""
        ...


Watching = Callable[[Sequence[Source], threading.Event, Settings], Watcher | None]
"""Makes the watcher of some sources, which sets the event when there are hints; None: there are no events."""


def watching(sources: Sequence[Source], wake: threading.Event, settings: Settings) -> Watcher:
    """The watcher of this machine's file systems."""
    canary = settings.ledger.with_name(".gpend-canary")
    return WatchSupervisor(sources, wake, poll_seconds=settings.poll_seconds, canary=canary)


class Hearing:
    """Listens to a watcher, once there is one, for lookouts whose scans it then follows."""

    def __init__(self, lookouts: Lookouts) -> None:
        self._lookouts = lookouts
        self._watcher: Watcher | None = None

    def begin(self, watcher: Watcher, now: Now) -> None:
        """Begin to listen."""
        self._watcher = watcher
        for lookout in self._lookouts:
            lookout.rounds.watch = watcher
        _tell(watcher.start(now.steady))

    def listen(self, now: Now) -> None:
        """Pass on what was heard since the last time."""
        if self._watcher is not None:
            for hint in self._watcher.hints():
                self._lookouts.hear(hint, now)

    def check(self, now: Now) -> None:
        """Have mended what does not work."""
        if self._watcher is not None:
            _tell(self._watcher.check(now.steady))

    def is_well(self, now: Now) -> bool:
        """Does the watcher do its work, if there is one?"""
        return self._watcher is None or self._watcher.health(now.steady).alive

    def end(self) -> None:
        """Listen no more."""
        if self._watcher is not None:
            self._watcher.stop()


def _tell(notices: list[Notice]) -> None:
    for notice in notices:
        log.warning(notice.event, source=notice.root, reason=notice.message)
