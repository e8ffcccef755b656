"""The scheduler and the workers of a cluster, as they run: `gpend cluster scheduler` and `gpend cluster worker`."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from distributed import Scheduler, Worker
from distributed.security import Security

from gpend.backoff import Backoff
from gpend.engine.cluster.connections import NOWHERE, SILENCE, behave
from gpend.engine.cluster.link import MARK
from gpend.engine.cluster.service import Service

_FIRST, _LONGEST = 1.0, 15.0  # seconds until a worker looks for its scheduler again
_FINISH_SECONDS = 60.0  # for the photos that a worker has when it is told to leave


@dataclass(frozen=True)
class Place:
    """Where a role listens, and whom it speaks to."""

    protocol: str  # "tls" or "tcp"
    scheduler: str  # its address
    security: Security
    host: str | None = None  # None: all addresses of the machine
    port: int = 0  # 0: any


def serve_scheduler(place: Place, tell: Callable[[str], None]) -> None:
    """Be a cluster's scheduler until SIGTERM or SIGINT. Raises OSError where its address is taken."""
    behave()
    asyncio.run(_serve_scheduler(place, tell))


async def _serve_scheduler(place: Place, tell: Callable[[str], None]) -> None:
    stop = _stopped()
    scheduler = Scheduler(
        host=place.host, port=place.port, protocol=f"{place.protocol}://", security=place.security,
        dashboard=False, dashboard_address=NOWHERE,
    )  # fmt: skip
    async with scheduler:
        tell(f"The scheduler listens at {scheduler.address}")
        await stop.wait()


def serve_worker(place: Place, service: Service) -> None:
    """Be a worker until SIGTERM or SIGINT; the photos that it has then are finished first. Waits for its scheduler."""
    behave()
    with contextlib.closing(service):
        asyncio.run(_serve_worker(place, service))


async def _serve_worker(place: Place, service: Service) -> None:
    stop = _stopped()
    again = Backoff(_FIRST, _LONGEST)
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        await _serve_once(place, service, stop)
        now = asyncio.get_running_loop().time()
        if now - began > _LONGEST:
            again.succeed()
        again.fail(now)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), again.until - now)


async def _serve_once(place: Place, service: Service, stop: asyncio.Event) -> None:
    """Until the scheduler is lost, or it is time to end."""
    with tempfile.TemporaryDirectory(prefix="gpend-worker-") as scratch:
        worker = _worker(place, service, scratch)
        try:
            await worker
        except Exception as error:  # noqa: BLE001 - Dask raises what its connections raise
            service.tell(f"The scheduler {place.scheduler} is not reached: {error}")
            await worker.close()
            return
        service.tell(f"The worker {service.name} has joined {place.scheduler}")
        stopping = asyncio.create_task(stop.wait())
        finished = asyncio.create_task(worker.finished())
        await asyncio.wait([stopping, finished], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await service.leave(_FINISH_SECONDS)
        else:
            service.tell(f"The scheduler {place.scheduler} is lost, and looked for")
        await worker.close()
        for task in (stopping, finished):
            task.cancel()


def _worker(place: Place, service: Service, scratch: str) -> Worker:
    process = uuid4().hex
    worker = Worker(
        place.scheduler, name=service.name, nthreads=1, memory_limit=0, local_directory=scratch, host=place.host,
        port=place.port, protocol=place.protocol, security=place.security, dashboard=False, dashboard_address=NOWHERE,
        death_timeout=SILENCE, startup_information={MARK: lambda _: process},
    )  # fmt: skip
    worker.handlers.update(gpend_hello=service.hello, gpend_give=service.give, gpend_process=service.process)
    return worker


def _stopped() -> asyncio.Event:
    """Is set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
