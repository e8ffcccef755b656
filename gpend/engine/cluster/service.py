"""A worker's side of a cluster: photos that heads send go to the locked process of this machine.

The Dask process itself opens no photo. It hands the bytes on, and its event loop stays free to answer the scheduler.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError

from gpend.core.report import Outcome
from gpend.engine import Engine
from gpend.engine.cluster.messages import NUMBER, Hello, Versions, Weights, Welcome, asked_of, packed
from gpend.engine.protocol import Crops, Done, Failed, FromWorker, Photo, Refused
from gpend.errors import FatalError, GpendError, PhotoError, TransientError

_SETUPS = 2  # engines at a time: two heads, or one whose settings have just changed
_MOST_HELLOS = 64  # that are remembered: those of heads that have gone make room


class Processing(Engine, Protocol):
    """An Engine that takes faces, too."""

    def submit_crops(self, crops: Crops) -> Future[Outcome]:
        """Begin some faces; they come back as the photo of a Restored."""
        ...


class WorkerRuntime(Protocol):
    """What this machine processes photos with."""

    def lacking(self, weights: Sequence[Weights], settings: str) -> list[str]:
        """Which of these networks it has not, or in another form. Raises GpendError where something is wrong here."""
        ...

    def take(self, entry: str, content: bytes) -> None:
        """Keep a network that the head has sent. Raises GpendError where it is not what its entry says."""
        ...

    def engine(self, hello: Hello, slots: int) -> Processing:
        """What processes photos as the head wants it."""
        ...


def _begun(engine: Processing, asked: Photo | Crops) -> Future[Outcome]:
    return engine.submit_crops(asked) if isinstance(asked, Crops) else engine.submit(asked.photo, asked.wish)


@dataclass
class _Set:
    engine: Processing
    busy: int = 0


@dataclass
class Service:
    """Answers heads. For one event loop; it outlives connections to schedulers, so that networks are loaded once."""

    name: str
    device: str
    slots: int
    runtime: WorkerRuntime
    tell: Callable[[str], None]
    is_leaving: bool = False
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _hellos: dict[str, Hello] = field(default_factory=dict)  # by digest, the one last asked for last
    _sets: dict[str, _Set] = field(default_factory=dict)  # by digest of the hello, the latest last

    @property
    def busy(self) -> int:
        """How many photos it has."""
        return sum(each.busy for each in self._sets.values())

    async def hello(self, hello: str) -> str:
        """Can photos be processed here as a head wants it? A Hello and a Welcome, as JSON."""
        problem = ""
        lacks: tuple[str, ...] = ()
        try:
            told = Hello.model_validate_json(hello)
            lacks = tuple(await asyncio.to_thread(self.runtime.lacking, told.weights, told.settings))
            self._remember(told.digest, told)
        except ValidationError:
            problem = "the head speaks otherwise than this worker: install the same gpend on both"
        except GpendError as error:
            problem = str(error)
        return Welcome(
            versions=Versions.here(), name=self.name, device=self.device, slots=self.slots, problem=problem, lacks=lacks
        ).model_dump_json()

    def _remember(self, digest: str, hello: Hello) -> None:
        self._hellos.pop(digest, None)
        self._hellos[digest] = hello
        if len(self._hellos) > _MOST_HELLOS:
            del self._hellos[next(iter(self._hellos))]

    async def give(self, entry: str, content: bytes) -> str:
        """Keep a network that the head has sent. Why that cannot be, in words, or ""."""
        try:
            await asyncio.to_thread(self.runtime.take, entry, bytes(content))
        except GpendError as error:
            return str(error)
        return ""

    async def process(self, setup: str, asked: bytes, photo: bytes) -> bytes:
        """Process a photo, or faces, as is asked; the answer, packed. Raises ProtocolError for what no head asks."""
        if self.is_leaving or setup not in self._hellos:
            return packed(Refused(TransientError("This worker leaves, or was started again.")))
        self._remember(setup, self._hellos[setup])
        engines = self._set(setup)
        engines.busy += 1
        try:
            return await self._answer(engines.engine, asked_of(bytes(asked), bytes(photo)))
        finally:
            engines.busy -= 1
            if not self.busy:
                self._idle.set()

    async def _answer(self, engine: Processing, asked: Photo | Crops) -> bytes:
        answer: FromWorker
        try:
            answer = Done(NUMBER, await asyncio.wrap_future(_begun(engine, asked)))
        except FatalError as error:
            answer = Refused(error)
        except GpendError as error:
            answer = Failed(NUMBER, error)
        try:
            return packed(answer)
        except ValueError as error:
            return packed(Failed(NUMBER, PhotoError(f"gpend found no answer that it could pass on: {error}.")))

    async def leave(self, seconds: float) -> None:
        """Take no more photos, and finish those that are here, for so long at most."""
        self.is_leaving = True
        if self.busy:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)

    def _set(self, setup: str) -> _Set:
        found = self._sets.pop(setup, None) or _Set(self.runtime.engine(self._hellos[setup], self.slots))
        self._sets[setup] = found
        idle = [each for each, one in self._sets.items() if not one.busy and each != setup]
        for other in idle[: max(0, len(self._sets) - _SETUPS)]:
            self._sets.pop(other).engine.close()
        return found

    def close(self) -> None:
        """End the locked processes."""
        for each in self._sets.values():
            each.engine.close()
        self._sets.clear()
