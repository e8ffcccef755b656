"""A cluster of real processes with mutual TLS, for tests and measurements: scheduler, workers, and a head."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gpend.core.report import Outcome
from gpend.engine.cluster import connections
from gpend.engine.cluster.engine import ClusterEngine
from gpend.engine.cluster.head import Plan
from gpend.engine.cluster.link import DaskLink
from gpend.engine.cluster.messages import Hello, Versions
from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

CHECKOUT = Path(__file__).resolve().parents[3]
FREE = "free"
"""Once this file is there, photos that are held go on."""


@dataclass
class Cluster:
    """The processes, and an engine that uses them."""

    keys: Path
    logs: Path
    port: int = field(default_factory=free_port)
    said: list[str] = field(default_factory=list)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    protocol: str = "tls"
    host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return f"{self.protocol}://{self.host}:{self.port}"

    def start_scheduler(self) -> None:
        """With the command that people use."""
        keys = str(self.keys / "scheduler")
        self._start("scheduler", "gpend", "cluster", "scheduler", "--listen", self.address, "--certificates", keys)

    def start_worker(self, name: str, prefix: tuple[str, ...] = (), **options: object) -> None:
        """One whose photos sleep; `prefix` goes before its command."""
        told = {"scheduler": self.address, "certificates": str(self.keys / "worker"), "name": name, **options}
        self._start(name, "tests.engine.cluster.worker", json.dumps(told), prefix=prefix)

    def start_box(self, name: str) -> None:
        """One with gpend's own networks, on the processor, with the command that people use."""
        told = ("--scheduler", self.address, "--name", name, "--device", "cpu", "--slots", "1", "--host", self.host)
        self._start(name, "gpend", "cluster", "worker", *told, "--certificates", str(self.keys / "worker"))

    def _start(self, name: str, *command: str, prefix: tuple[str, ...] = ()) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            around = os.environ | {"TMPDIR": str(self.logs)}  # what a killed one leaves goes when the logs go
            self.processes[name] = subprocess.Popen(
                [*prefix, sys.executable, "-m", *command], cwd=CHECKOUT, env=around, stdout=log, stderr=log
            )

    def engine(self, window: int = 1 << 24) -> ClusterEngine:
        """A head's."""
        hello = Hello(versions=Versions.here(), settings="{}", largest=1 << 24, stall=300.0, idle=600.0, weights=())
        plan = Plan(self.address, hello, window, PATIENCE, tell=self.said.append)
        connections.behave()
        security = connections.security(self.address, self.keys / "head")
        return ClusterEngine(plan, lambda: DaskLink(self.address, security))

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Strike a process of ours."""
        self.processes[name].send_signal(number)
        if number == signal.SIGKILL:
            self.processes[name].wait(PATIENCE)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Until something holds."""
        wait_until(holds, lambda: (self.said, self.log()))

    def wait_for(self, *names: str) -> None:
        """Until these workers have joined."""
        self.wait(lambda: all(any(f"{name} has joined" in said for said in self.said) for name in names))

    def hold(self) -> None:
        """Photos that are told to wait for that wait from now on."""
        (self.logs / FREE).unlink(missing_ok=True)

    def free(self) -> None:
        """They go on."""
        (self.logs / FREE).touch()

    def begun(self, name: str) -> str:
        """What a worker says that it has begun."""
        return (self.logs / f"{name}.log").read_text()

    def log(self) -> str:
        """What the processes wrote."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.logs.glob("*.log")))

    def end(self) -> None:
        """All of them."""
        for process in self.processes.values():
            process.kill()
            process.wait(PATIENCE)


def photo(number: int, words: str = "") -> bytes:
    """One that is to be restored."""
    return f"photo {number:04}, blurred {words}".encode() + b"\0" * 1000


def results(engine: ClusterEngine, photos: list[bytes]) -> list[Outcome]:
    """What becomes of them."""
    futures = [engine.submit(each) for each in photos]
    return [future.result(PATIENCE) for future in futures]
