"""The head of a cluster: who is there, what is sent to whom, and what comes back."""

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from gpend.cluster_state import ClusterState, WorkerState
from gpend.engine import Engine
from gpend.engine.cluster.link import Link, Seen, loss_of
from gpend.engine.cluster.messages import Hello, Welcome, asked, difference, unpacked
from gpend.engine.cluster.placement import Loss, Member, Placement, RemoteJob
from gpend.engine.cluster.standby import NotHereError, Standby
from gpend.engine.protocol import Done, Failed, FromWorker, Refused
from gpend.errors import FatalError, GpendError, TransientError

_LOOK = 0.5  # seconds between two looks at who is there
_AGAIN = 60.0  # seconds until a worker that was refused is asked again
_FIND_OUT_SECONDS = 5.0  # that the scheduler has to answer when a worker is lost
_TELL_SECONDS = 2.0  # that connections of a worker that is gone have to end
_LEAVE_SECONDS = 2.0  # between two times that it is left how the cluster stands
_STILL_SECONDS = 30.0  # until that is left again though nothing has changed: it says that the head lives


@dataclass(frozen=True)
class Plan:
    """How a cluster is to be used."""

    scheduler: str
    hello: Hello
    window: int  # bytes that may be on their way
    patience: float  # seconds that a photo waits for a worker
    weights: Callable[[str], tuple[str, bytes]] | None = None  # a network's entry and file by name; None: never sent
    local: Callable[[], Engine] | None = None  # what does photos here while no worker is there
    local_slots: int = 1
    networks: str = ""  # that restore, by name
    tell: Callable[[str], None] = lambda _: None  # is given sentences for the log
    leave: Callable[[ClusterState], None] = lambda _: None  # is given how it stands, in a thread of its own


class Head:
    """Keeps workers at work while there are photos. All of it runs in one event loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._placement = Placement(plan.window)
        self._standby = Standby(plan.local, plan.local_slots, self._placement, plan.tell)
        self._setup = plan.hello.digest
        self._refused: dict[str, tuple[float, WorkerState]] = {}  # by address: until when, and why
        self._missed: dict[str, float] = {}  # by address: since when the scheduler knows a worker no more
        self._greeting: set[str] = set()  # addresses of workers that are being asked
        self._sending: dict[str, set[asyncio.Task[None]]] = {}  # by address of the worker
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._problem: str | None = None  # why the scheduler is not reached; "": it is; None: nobody has tried
        self._scheduler = ""  # that of the last look
        self._left: ClusterState | None = None
        self._left_at = -math.inf
        self._leaving: asyncio.Task[None] | None = None  # what writes it
        self._link: Link

    def add(self, job: RemoteJob) -> None:
        """Take a photo in."""
        self._placement.add(job)
        self._wake.set()

    def stop(self) -> None:
        """End soon."""
        self._is_stopping = True
        self._wake.set()

    async def run(self, link: Callable[[], Link]) -> None:
        """Work until `stop`."""
        self._link = link()
        looking = asyncio.create_task(self._look_on())
        try:
            while not self._is_stopping:
                if looking.done():
                    looking.result()  # raises what has ended it
                self._wake.clear()
                self._tend(time.monotonic())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _LOOK)
        finally:
            await self._end([looking, *self._tasks, *itertools.chain(*self._sending.values())])

    async def _end(self, tasks: list["asyncio.Task[None]"]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._link.close()
        await self._standby.close()

    def abandon(self) -> None:
        """What was not done is to be tried again another time."""
        for address in list(self._placement.members):
            self._placement.lose(address, Loss.CUT, "gpend was stopped", time.monotonic())
        self._placement.abandon(TransientError("gpend was stopped before this photo was done. It is tried again."))

    async def _look_on(self) -> None:
        while True:
            await self._look()
            self._wake.set()
            await asyncio.sleep(_LOOK)

    async def _look(self) -> bool:
        """See who is there; False where the scheduler cannot be reached, which says nothing of the workers."""
        try:
            roster = await self._link.roster()
        except Exception as error:  # noqa: BLE001 - whatever an odd scheduler says is no reason to stop
            self._note_problem(f"{error}" or type(error).__name__)
            return False
        self._note_problem("")
        self._scheduler = roster.scheduler
        self._compare(roster.workers)
        return True

    async def _look_quickly(self) -> bool:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._look(), _FIND_OUT_SECONDS)
        return False

    def _note_problem(self, problem: str) -> None:
        if self._problem is None or bool(problem) != bool(self._problem):
            reached = f"The scheduler {self._plan.scheduler} is reached"
            self._plan.tell(f"The scheduler {self._plan.scheduler} is not reached: {problem}" if problem else reached)
        self._problem = problem

    def _compare(self, seen: dict[str, Seen]) -> None:
        members = self._placement.members
        for address, member in [(each, one) for each, one in members.items() if not one.is_local]:
            if address not in seen:
                self._miss(member, time.monotonic())
            elif member.process != seen[address].process:
                self._lose(address, self._loss_of(member), "it was started again")
        for address in self._refused.keys() - seen.keys():
            del self._refused[address]
        for address, worker in seen.items():
            if address in members:
                members[address].is_leaving |= worker.is_leaving
            elif not worker.is_leaving and address not in self._greeting and self._may_ask(address):
                self._greeting.add(address)
                self._begin(self._greet(address, worker, self._scheduler))

    def _loss_of(self, member: Member) -> Loss:
        """Workers that join another scheduler have lost theirs; with the same one, they were ended themselves."""
        return Loss.DIED if member.scheduler == self._scheduler else Loss.CUT

    def _miss(self, member: Member, now: float) -> None:
        """The scheduler knows a worker no more. If it has died, its connections say so at once; that is waited for."""
        member.is_leaving = True
        if not member.begun:
            self._lose(member.address, Loss.CUT, "")
        elif now - self._missed.setdefault(member.address, now) >= _TELL_SECONDS:
            self._lose(member.address, Loss.CUT, "it is gone")

    def _may_ask(self, address: str) -> bool:
        return address not in self._refused or self._refused[address][0] <= time.monotonic()

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _greet(self, address: str, seen: Seen, scheduler: str) -> None:
        """Ask a worker whether it can do what is asked here, give it what it lacks if that may be, and take it in."""
        try:
            welcome = await self._link.hello(address, self._plan.hello)
            problem = await self._problem_of(address, welcome)
        except GpendError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - as an answer to a photo, below
            problem = f"it does not answer as a worker of gpend's does ({type(error).__name__}: {error})"
        finally:
            self._greeting.discard(address)
        if problem:
            self._refuse(address, seen.name, problem)
        else:
            self._take_in(welcome, Member(address, welcome.name, welcome.slots, seen.process, scheduler))

    async def _problem_of(self, address: str, welcome: Welcome) -> str:
        refusal, notice = difference(self._plan.hello.versions, welcome.versions)
        if notice:
            self._plan.tell(f"The worker {welcome.name}: {notice}")
        if refusal or welcome.problem or not welcome.lacks:
            return refusal or welcome.problem
        if self._plan.weights is None:
            return (
                f"its networks are not those of this machine: {', '.join(welcome.lacks)}. Install the same weights "
                "there, or let them be sent: `engine.send_weights: yes`"
            )
        for name in welcome.lacks:
            self._plan.tell(f"The worker {welcome.name} is sent the network {name}")
            problem = await self._link.give(address, *await asyncio.to_thread(self._plan.weights, name))
            if problem:
                return problem
        again = await self._link.hello(address, self._plan.hello)
        return again.problem or (f"it does not take {', '.join(again.lacks)}" if again.lacks else "")

    def _take_in(self, welcome: Welcome, member: Member) -> None:
        self._refused.pop(member.address, None)
        self._placement.join(member)
        self._plan.tell(f"The worker {welcome.name} has joined: {welcome.device}, {welcome.slots} photos at a time")
        self._wake.set()

    def _refuse(self, address: str, name: str, problem: str) -> None:
        if address not in self._refused or self._refused[address][1].reason != problem:
            self._plan.tell(f"The worker {name} gets no photos: {problem}")
        state = WorkerState(name=name, address=address, state="refused", reason=problem)
        self._refused[address] = (time.monotonic() + _AGAIN, state)

    def _tend(self, now: float) -> None:
        self._standby.tend(now)
        for member, job in self._placement.place(now):
            task = asyncio.create_task(self._process(member, job))
            sending = self._sending.setdefault(member.address, set())
            sending.add(task)
            task.add_done_callback(sending.discard)
        oldest = self._placement.oldest()
        is_busy = any(member.begun for member in self._placement.members.values())
        if oldest is not None and now - oldest >= self._plan.patience and not is_busy:
            self._placement.abandon(TransientError(self._why_nobody()))
        self._leave_state(now)

    def _why_nobody(self) -> str:
        if self._problem:
            return f"The scheduler {self._plan.scheduler} is not reached: {self._problem}."
        refused = [f"{state.name}: {state.reason}" for _, state in self._refused.values()]
        return f"No worker is there that can process photos{': ' if refused else ''}{'; '.join(refused)}."

    async def _process(self, member: Member, job: RemoteJob) -> None:
        """Send a photo, and do what the answer says."""
        try:
            if member.is_local:
                await self._process_here(member, job)
            else:
                await self._process_there(member, job)
        except Exception as error:  # noqa: BLE001 - whatever fails beside it, a photo has its answer
            self._decline(member, job, TransientError(f"{type(error).__name__}: {error}"))
        finally:
            self._wake.set()

    async def _process_here(self, member: Member, job: RemoteJob) -> None:
        try:
            result = await self._standby.processed(job.photo, job.wish)
        except NotHereError as error:
            self._decline(member, job, TransientError(f"This machine does no photos at the moment: {error}."))
        else:
            self._placement.settle(member, job.number, result, time.monotonic())

    async def _process_there(self, member: Member, job: RemoteJob) -> None:
        try:
            frame = await self._link.process(member.address, self._setup, asked(job.wish, job.crops), job.photo)
            answer = unpacked(frame, self._plan.hello.largest)
        except OSError as error:
            await self._find_out_and_lose(member, error)
        except Exception as error:  # noqa: BLE001 - whatever another machine says is no reason to stop
            unreadable = f"The worker {member.name} gave no answer that can be read: {error}"
            self._decline(member, job, TransientError(unreadable))
        else:
            self._take(member, job, answer)

    def _take(self, member: Member, job: RemoteJob, answer: FromWorker) -> None:
        """What a worker says of a photo."""
        match answer:
            case Done(_, outcome):
                self._placement.settle(member, job.number, outcome, time.monotonic())
            case Failed(_, TransientError() as passing):
                self._decline(member, job, passing)
            case Failed(_, fault):
                self._placement.settle(member, job.number, fault, time.monotonic())
            case Refused(FatalError() as problem):
                self._expel(member, str(problem))
            case _:
                self._placement.give_back(member, job.number)

    def _decline(self, member: Member, job: RemoteJob, error: TransientError) -> None:
        self._plan.tell(f"The worker {member.name} could not process a photo, which goes to another: {error}")
        self._placement.decline(member, job.number, error, time.monotonic())

    def _expel(self, member: Member, problem: str) -> None:
        self._lose(member.address, Loss.SENT_HOME, problem)
        self._refuse(member.address, member.name, problem)

    async def _find_out_and_lose(self, member: Member, error: OSError) -> None:
        """A worker's connection has ended. Where the scheduler has ended too, its workers have left because of that."""
        loss, scheduler = loss_of(error), self._scheduler
        if loss is Loss.DIED and (self._problem or not await self._look_quickly() or self._scheduler != scheduler):
            loss = Loss.CUT
        self._lose(member.address, loss, f"its connection has ended ({error})", asyncio.current_task())

    def _lose(self, address: str, loss: Loss, why: str, but: "asyncio.Task[None] | None" = None) -> None:
        self._missed.pop(address, None)
        member = self._placement.lose(address, loss, why, time.monotonic())
        if member is None:
            return
        self._plan.tell(f"The worker {member.name} {f'is lost ({loss.value}): {why}' if why else 'has left'}")
        for task in self._sending.pop(address, set()) - {but}:
            task.cancel()
        self._link.forget(address)
        self._wake.set()

    def _leave_state(self, now: float) -> None:
        """Have it written how the cluster stands; what changes too soon after the last time is seen at a later look."""
        if now - self._left_at < _LEAVE_SECONDS or (self._leaving is not None and not self._leaving.done()):
            return
        state = self._state(now)
        if state != self._left or now - self._left_at >= _STILL_SECONDS:
            self._left, self._left_at = state, now
            self._leaving = self._begin(asyncio.to_thread(self._plan.leave, state))

    def _state(self, now: float) -> ClusterState:
        placement = self._placement
        working = [
            WorkerState(
                name=each.name,
                address=each.address,
                state="leaving" if each.is_leaving else "working",
                slots=each.slots,
                busy=len(each.begun),
                done=each.done,
                rate=round(each.rate(now), 3),
            )
            for each in placement.members.values()
        ]
        return ClusterState(
            scheduler=self._plan.scheduler,
            problem=self._problem or "",
            waiting=placement.waiting,
            window=self._plan.window,
            window_used=placement.in_window,
            workers=(*working, *(state for _, state in self._refused.values())),
        )
