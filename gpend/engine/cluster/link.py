"""The head's connections: to the scheduler, which knows the workers, and straight to each of them for photos."""

import asyncio
import errno
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from distributed.core import ConnectionPool
from distributed.protocol import to_serialize
from distributed.security import Security

from gpend.engine.cluster.connections import SILENCE
from gpend.engine.cluster.messages import Hello, Welcome
from gpend.engine.cluster.placement import Loss

MARK = "gpend"
"""What a worker of gpend's says of itself to the scheduler, with what tells its process from any other."""

_CONNECT_SECONDS = 5.0
_DATA_ONLY = ["dask", "msgpack"]  # plain bytes and texts: what a worker answers is never unpickled here
_ANSWER_SECONDS = 2.0
_CUT_OFF = {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}


@dataclass(frozen=True)
class Seen:
    """A worker as the scheduler knows it."""

    name: str
    is_leaving: bool
    process: str = ""  # unlike that of any other process


@dataclass(frozen=True)
class Roster:
    """Who is there."""

    scheduler: str  # unlike any other scheduler, also of the same address
    workers: dict[str, Seen]  # by address


class Link(Protocol):
    """How the head speaks with others. Every method raises OSError where nobody answers."""

    async def roster(self) -> Roster:
        """The workers that the scheduler knows of."""
        ...

    async def hello(self, address: str, hello: Hello) -> Welcome:
        """Ask a worker whether it can process photos like this. Raises ValueError for an answer that is none."""
        ...

    async def give(self, address: str, entry: str, content: bytes) -> str:
        """Send a network: its entry of the manifest, and its file. Why it was not taken, in words, or ""."""
        ...

    async def process(self, address: str, setup: str, asked: bytes, photo: bytes) -> bytes:
        """Have a photo processed, as the hello of that digest says and as is asked; the answer, packed."""
        ...

    def forget(self, address: str) -> None:
        """Close what is open to a worker."""
        ...

    async def close(self) -> None:
        """Close all."""
        ...


class DaskLink:
    """A Link over Dask's connections."""

    def __init__(self, scheduler: str, security: Security) -> None:
        self._scheduler = scheduler
        self._pool = ConnectionPool(
            serializers=_DATA_ONLY,
            deserializers=_DATA_ONLY,
            connection_args=security.get_connection_args("client"),
            timeout=_CONNECT_SECONDS,
        )
        self._is_started = False

    async def roster(self) -> Roster:
        """As in Link."""
        if not self._is_started:
            await self._pool.start()
            self._is_started = True
        async with asyncio.timeout(SILENCE):
            identity = await self._pool(self._scheduler).identity(n_workers=-1)
        seen = {
            address: Seen(str(worker["name"]), worker["status"] != "running", str(worker[MARK]))
            for address, worker in identity["workers"].items()
            if MARK in worker
        }
        return Roster(str(identity["id"]), seen)

    async def hello(self, address: str, hello: Hello) -> Welcome:
        """As in Link."""
        async with asyncio.timeout(SILENCE):
            answer = await self._pool(address).gpend_hello(hello=hello.model_dump_json())
        return Welcome.model_validate_json(answer)

    async def give(self, address: str, entry: str, content: bytes) -> str:
        """As in Link."""
        return str(await self._pool(address).gpend_give(entry=entry, content=to_serialize(content)))

    async def process(self, address: str, setup: str, asked: bytes, photo: bytes) -> bytes:
        """As in Link."""
        try:
            answer = await self._pool(address).gpend_process(setup=setup, asked=asked, photo=to_serialize(photo))
        except OSError as error:
            if loss_of(error) is Loss.DIED and not await answers(address):
                raise OSError(errno.EHOSTUNREACH, f"its machine does not answer: {error}") from error
            raise
        return bytes(cast("Any", answer))

    def forget(self, address: str) -> None:
        """As in Link."""
        self._pool.remove(address)

    async def close(self) -> None:
        """As in Link."""
        await self._pool.close()


async def answers(address: str) -> bool:
    """Does the machine of this address answer, be it with a refusal? What a cable cut off says nothing at all.

    A connection that a network has lost may end in the same words as that of a process that has died; only the second
    may be held against a photo.
    """
    place = urlsplit(address)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(place.hostname, place.port)
    except ConnectionError:  # refused; or reset, by a process that ended before it took the connection
        return True
    except OSError:
        return False
    writer.close()
    return True


def loss_of(error: BaseException) -> Loss:
    """How a worker was lost with which a connection ended so: a process that ends closes its connections at once."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = getattr(cause, "real_error", None) or cause.__cause__ or cause.__context__
    is_cut = any(isinstance(each, TimeoutError) or getattr(each, "errno", None) in _CUT_OFF for each in causes)
    return Loss.CUT if is_cut else Loss.DIED
