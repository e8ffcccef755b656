"""How many bytes a photo takes on the wire, whole and by its faces: `python -m tests.benchmarks.wire`.

A blurred portrait of 4 MB goes through real processes with mutual TLS and the shipped networks.
What is counted is what the head sends and gets for a photo, without what TLS and TCP put around it.
"""

import datetime as dt
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from gpend.cluster import FacesEngine
from gpend.core.report import Outcome, Restored
from gpend.engine import Engine
from gpend.engine.cluster import certificates, connections
from gpend.engine.cluster.engine import ClusterEngine
from gpend.engine.cluster.head import Plan
from gpend.engine.cluster.link import DaskLink
from gpend.engine.cluster.messages import Hello, Versions, Weights
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Setup
from gpend.engine.supervisor import Timeouts
from gpend.models import needed
from gpend.settings import CoreSettings, RestoreSettings
from tests.engine.cluster.real import Cluster
from tests.pictures import portrait

_BYTES = 4_000_000
_TIMEOUTS = Timeouts(stall=300.0, idle=600.0)
_WINDOW, _LARGEST = 64 << 20, 1 << 28
_SECONDS = 600.0
_MB = 1e6


class CountingLink(DaskLink):
    """Counts the bytes of photos and faces, and of the answers."""

    sent = received = 0

    async def process(self, address: str, setup: str, asked: bytes, photo: bytes) -> bytes:
        """As in Link."""
        answer = await super().process(address, setup, asked, photo)
        self.sent += len(asked) + len(photo)
        self.received += len(answer)
        return answer


@dataclass
class _Head:
    engine: ClusterEngine
    links: list[CountingLink]


def main() -> None:
    """Measure, and tell the figures."""
    settings = CoreSettings(restore=RestoreSettings(device="cpu"))
    setup = Setup(settings.model_dump_json(), 1, _LARGEST)
    photo = _photo()
    with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder, _cluster(Path(folder)) as cluster:
        head = _head(cluster, settings)
        _measure("whole", head.engine, head, photo)
        head.engine.close()
        head = _head(cluster, settings)
        here = ProcessEngine(
            worker_command(), replace(setup, elsewhere=True), _TIMEOUTS, elsewhere=head.engine.submit_crops
        )
        faces = FacesEngine(here, head.engine)
        _measure("faces", faces, head, photo)
        faces.close()


def _photo() -> bytes:
    """A portrait whose face is painted, with as many bytes behind its picture as make it as large as a phone's."""
    encoded = io.BytesIO()
    Image.fromarray(portrait(600, 750, blurred=True)).save(encoded, "JPEG", quality=95)
    return encoded.getvalue().ljust(_BYTES, b"\0")


@contextmanager
def _cluster(root: Path) -> Iterator[Cluster]:
    certificates.make(root / "keys", dt.datetime.now(dt.UTC))
    (root / "logs").mkdir()
    cluster = Cluster(root / "keys", root / "logs")
    try:
        cluster.start_scheduler()
        cluster.start_box("box")
        yield cluster
    finally:
        cluster.end()


def _head(cluster: Cluster, settings: CoreSettings) -> _Head:
    weights = tuple(Weights(name=name, sha256=digest) for name, digest in needed.needed(settings))
    told = settings.model_dump_json()
    hello = Hello(versions=Versions.here(), settings=told, largest=_LARGEST, stall=300.0, idle=600.0, weights=weights)
    connections.behave()
    security = connections.security(cluster.address, cluster.keys / "head")
    links: list[CountingLink] = []

    def link() -> CountingLink:
        links.append(CountingLink(cluster.address, security))
        return links[0]

    cluster.said.clear()
    engine = ClusterEngine(Plan(cluster.address, hello, _WINDOW, _SECONDS, tell=cluster.said.append), link)
    cluster.wait_for("box")
    return _Head(engine, links)


def _measure(what: str, engine: Engine, head: _Head, photo: bytes) -> None:
    outcomes: list[Outcome] = []
    for _ in range(2):  # the first loads the networks
        began = time.perf_counter()
        outcomes.append(engine.submit(photo).result(_SECONDS))
        took = time.perf_counter() - began
    (link,) = head.links
    restored = outcomes[-1]
    assert isinstance(restored, Restored), restored
    painted = sum("painted" in face.reason for face in restored.faces)
    sent, received = link.sent / 2 / _MB, link.received / 2 / _MB
    sys.stdout.write(
        f"{what}: a photo of {len(photo) / _MB:.2f} MB with {len(restored.faces)} face, {painted} painted: "
        f"{sent:.3f} MB there, {received:.3f} MB back, {took:.1f} s, by {restored.by or 'this machine'}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
