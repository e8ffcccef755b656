"""A real worker process whose photos say what is to be done: python -m tests.engine.cluster.worker OPTIONS_AS_JSON.

Its Dask process, messages and keys are gpend's own; only what would be the locked process is played.
"""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from gpend.core.report import Outcome, Restored
from gpend.engine.cluster import connections, roles
from gpend.engine.cluster.messages import Hello, Weights
from gpend.engine.cluster.service import Processing, Service
from gpend.engine.protocol import Crops
from gpend.errors import DeviceError
from tests.engine.cluster.real import FREE
from tests.fakes import LocalEngine, restored_if_blurred
from tests.waiting import wait_until

_NAME = re.compile(rb"photo [ -~]{,40}")


@dataclass(frozen=True)
class Played:
    """Photos sleep in place of computing."""

    seconds: float
    has_memory: bool
    lacks: tuple[str, ...] = ()

    def lacking(self, weights: Sequence[Weights], settings: str) -> list[str]:
        """As in WorkerRuntime."""
        del weights, settings
        return list(self.lacks)

    def take(self, entry: str, content: bytes) -> None:
        """As in WorkerRuntime."""

    def engine(self, hello: Hello, slots: int) -> Processing:
        """As in WorkerRuntime."""
        del hello
        return Threads(self.process, slots)

    def process(self, photo: bytes) -> Outcome:
        """Do what the photo says, and tell of it."""
        name = _NAME.search(photo)
        os.write(1, b"begun %s at %.2f\n" % (b"" if name is None else name[0], time.time()))
        if b"poison" in photo:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"large" in photo and not self.has_memory:
            raise DeviceError("The GPU has too little memory.")
        if b"held" in photo:
            wait_until(Path(os.environ["TMPDIR"], FREE).exists)
        time.sleep(1.5 if b"long" in photo else self.seconds)
        return restored_if_blurred(photo)


class Threads(LocalEngine):
    """Takes faces, too."""

    def submit_crops(self, crops: Crops) -> "Future[Outcome]":
        """As in Processing."""
        done: Future[Outcome] = Future()
        done.set_result(Restored(crops.pixels, "", "", (), ()))
        return done


def main(options: dict[str, object]) -> None:
    """Serve until told to stop."""
    scheduler, certificates = str(options["scheduler"]), Path(str(options["certificates"]))
    place = roles.Place(
        scheduler.partition(":")[0],
        scheduler,
        connections.security(scheduler, certificates),
        str(options.get("host", "127.0.0.1")),
    )
    played = Played(float(str(options.get("seconds", 0.0))), not options.get("is_small"))
    slots = int(str(options.get("slots", 4)))
    service = Service(str(options["name"]), "played", slots, played, lambda said: print(said, flush=True))  # noqa: T201
    roles.serve_worker(place, service)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
