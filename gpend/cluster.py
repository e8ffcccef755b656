"""The parts of a cluster put together: the head's engine from its configuration, and what a worker works with."""

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gpend.beside import CLUSTER
from gpend.cluster_state import leave
from gpend.core.formats import jpeg
from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine import Engine
from gpend.engine.cluster.messages import Hello, Versions, Weights
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Setup
from gpend.engine.supervisor import Timeouts
from gpend.errors import ConfigurationError, FatalError
from gpend.models import needed
from gpend.models.restorers import identities
from gpend.models.weights import FROM_HEAD, folder_to_fill, weights_folders
from gpend.settings import CoreSettings, Fallback, Send, Settings, names_file

if TYPE_CHECKING:  # only who has the extra can import it
    from gpend.engine.cluster.engine import ClusterEngine

_MIB = 1 << 20
EXTRA = "A cluster needs two packages more: pip install 'gpend[cluster]'"


def has_extra() -> bool:
    """Are the packages there that a cluster needs?"""
    return find_spec("distributed") is not None and find_spec("cryptography") is not None


def problems(settings: Settings) -> list[str]:
    """Why a cluster cannot be used as these settings say, in words."""
    engine = settings.engine
    if engine.scheduler is None:
        return ["engine.scheduler: is missing. Name the address of the scheduler, such as tls://nas:8786."]
    if engine.send is Send.FACES and engine.fallback is Fallback.LOCAL:
        return ["engine.fallback: local needs `engine.send: photos`; with faces this machine has no network for them."]
    if names_file(settings.restore.model):
        return [f"restore.model: workers have no {settings.restore.model}. Name one that was added: gpend weights add."]
    if not has_extra():
        return [f"engine.kind: {EXTRA}."]
    return _problems_of_keys(engine.scheduler, engine.certificates)


def _problems_of_keys(scheduler: str, folder: Path) -> list[str]:
    from gpend.engine.cluster import certificates, connections  # noqa: PLC0415 - only who has the extra can import it

    try:
        connections.security(scheduler, folder)
    except ConfigurationError as error:
        return [f"engine.certificates: {error}"]
    if connections.is_plain(scheduler) or certificates.days_left(folder, datetime.now(UTC)) >= 0:
        return []
    return [f"engine.certificates: the keys in {folder} have run out. Make new ones: gpend cluster certificates."]


def engine_of(settings: Settings, setup: Setup, local: Callable[[], Engine], tell: Callable[[str], None]) -> Engine:
    """The engine whose photos, or faces, the workers of a cluster process; `tell` is given sentences for the log."""
    found = _cluster_engine(settings, setup, local, tell)
    if settings.engine.send is Send.PHOTOS:
        return found
    timeouts = Timeouts(stall=settings.stall_seconds, idle=settings.idle_unload_minutes * 60)
    here = replace(setup, elsewhere=True)
    return FacesEngine(ProcessEngine(worker_command(), here, timeouts, tell=tell, elsewhere=found.submit_crops), found)


def _restorers(settings: Settings) -> list[str]:
    """The networks that restore here as there, by name and version."""
    found = identities(settings.restore.model, weights_folders(settings.restore.weights))
    return [f"{name} ({(sha256 or '')[:8]})" for name, sha256, _ in found]


@dataclass(frozen=True)
class FacesEngine:
    """An Engine that does all here but for the restoring of faces: a thin network suffices."""

    here: ProcessEngine
    there: "ClusterEngine"

    @property
    def device(self) -> str:
        """Where this machine finds and measures faces; "" while that is not known."""
        return self.here.device

    @property
    def networks(self) -> str:
        """Which networks restore, by name; "" while that is not known."""
        return self.here.networks

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """As in Engine."""
        return self.here.submit(photo, wish)

    def close(self) -> None:
        """As in Engine."""
        self.here.close()
        self.there.close()


def _cluster_engine(
    settings: Settings, setup: Setup, local: Callable[[], Engine], tell: Callable[[str], None]
) -> "ClusterEngine":
    from gpend.engine.cluster import connections, engine, head, link  # noqa: PLC0415 - as above

    told, address = settings.engine, settings.engine.scheduler or ""
    if connections.is_plain(address):
        tell(f"Photos go to {address} without encryption, and whoever reaches it can send programs there")
    hello = Hello(
        versions=Versions.here(),
        settings=setup.settings,
        largest=setup.largest,
        stall=settings.stall_seconds,
        idle=settings.idle_unload_minutes * 60,
        weights=tuple(Weights(name=name, sha256=digest) for name, digest in needed.needed(settings)),
    )
    plan = head.Plan(
        scheduler=address,
        hello=hello,
        window=told.window_mb * _MIB,
        patience=settings.stall_seconds if told.send is Send.PHOTOS else settings.stall_seconds / 2,
        weights=partial(needed.entry_and_file, settings=settings) if told.send_weights else None,
        local=local if told.fallback is Fallback.LOCAL else None,
        local_slots=settings.slots,
        networks=" and ".join(_restorers(settings)),
        tell=tell,
        leave=lambda state: leave(state, settings.ledger.with_name(CLUSTER), time.time()),
    )
    security = connections.security(address, told.certificates)
    connections.behave()
    return engine.ClusterEngine(plan, lambda: link.DaskLink(address, security))


def forget_state(settings: Settings) -> None:
    """No cluster is used any more: `gpend status` shall not tell of one."""
    with contextlib.suppress(OSError):
        settings.ledger.with_name(CLUSTER).unlink(missing_ok=True)


@dataclass(frozen=True)
class WorkerRuntime:
    """What a worker processes photos with: its own device and networks, and the settings of the head."""

    device: str
    weights: Path | None
    tell: Callable[[str], None]

    def lacking(self, weights: Sequence[Weights], settings: str) -> list[str]:
        """As in gpend.engine.cluster.service.WorkerRuntime."""
        return needed.lacking([(one.name, one.sha256) for one in weights], self._own(settings))

    def take(self, entry: str, content: bytes) -> None:
        """As in gpend.engine.cluster.service.WorkerRuntime."""
        needed.keep(entry, content, self._kept)

    def engine(self, hello: Hello, slots: int) -> ProcessEngine:
        """As in gpend.engine.cluster.service.WorkerRuntime."""
        own = self._own(hello.settings)
        on_cpu = own.model_copy(update={"restore": own.restore.model_copy(update={"device": "cpu"})})
        return ProcessEngine(
            worker_command(),
            Setup(own.model_dump_json(), slots, hello.largest),
            Timeouts(stall=hello.stall, idle=hello.idle),
            fallback=Setup(on_cpu.model_dump_json(), slots, hello.largest) if self.device == "auto" else None,
            tell=self.tell,
        )

    @property
    def _kept(self) -> Path:
        """Where networks lie that heads have sent."""
        return (self.weights or folder_to_fill()) / FROM_HEAD

    def _own(self, settings: str) -> CoreSettings:
        """The head's settings, with this machine's device and folder of networks. Raises FatalError."""
        try:
            told = CoreSettings.model_validate_json(settings)
        except ValueError as error:
            raise FatalError(f"it does not understand the head's settings: {error}") from error
        folder = self._kept if self._kept.is_dir() else self.weights
        return told.model_copy(
            update={"restore": told.restore.model_copy(update={"device": self.device, "weights": folder})}
        )


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is told on its command line."""

    scheduler: str
    certificates: Path
    name: str | None = None
    device: str = "auto"
    slots: int = 8
    weights: Path | None = None
    host: str | None = None
    port: int = 0


def serve_worker(options: WorkerOptions, tell: Callable[[str], None]) -> None:
    """Be a worker until SIGTERM. Raises ConfigurationError and FatalError."""
    from gpend.engine.cluster import connections, roles, service  # noqa: PLC0415 - as above

    _quieten()
    own = WorkerRuntime(options.device, options.weights, tell)
    name = options.name or " ".join([socket.gethostname(), *([options.device] if ":" in options.device else [])])
    place = roles.Place(
        options.scheduler.partition(":")[0],
        options.scheduler,
        connections.security(options.scheduler, options.certificates),
        options.host,
        options.port,
    )
    if connections.is_plain(options.scheduler):
        tell("Warning: without encryption, whoever reaches this machine can run programs on it")
    if jpeg.lossless_library() is None:
        tell("Advice: libturbojpeg is not installed, so restored JPEGs are saved anew: apt install libturbojpeg0")
    roles.serve_worker(place, service.Service(name, options.device, options.slots, own, tell))


def serve_scheduler(listen: str, certificates: Path, tell: Callable[[str], None]) -> None:
    """Be a cluster's scheduler until SIGTERM. Raises ConfigurationError."""
    from gpend.engine.cluster import connections, roles  # noqa: PLC0415 - as above

    _quieten()
    protocol, _, place = listen.partition("://")
    host, _, port = place.rpartition(":")
    security = connections.security(listen, certificates)
    if connections.is_plain(listen):
        tell("Warning: without encryption, whoever reaches this machine can run programs on it and its workers")
    try:
        roles.serve_scheduler(roles.Place(protocol, listen, security, host or None, int(port)), tell)
    except OSError as error:
        raise FatalError(f"The scheduler cannot listen at {listen}: {error.strerror or error}.") from error


def _quieten() -> None:
    """Dask tells in its log what gpend tells in its own words."""
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
