"""What Prometheus is told: what the ledger knows, and what has happened since the start. Names and units are stable.

Times are seconds, sizes are bytes, and what only grows ends in _total (https://prometheus.io/docs/practices/naming/).
"""

import os
import time
from collections import Counter as Tallied
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from gpend import __version__, progress
from gpend.beside import CLUSTER
from gpend.cluster_state import STATES, ClusterState, found
from gpend.dispatch import FolderPair
from gpend.errors import GpendError
from gpend.ledger import Records, Result, Row, State

KIND = CONTENT_TYPE_LATEST
"""The media type of the answer."""

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)  # seconds
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WITHOUT_FACES = {
    State.KEPT: (
        ("no faces", "no_faces"),
        ("screenshot", "screenshot"),
        ("restored this photo itself", "own_work"),
        ("you removed", "removed_by_person"),
        ("by somebody", "changed_by_person"),
    ),
    State.FAILED: (
        ("memory_mb", "too_large"),
        ("megapixel", "too_large"),
        ("while it was processing this photo", "crashed"),
        ("permission denied", "not_readable"),
        ("made no headway", "stalled"),
        ("cannot hold", "name"),
        ("left alone", "occupied"),
    ),
}


@dataclass(frozen=True)
class About:
    """With what photos are restored."""

    network: str
    device: str  # "" while that is not known


class Metrics:
    """A Listener that counts for Prometheus. Told by the daemon's thread, asked by any other."""

    def __init__(self, ledger: Path, about: Callable[[], About]) -> None:
        cast("Callable[[], None]", disable_created_metrics)()  # a series more for each, of which nobody asks
        self._registry = registry = CollectorRegistry()
        registry.register(_Standing(ledger, about))
        ProcessCollector(registry=registry)
        self._finished = Counter(
            "gpend_photos_finished", "Photos finished, by outcome and reason.", ["outcome", "reason"], registry=registry
        )
        self._faces = Counter(
            "gpend_faces", "Faces judged since the start, by verdict.", ["verdict"], registry=registry
        )
        self._read = Counter("gpend_read_bytes", "Bytes of photos finished since the start.", registry=registry)
        self._written = Counter("gpend_written_bytes", "Bytes of outputs written since the start.", registry=registry)
        self._pauses = Counter(
            "gpend_pauses", "Times that a folder was paused, or gpend asked a person.", registry=registry
        )
        self._seconds = Histogram(
            "gpend_stage_seconds",
            "How long a stage of a photo's way took.",
            ["stage"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def note_seconds(self, stage: str, seconds: float) -> None:
        """A photo has passed a stage: read, engine (with its wait for it), what the engine tells, or finish."""
        self._seconds.labels(stage).observe(seconds)

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        self._finished.labels(result.state.value, reason_of(result)).inc()
        for face in (result.facts or {}).get("faces", ()):
            self._faces.labels(str(face.get("verdict", ""))).inc()
        self._read.inc(max(0, row.stamp.size))
        if result.written is not None:
            self._written.inc(max(0, result.written.stamp.size))

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        del pair, reason
        self._pauses.inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


def reason_of(result: Result) -> str:
    """Why a photo ended as it did, as one of few words (pure): a label must not have a value for each photo."""
    if result.state is State.RESTORED:
        return "blurred"
    verdicts = Tallied(str(face.get("verdict", "")) for face in (result.facts or {}).get("faces", ()))
    if verdicts:
        return verdicts.most_common(1)[0][0]
    known = _WITHOUT_FACES.get(result.state, ())
    return next((label for words, label in known if words in (result.reason or "")), "other")


class _Standing(Collector):
    """What is so at the moment it is asked for."""

    def __init__(self, ledger: Path, about: Callable[[], About]) -> None:
        self._ledger = ledger
        self._about = about

    def collect(self) -> Iterator[Metric]:
        """As in Collector."""
        about = self._about()
        told = ["version", "network", "device"]
        info = GaugeMetricFamily("gpend_info", "Which gpend this is, and with what it restores; always 1.", labels=told)
        info.add_metric([__version__, about.network, about.device], 1)
        yield info
        memory = _gauge("gpend_memory_bytes", "Memory in use, by process.", "process", _memory().items())
        yield memory
        yield from _of_cluster(found(self._ledger.with_name(CLUSTER), time.time()))
        try:
            with Records.read_only(self._ledger) as records:
                counted = list(_of_ledger(records))
        except GpendError:  # it is damaged, or busy at the moment
            counted = []
        yield from counted
        yield GaugeMetricFamily("gpend_ledger_readable", "Can the ledger be read?", value=int(bool(counted)))


def _of_ledger(records: Records) -> Iterator[Metric]:
    far = progress.of_ledger(records, int(time.time()))
    counts = ((state.value, count) for state, count in records.counts().items())
    yield _gauge("gpend_photos", "Photos that are known of, by their state.", "state", counts)
    finders = records.counts_by_finder().items()
    yield _gauge("gpend_photos_found", "Photos by what drew attention to them: an event or a scan.", "by", finders)
    yield GaugeMetricFamily("gpend_queue_photos", "Photos that wait for the network or are with it.", value=far.waiting)
    yield GaugeMetricFamily("gpend_settling_photos", "Photos that may still be being written.", value=far.settling)
    yield GaugeMetricFamily("gpend_rate_photos_per_second", "Photos done a second, lately.", value=far.rate)
    folders = records.folders()
    paused = ((str(folder.source), int(folder.paused_reason is not None)) for folder in folders)
    yield _gauge("gpend_folder_paused", "Is a folder paused?", "source", paused)
    held = ((str(folder.source), int(folder.brake is not None)) for folder in folders)
    yield _gauge("gpend_folder_asks", "Does a mass change of a folder wait for a person?", "source", held)


def _of_cluster(cluster: ClusterState | None) -> Iterator[Metric]:
    """Where photos are restored on other machines, how these stand."""
    if cluster is None:
        return
    states = Tallied(worker.state for worker in cluster.workers)
    told = ((state, states[state]) for state in STATES)
    yield _gauge("gpend_cluster_workers", "Other machines that restore, by their state.", "state", told)
    busy, rate, done = (_by_worker(cluster, what) for what in ("busy", "rate", "done"))
    yield _gauge("gpend_cluster_busy_photos", "Photos with a worker.", "worker", busy)
    yield _gauge("gpend_cluster_photos_per_second", "Photos a second, lately.", "worker", rate)
    yield _gauge("gpend_cluster_done_photos", "Photos that a worker has done since it joined.", "worker", done)
    name, words = "gpend_cluster_waiting_photos", "Photos that are with no worker."
    yield GaugeMetricFamily(name, words, value=cluster.waiting)
    name, words = "gpend_cluster_reachable", "Can the scheduler be reached?"
    yield GaugeMetricFamily(name, words, value=int(not cluster.problem))


def _by_worker(cluster: ClusterState, what: str) -> Iterable[tuple[str, float]]:
    """Something of each worker; of those of one name, which may follow each other, added up."""
    added: dict[str, float] = {}
    for worker in cluster.workers:
        added[worker.name] = added.get(worker.name, 0) + getattr(worker, what)
    return added.items()


def _gauge(name: str, told: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values:
        family.add_metric([value.encode(errors="replace").decode()], number)
    return family


def _memory() -> dict[str, float]:
    """What this process and its workers hold, in bytes."""
    own = os.getpid()
    children: set[int] = set()
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{own}/task").iterdir():
            children |= {int(child) for child in (task / "children").read_text().split()}
    return {"daemon": _resident(own), "worker": sum(map(_resident, children))}


def _resident(process: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    return 0
