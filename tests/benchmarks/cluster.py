"""What a cluster costs, gives and stands: `python -m tests.benchmarks.cluster [overhead|scaling|kills|queue]...`.

Real processes with mutual TLS on one machine: scheduler, workers, and for kills and queue the real `gpend`. The network
sleeps in place of computing, so that two cores can show scaling. Nothing is asserted but that no photo is lost.
"""

import contextlib
import datetime as dt
import io
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path

import yaml
from PIL import Image

from gpend.beside import CLUSTER
from gpend.cluster_state import found
from gpend.core.report import Outcome
from gpend.engine import Engine
from gpend.engine.cluster import certificates
from gpend.errors import FatalError
from gpend.ledger import Records, State
from tests.engine.cluster.real import CHECKOUT, Cluster, photo
from tests.fakes import LocalEngine, restored_if_blurred
from tests.waiting import PATIENCE

_PHOTO, _CROP = 4_000_000, 200_000  # bytes
_MIB = 1 << 20
_CALLS = 60  # for a median
_SECONDS, _SLOTS = 1.0, 2  # that a photo takes where scaling is measured, and photos at a time of each worker
_IN_FLIGHT = 16  # more than all workers have room for
_SCALED = 40  # photos for each worker
_KILLED = 500
_QUEUED, _SPARSE = 100_000, 100_000  # photos, and bytes of each, most of them behind its picture and in no block
_WATCHED_SECONDS = 30.0


def main(parts: list[str]) -> None:
    """Measure, and tell the figures."""
    known: dict[str, Callable[[Path], None]] = {
        "overhead": _overhead, "scaling": _scaling, "kills": _kills, "queue": _queue,
    }  # fmt: skip
    for part in parts or list(known):
        with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
            _say(f"{part} (load {os.getloadavg()[0]:.1f})")
            known[part](Path(folder))


def _cluster(root: Path, workers: int, **options: object) -> Cluster:
    certificates.make(root / "keys", dt.datetime.now(dt.UTC))
    (root / "logs").mkdir()
    cluster = Cluster(root / "keys", root / "logs")
    cluster.start_scheduler()
    for number in range(workers):
        cluster.start_worker(f"gpu{number}", (), **options)
    return cluster


def _joined(cluster: Cluster, workers: int) -> Engine:
    engine = cluster.engine(window=64 * _MIB)
    cluster.wait_for(*(f"gpu{number}" for number in range(workers)))
    return engine


def _sized(number: int, size: int) -> bytes:
    return photo(number).ljust(size, b"\0")


def _overhead(root: Path) -> None:
    """One photo after the other, with nothing to do."""
    cluster = _cluster(root, 1)
    engine = _joined(cluster, 1)
    try:
        for name, size in (("whole photo, 4 MB each way", _PHOTO), ("crop, 200 KB each way", _CROP)):
            before = _cpu(cluster.processes["gpu0"].pid)
            _tell_median(f"cluster, {name}", engine, size)
            _say(f"    and {(_cpu(cluster.processes['gpu0'].pid) - before) / _CALLS:.0f} ms of a core at the worker")
            _tell_rate(f"cluster, {name}", engine, size)
        _tell_median("local threads, 4 MB", LocalEngine(restored_if_blurred, 1), _PHOTO)
        _tell_memory(cluster)
    finally:
        engine.close()
        cluster.end()


def _tell_median(what: str, engine: Engine, size: int) -> None:
    took = []
    spent = time.process_time()
    for number in range(_CALLS):
        began = time.perf_counter()
        engine.submit(_sized(number, size)).result(PATIENCE)
        took.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - spent) / _CALLS * 1000
    took = sorted(took[3:])
    median, most = statistics.median(took), took[int(len(took) * 0.95)]
    _say(f"  {what}, one at a time: median {median:.0f} ms, 95 % {most:.0f} ms; {spent:.0f} ms of a core here")


def _tell_rate(what: str, engine: Engine, size: int) -> None:
    began = time.perf_counter()
    for future in [engine.submit(_sized(number, size)) for number in range(2 * _CALLS)]:
        future.result(PATIENCE)
    _say(f"  {what}, eight at a time: {2 * _CALLS / (time.perf_counter() - began):.1f} a second")


def _scaling(root: Path) -> None:
    """Photos of 200 KB, which two cores carry with ease, that take a second; two at a time on each worker."""

    def process(one: bytes) -> Outcome:
        time.sleep(_SECONDS)
        return restored_if_blurred(one)

    alone = _rate_of(LocalEngine(process, _SLOTS), _SCALED)
    _say(f"  local: {alone:.2f} a second")
    for workers in (1, 2, 3):
        place = root / str(workers)
        place.mkdir()
        cluster = _cluster(place, workers, seconds=_SECONDS, slots=_SLOTS)
        engine = _joined(cluster, workers)
        try:
            rate = _rate_of(engine, _SCALED * workers)
            _say(f"  {workers} workers: {rate:.2f} a second, {rate / alone:.2f} times local")
            _tell_memory(cluster)
        finally:
            engine.close()
            cluster.end()


def _rate_of(engine: Engine, photos: int) -> float:
    began = time.perf_counter()
    left: list[Future[Outcome]] = []
    for number in range(photos):  # as the dispatcher does: no more in memory than the window holds
        left.append(engine.submit(_sized(number, _CROP)))
        if len(left) >= _IN_FLIGHT:
            left.pop(0).result(PATIENCE)
    for future in left:
        future.result(PATIENCE)
    return photos / (time.perf_counter() - began)


def _kills(root: Path) -> None:
    """The real `gpend once` with three workers, of which one is killed at random again and again."""
    cluster = _cluster(root, 3, seconds=0.3, slots=2)
    config = _configured(root, cluster, slots=1)
    for number in range(_KILLED):
        (root / "photos" / f"{number:04}.jpg").write_bytes(_jpeg(number).ljust(100_000, b"\0"))
    kills: list[float] = []
    is_over = threading.Event()
    killer = threading.Thread(target=_kill_at_random, args=(root, cluster, kills, is_over))
    began = time.perf_counter()
    try:
        process = _gpend(root, "once", config)
        killer.start()
        code = process.wait(20 * PATIENCE)
        took = time.perf_counter() - began
    finally:
        is_over.set()
        killer.join()
        cluster.end()
    _say(f"  gpend once ended with {code} after {took:.0f} s; {len(kills)} workers were killed")
    _tell_outcome(root, cluster)
    _tell_reruns(cluster, kills)


def _kill_at_random(root: Path, cluster: Cluster, kills: list[float], is_over: threading.Event) -> None:
    dice = random.Random(16)  # noqa: S311 - no secret
    while not is_over.wait(dice.uniform(0.5, 4.0)):
        stands = found(root / "state" / CLUSTER, time.time())
        busy = [worker.name for worker in stands.workers if worker.busy] if stands is not None else []
        if len(busy) > 1:
            name = dice.choice(busy)
            cluster.kill(name, signal.SIGKILL)
            kills.append(time.time())
            cluster.start_worker(name, seconds=0.3, slots=2)


def _tell_outcome(root: Path, cluster: Cluster) -> None:
    with Records.read_only(root / "state" / "ledger.sqlite") as records:
        counts = records.counts()
    written = {path.name: path.read_bytes() for path in (root / "restored").glob("*.jpg")}
    right = sum(
        b"photo %06d" % number in written.get(f"{number:04}.jpg", b"") and b"restored by" in written[f"{number:04}.jpg"]
        for number in range(_KILLED)
    )
    begun = Counter(name for name, _ in _begun(cluster))
    _say(f"  {counts[State.RESTORED]} restored on record, {len(written)} outputs, {right} of them right, of {_KILLED}")
    _say(f"  {sum(begun.values())} runs on workers: {sum(count - 1 for count in begun.values())} photos were run again")
    assert counts[State.RESTORED] == len(written) == right == _KILLED


def _begun(cluster: Cluster) -> list[tuple[str, float]]:
    """Every photo that a worker has begun, and when."""
    lines = [line for name in ("gpu0", "gpu1", "gpu2") for line in cluster.begun(name).splitlines()]
    return [(line.split(",")[0], float(line.split()[-1])) for line in lines if line.startswith("begun photo")]


def _tell_reruns(cluster: Cluster, kills: list[float]) -> None:
    """How long after its worker was killed a photo was begun again."""
    times: dict[str, list[float]] = {}
    for name, when in _begun(cluster):
        times.setdefault(name, []).append(when)
    again = [when for each in times.values() for when in sorted(each)[1:]]
    took = sorted(when - max((kill for kill in kills if kill <= when), default=when) for when in again)
    if took:
        _say(f"  begun again after a kill: median {statistics.median(took):.1f} s, at most {took[-1]:.1f} s")


def _queue(root: Path) -> None:
    """The real `gpend run` with 100,000 photos of 100 KB queued, and then one worker: what each role needs."""
    cluster = _cluster(root, 0)
    config = _configured(root, cluster, slots=1)
    _say("  making the photos")
    for number in range(_QUEUED):
        with (root / "photos" / f"{number:06}.jpg").open("wb") as file:
            file.write(_jpeg(number))
            file.truncate(_SPARSE)
    began = time.monotonic()
    process = _gpend(root, "run", config)
    try:
        _wait_for(root, began, lambda counts: sum(counts.values()) >= _QUEUED)
        _say(f"  all of them are in the queue after {time.monotonic() - began:.0f} s")
        _say(f"  daemon: {_memory(process.pid, 'VmRSS')} MB now, {_memory(process.pid, 'VmHWM')} MB at most")
        cluster.start_worker("gpu0", seconds=0.2, slots=2)
        _wait_for(root, time.monotonic(), lambda counts: counts[State.RESTORED] > 0)
        time.sleep(_WATCHED_SECONDS)
        counts = _wait_for(root, began, lambda _: True)
        _say(f"  {counts[State.RESTORED]:,} restored, {counts[State.WAITING] + counts[State.WORKING]:,} queued")
        _say(f"  daemon: {_memory(process.pid, 'VmRSS')} MB now, {_memory(process.pid, 'VmHWM')} MB at most")
        _tell_memory(cluster)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        cluster.end()


def _wait_for(root: Path, since: float, holds: Callable[[Counter[State]], bool]) -> Counter[State]:
    """Until what stands in the ledger is so; what it is then."""
    while True:
        with contextlib.suppress(FatalError), Records.read_only(root / "state" / "ledger.sqlite") as records:
            counts = Counter(records.counts())  # before that the ledger may not be there yet
            if holds(counts):
                return counts
        assert time.monotonic() < since + 20 * PATIENCE, counts
        time.sleep(2.0)


def _jpeg(number: int) -> bytes:
    """A whole picture, in whose comment stands what `photo` says."""
    return _template().replace(b"photo 000000", b"photo %06d" % number)


@cache
def _template() -> bytes:
    picture = io.BytesIO()
    Image.new("L", (8, 8)).save(picture, "JPEG", comment=b"photo 000000, blurred")
    return picture.getvalue()


def _configured(root: Path, cluster: Cluster, slots: int) -> Path:
    for folder in ("photos", "restored", "state"):
        (root / folder).mkdir()
    told = {
        "folders": [{"source": str(root / "photos"), "output": str(root / "restored")}],
        "ledger": str(root / "state" / "ledger.sqlite"),
        "settle_seconds": 0.1,
        "minimum_free_mb": 0,
        "slots": slots,
        "engine": {"kind": "cluster", "scheduler": cluster.address, "certificates": str(cluster.keys / "head")},
    }
    (root / "gpend.yaml").write_text(yaml.safe_dump(told))
    return root / "gpend.yaml"


def _gpend(root: Path, command: str, config: Path) -> "subprocess.Popen[bytes]":
    with (root / "logs" / "gpend.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "gpend", command, "--config", str(config)], cwd=CHECKOUT, stdout=log, stderr=log
        )


def _tell_memory(cluster: Cluster) -> None:
    told = {name: _memory(process.pid, "VmHWM") for name, process in cluster.processes.items()}
    _say(f"  memory at most, MB: {', '.join(f'{name} {size}' for name, size in told.items())}")


def _memory(process: int, what: str) -> int:
    """Of a process, in MB of a thousand KiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) // 1000
    return 0


def _cpu(process: int) -> float:
    """Milliseconds that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
