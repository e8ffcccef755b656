"""A worker's side: which heads it remembers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gpend.core.report import Kept
from gpend.engine.cluster.messages import Hello, Versions, Weights, asked, unpacked
from gpend.engine.cluster.service import Processing, Service
from gpend.engine.protocol import Done, FromWorker, Refused
from tests.engine.cluster.worker import Threads


@dataclass
class Equipped:
    """A WorkerRuntime that keeps every photo as it is."""

    made: list[Hello] = field(default_factory=list)

    def lacking(self, weights: Sequence[Weights], settings: str) -> list[str]:
        """As in WorkerRuntime."""
        del weights, settings
        return []

    def take(self, entry: str, content: bytes) -> None:
        """As in WorkerRuntime."""

    def engine(self, hello: Hello, slots: int) -> Processing:
        """As in WorkerRuntime."""
        self.made.append(hello)
        return Threads(lambda _: Kept("sharp", ()), slots)


def _hello(number: int) -> Hello:
    return Hello(versions=Versions.here(), settings=f"{number}", largest=1 << 20, stall=1.0, idle=1.0, weights=())


async def _answer(service: Service, hello: Hello) -> FromWorker:
    return unpacked(await service.process(hello.digest, asked(None), b"photo"), 1 << 20)


async def _played(equipped: Equipped) -> None:
    service = Service("gpu1", "cpu", 2, equipped, lambda _: None)
    busy, idle = _hello(0), _hello(1)
    for hello in (busy, idle):
        await service.hello(hello.model_dump_json())
    for number in range(2, 200):
        await service.hello(_hello(number).model_dump_json())
        assert isinstance(await _answer(service, busy), Done)
    assert isinstance(await _answer(service, idle), Refused)
    assert len(service._hellos) < 100  # noqa: SLF001 - what it keeps is the point
    service.close()


def test_heads_that_came_and_went_are_forgotten_and_the_one_that_sends_photos_is_not() -> None:
    equipped = Equipped()
    asyncio.run(_played(equipped))
    assert equipped.made == [_hello(0)]


def test_the_digest_of_a_hello_names_all_of_it() -> None:
    assert _hello(1).digest == _hello(1).digest != _hello(2).digest
    assert len(_hello(1).digest) == 64
