"""Which photo goes to which worker, and what becomes of it when that is lost (pure: time is an argument).

Workers take what they have room for, so a slow one simply takes fewer. When a worker dies with several photos in it,
nobody knows whose fault it was: each is tried again alone, and set aside only if that worker dies too. A worker that
cannot be reached any more is no photo's fault, unless that happens again and again with the same one.
"""

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import Enum

from gpend.backoff import Backoff
from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine.protocol import Crops
from gpend.errors import GpendError, PhotoError, TransientError

_AHEAD = 1  # photos that a worker is sent beyond its slots, so that the next is there when one is done
_DEATHS = 2  # of workers with a photo, the last with it alone, until that is set aside
_MOST_DEATHS = 5  # the same, while workers die without that photo too: then the photo may not be what they die of
_TOGETHER = 5.0  # seconds within which two deaths may have one reason
_CUTS = 4  # workers that fell silent with a photo, until that counts as one that died
_PAUSE, _LONGEST_PAUSE = 5.0, 300.0  # seconds without photos for a worker that could not process one
_LATELY = 300.0  # seconds from which rates are taken


class Loss(Enum):
    """How a worker was lost."""

    DIED = "died"  # its process has ended
    CUT = "cut"  # it cannot be reached, or has left: what it had is nobody's fault, unless that happens again and again
    SENT_HOME = "sent home"  # it cannot work, and says so: what it had is nobody's fault


@dataclass(eq=False)
class RemoteJob:
    """One photo on its way."""

    number: int
    photo: bytes
    future: Future[Outcome]
    wish: Wish | None = None  # what a person wants of its faces
    crops: Crops | None = None  # in place of a whole photo: faces, whose pixels are `photo`
    since: float = 0.0  # when it came
    deaths: int = 0
    cuts: int = 0
    alone: bool = False  # to be tried with nothing else on the worker
    avoids: set[str] = field(default_factory=set)  # workers, by address, that could not process it

    @property
    def weight(self) -> int:
        """The bytes that it takes on its way, there and back."""
        return 2 * len(self.photo)


@dataclass(eq=False)
class Member:
    """A worker that photos may be sent to."""

    address: str
    name: str
    slots: int
    process: str = ""  # unlike that of any other process
    scheduler: str = ""  # through which it was found; unlike any other scheduler
    is_local: bool = False  # it is this machine, for as long as no other is there
    is_leaving: bool = False  # it gets no more
    done: int = 0
    begun: dict[int, RemoteJob] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)
    _pause: Backoff = field(default_factory=lambda: Backoff(_PAUSE, _LONGEST_PAUSE))

    def rate(self, now: float) -> float:
        """Photos a second, lately."""
        while self._recent and self._recent[0] < now - _LATELY:
            self._recent.popleft()
        return len(self._recent) / max(1.0, now - self._recent[0]) if self._recent else 0.0

    def is_open_for(self, job: RemoteJob, now: float) -> bool:
        """May this photo be sent to it, once there is room?"""
        return not self.is_leaving and not self._pause.holds(now) and self.address not in job.avoids

    def takes(self, job: RemoteJob, now: float) -> bool:
        """May this photo be sent to it now?"""
        if not self.is_open_for(job, now):
            return False
        if job.alone:
            return not self.begun
        return len(self.begun) < self.slots + _AHEAD and not any(each.alone for each in self.begun.values())

    def finish(self, number: int, now: float) -> RemoteJob | None:
        """It is done with a photo."""
        job = self.begun.pop(number, None)
        if job is not None:
            self.done += 1
            self._recent.append(now)
            self._pause.succeed()
        return job

    def pause(self, now: float) -> None:
        """It could not process a photo, for a reason of the moment."""
        self._pause.fail(now)


class Placement:
    """The photos submitted and not yet settled, and the workers that they are with; `window` bounds them in bytes."""

    def __init__(self, window: int) -> None:
        self.members: dict[str, Member] = {}  # by address
        self._window = window
        self._used = 0  # bytes of the window
        self._waiting: deque[RemoteJob] = deque()
        self._suspects: deque[RemoteJob] = deque()
        self._deaths: deque[tuple[float, frozenset[int]]] = deque(maxlen=_MOST_DEATHS)  # when, and with which photos

    @property
    def waiting(self) -> int:
        """How many photos are with no worker."""
        return len(self._waiting) + len(self._suspects)

    @property
    def in_window(self) -> int:
        """The bytes that are on their way."""
        return self._used

    def oldest(self) -> float | None:
        """When the photo came that has been here longest and is with no worker; None: there is none."""
        return min((job.since for job in (*self._waiting, *self._suspects)), default=None)

    def add(self, job: RemoteJob) -> None:
        """Behind all others."""
        self._waiting.append(job)

    def join(self, member: Member) -> None:
        """A worker may be sent photos from now on."""
        self.members[member.address] = member

    def place(self, now: float) -> Iterator[tuple[Member, RemoteJob]]:
        """The photos to send now, and to whom; those that their owner has cancelled are dropped."""
        while (placed := self._next(now)) is not None:
            member, job = placed
            if job.future.running() or job.future.set_running_or_notify_cancel():
                member.begun[job.number] = job
                self._used += job.weight
                yield member, job

    def _next(self, now: float) -> tuple[Member, RemoteJob] | None:
        if self._suspects and (member := self._host(self._suspects[0], now)) is not None:
            return member, self._suspects.popleft()
        for job in self._waiting:
            if self._used and self._used + job.weight > self._window:
                return None
            member = self._host(job, now)
            if member is not None:
                self._waiting.remove(job)
                return member, job
            if not job.avoids:
                return None
        return None

    def _host(self, job: RemoteJob, now: float) -> Member | None:
        """The worker with the most room; the one that is emptied for a suspect gets nothing else."""
        job.avoids &= self.members.keys()
        able = [member for member in self.members.values() if member.takes(job, now)]
        if not job.alone and self._suspects and (emptied := self._emptied_for(self._suspects[0], now)) in able:
            able.remove(emptied)
        return min(able, key=lambda member: len(member.begun) / member.slots, default=None)

    def _emptied_for(self, suspect: RemoteJob, now: float) -> Member | None:
        able = (member for member in self.members.values() if member.is_open_for(suspect, now))
        return min(able, key=lambda member: len(member.begun), default=None)

    def settle(self, member: Member, number: int, result: Outcome | GpendError, now: float) -> None:
        """A worker is done with a photo, well or badly."""
        job = member.finish(number, now)
        if job is None:
            return
        self._used -= job.weight
        if isinstance(result, GpendError):
            job.future.set_exception(result)
        else:
            job.future.set_result(result if member.is_local else replace(result, by=member.name))

    def decline(self, member: Member, number: int, error: TransientError, now: float) -> None:
        """A worker could not process a photo, though nothing is wrong with that: another may; it gets none for a while.

        Where every worker was tried, that is the answer.
        """
        job = member.begun.pop(number, None)
        if job is None:
            return
        self._used -= job.weight
        member.pause(now)
        job.avoids.add(member.address)
        if all(each.address in job.avoids for each in self.members.values() if not each.is_leaving):
            job.future.set_exception(error)  # a later attempt begins with all of them again
        else:
            self._waiting.appendleft(job)

    def give_back(self, member: Member, number: int) -> None:
        """A worker did not begin a photo that it was sent, as it leaves."""
        job = member.begun.pop(number, None)
        member.is_leaving = True
        if job is not None:
            self._used -= job.weight
            self._waiting.appendleft(job)

    def lose(self, address: str, loss: Loss, why: str, now: float) -> Member | None:
        """A worker is gone: what it had is tried again, alone where it may be to blame, unless that is proven."""
        member = self.members.pop(address, None)
        if member is None:
            return None
        lost, member.begun = list(member.begun.values()), {}
        self._used -= sum(job.weight for job in lost)
        if loss is Loss.DIED:
            self._deaths.append((now, frozenset(job.number for job in lost)))
        for job in reversed(lost):
            self._requeue(job, loss, why, self._enough(job, now) if len(lost) == 1 else math.inf)
        return member

    def _enough(self, job: RemoteJob, now: float) -> int:
        """How many deaths are proof against a photo."""
        die_anyway = any(job.number not in others and now - when <= _TOGETHER for when, others in self._deaths)
        return _MOST_DEATHS if die_anyway else _DEATHS

    def _requeue(self, job: RemoteJob, loss: Loss, why: str, enough: float) -> None:
        if loss is Loss.CUT:
            job.cuts += 1
        if loss is Loss.SENT_HOME or (loss is Loss.CUT and job.cuts < _CUTS):
            (self._suspects if job.alone else self._waiting).appendleft(job)
            return
        job.deaths, job.cuts = job.deaths + 1, 0
        if job.deaths >= enough:
            problem = f"This photo made gpend's workers fail, {job.deaths} of them, and was set aside: {why}."
            job.future.set_exception(PhotoError(problem))
            return
        job.alone = True
        self._suspects.appendleft(job)

    def abandon(self, error: GpendError) -> None:
        """All that is with no worker fails with `error`."""
        abandoned = [*self._suspects, *self._waiting]
        self._suspects.clear()
        self._waiting.clear()
        for job in abandoned:
            if job.future.running() or job.future.set_running_or_notify_cancel():
                job.future.set_exception(error)
