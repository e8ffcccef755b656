"""What every journey needs: folders, a daemon to start and to end, and the oracle."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpend.errors import FatalError
from gpend.ledger import Ledger, State
from tests.journeys.process import CALLS
from tests.waiting import PATIENCE, wait_until
from tests.world import Folders, tree

CHECKOUT = Path(__file__).resolve().parents[2]


def photo(number: int) -> bytes:
    """A photo that is unlike all others."""
    return f"photo {number:06}, blurred, and more of it".encode() + b"\0" * 40 + b"."


def restored(number: int) -> bytes:
    """What gpend is to make of it."""
    return photo(number).replace(b"blurred", b"restored by gpend 0.1")


@dataclass
class Journey(Folders):
    """A daemon's surroundings on disk."""

    knobs: dict[str, Any] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        """Where gpend keeps its ledger."""
        return self.root / "state" / "ledger.sqlite"

    def start(self, **environment: str) -> "subprocess.Popen[bytes]":
        """Start the daemon."""
        said: dict[str, Any] = {
            "folders": [{"source": str(self.source), "output": str(self.output)}],
            "ledger": str(self.ledger),
            "settle_seconds": 0.1,
        }
        command = [sys.executable, "-m", "tests.journeys.process", str(self.root), json.dumps(said | self.knobs)]
        with (self.root / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=CHECKOUT, env={**os.environ, **environment}, stdout=log, stderr=log)

    def finish(self, *, until: Callable[[], bool]) -> None:
        """Run the daemon until something holds, and stop it as systemd does."""
        starts = self.starts()
        daemon = self.start()
        try:
            self.wait(lambda: self.starts() > starts, daemon)
            self.wait(until, daemon)
        finally:
            daemon.terminate()
            code = daemon.wait(PATIENCE)
        assert code == 0, self.log()

    def starts(self) -> int:
        """How often the daemon has begun its work."""
        log = self.root / "log"
        return log.read_text().count("daemon_started") if log.exists() else 0

    def wait(self, until: Callable[[], bool], daemon: "subprocess.Popen[bytes] | None" = None) -> None:
        """Wait until something holds, while the daemon lives."""

        def holds() -> bool:
            if until():
                return True
            assert daemon is None or daemon.poll() is None, self.log()
            return False

        wait_until(holds, self.log)

    def settled(self, count: int) -> Callable[[], bool]:
        """Whether so many photos are finished and nothing waits."""

        def is_settled() -> bool:
            counts = self.counts()
            return sum(counts.values()) == count and not counts[State.WAITING] and not counts[State.WORKING]

        return is_settled

    def counts(self) -> dict[State, int]:
        """How many photos stand where."""
        try:
            with Ledger.read_only(self.ledger) as records:
                return records.counts()
        except FatalError:
            return dict.fromkeys(State, 0)  # there is none yet

    def calls(self) -> Counter[str]:
        """How often the engine was given each photo."""
        return Counter((self.root / CALLS).read_text().splitlines())

    def outputs(self) -> dict[str, bytes]:
        """Every file in the output tree, unfinished ones included."""
        return tree(self.output)

    def sources(self) -> dict[str, bytes]:
        """Every file in the source tree."""
        return tree(self.source)

    def log(self) -> str:
        """The end of what the daemon had to say."""
        return (self.root / "log").read_text()[-4000:]


@contextmanager
def ending(daemon: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """Whatever happens to the test, the daemon does not outlive it."""
    try:
        yield daemon
    finally:
        if daemon.poll() is None:
            kill(daemon)


def kill(daemon: "subprocess.Popen[bytes]") -> None:
    """End it as a power cut would."""
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
