"""What the engine is working on, what has to wait for it, and how much more there is room for."""

import math
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from gpend.core.report import Outcome
from gpend.dispatch.types import Job
from gpend.ledger import Row
from gpend.settings import EngineKind, Send, Settings

_MIB = 1 << 20
_MOST = 1000  # photos on their way to other machines, which the window bounds in bytes
_PER_SLOT = 2  # photos: one that is worked on, and one that is ready when it is done


@dataclass(frozen=True)
class Submission:
    """A photo that the engine is working on."""

    job: Job
    future: "Future[Outcome]"
    since: float  # monotonic


class InFlight:
    """The photos in memory: few, and not too large. A photo under suspicion is in it alone."""

    def __init__(self, settings: Settings) -> None:
        self.limit = settings.memory_mb * _MIB  # bytes
        is_local = settings.engine.kind is EngineKind.LOCAL or settings.engine.send is Send.FACES
        self._places = settings.slots * _PER_SLOT if is_local else _MOST
        self._room = self.limit if is_local else settings.engine.window_mb * _MIB // 2  # an answer is as large again
        self._running: dict[int, Submission] = {}
        self._waiting_on_duplicate: dict[int, str] = {}
        self._reserved: set[int] = set()
        self._answered = -math.inf  # when the engine last finished a photo

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Submission]:
        return iter(list(self._running.values()))

    def holds(self, row: Row) -> bool:
        """Is this photo being worked on, or waiting for another of the same content, or a file that is mirrored now?"""
        return row.id in self._running or row.id in self._waiting_on_duplicate or row.id in self._reserved

    def reserve(self, row: Row) -> None:
        """A file that needs no engine is being mirrored, which takes its time."""
        self._reserved.add(row.id)

    def release(self, row: Row) -> None:
        """It is no longer being mirrored."""
        self._reserved.discard(row.id)

    @property
    def passed_over(self) -> int:
        """How many photos of the queue may have to be passed over, as they wait or are being mirrored."""
        return len(self._waiting_on_duplicate) + len(self._reserved)

    def has_room(self, row: Row) -> bool:
        """May this photo be taken now?"""
        if not self._running:
            return True
        jobs = [submission.job for submission in self._running.values()]
        if row.is_suspect or any(job.row.is_suspect for job in jobs) or len(jobs) >= self._places:
            return False
        return row.stamp.size + sum(len(job.photo.data) for job in jobs) <= self._room

    def is_working_on(self, content: str) -> bool:
        """Is a photo of this content being worked on?"""
        return any(submission.job.photo.content == content for submission in self._running.values())

    def is_busy_with(self, pair: int) -> bool:
        """Is a photo of this pair being worked on?"""
        return any(submission.job.pair.id == pair for submission in self._running.values())

    def add(self, submission: Submission) -> None:
        """The engine has begun a photo."""
        self._running[submission.job.row.id] = submission

    def wait_on_duplicate(self, job: Job) -> None:
        """Let a photo wait until the other of the same content is done."""
        self._waiting_on_duplicate[job.row.id] = job.photo.content

    def remove(self, submission: Submission) -> None:
        """A photo is done; those that waited for its content may go on."""
        content = submission.job.photo.content
        self._running.pop(submission.job.row.id, None)
        waiting = self._waiting_on_duplicate
        self._waiting_on_duplicate = {photo: other for photo, other in waiting.items() if other != content}

    def note_answer(self, now: float) -> None:
        """The engine has finished a photo."""
        self._answered = now

    def longest(self, now: float) -> float:
        """For how many seconds the engine has been working without finishing a photo; 0: on none.

        One photo alone tells nothing: hundreds of small ones may wait their turn for a slow machine.
        """
        begun = (each.since for each in self._running.values() if not each.future.done())
        return max((now - max(since, self._answered) for since in begun), default=0.0)
