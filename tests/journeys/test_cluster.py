"""A cluster of real processes: whatever strikes them, every photo comes through once, and none is lost."""

import datetime as dt
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.core.report import Restored
from gpend.engine.cluster import certificates, head, link, placement
from gpend.engine.cluster.engine import ClusterEngine
from gpend.errors import PhotoError
from tests.engine.cluster.real import CHECKOUT, Cluster, photo, results
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys for all roles."""
    folder = tmp_path_factory.mktemp("keys")
    certificates.make(folder, dt.datetime.now(dt.UTC))
    return folder


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a busy machine answers late does not tell the head that it was cut off; nor do deaths go together here."""
    monkeypatch.setattr(head, "_FIND_OUT_SECONDS", PATIENCE)
    monkeypatch.setattr(head, "_TELL_SECONDS", PATIENCE)
    monkeypatch.setattr(link, "_ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(placement, "_TOGETHER", 0.0)


@pytest.fixture
def cluster(keys: Path, tmp_path: Path) -> Iterator[Cluster]:
    """No process yet."""
    made = Cluster(keys, tmp_path)
    try:
        yield made
    finally:
        made.end()


class _Supervised:
    """What systemd does for a cluster: who ends is started again."""

    def __init__(self, cluster: Cluster, names: tuple[str, ...]) -> None:
        self._cluster = cluster
        self._names = names
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(0.05):
            for name in self._names:
                if self._cluster.processes[name].poll() is not None:
                    self._cluster.start_worker(name)


def _killed_in_mid_photo(cluster: Cluster, engine: ClusterEngine) -> None:
    """What a killed worker had is done by the other."""
    futures = [engine.submit(photo(number, "held")) for number in (100, 101)]
    cluster.wait(lambda: all("photo 010" in cluster.begun(name) for name in ("gpu1", "gpu2")))
    cluster.kill("gpu1")
    cluster.free()
    assert {future.result(PATIENCE).by for future in futures} == {"gpu2"}
    cluster.start_worker("gpu1")


def _scheduler_killed(cluster: Cluster, engine: ClusterEngine) -> None:
    """Its workers come back by themselves, with their networks loaded, and photos that wait go on."""
    cluster.wait(lambda: str(cluster.said).count("gpu1 has joined") >= 2)
    cluster.said.clear()
    futures = [engine.submit(photo(number, "long")) for number in range(200, 204)]
    cluster.kill("scheduler")
    cluster.start_scheduler()
    assert all(isinstance(future.result(PATIENCE), Restored) for future in futures)
    cluster.wait_for("gpu1", "gpu2")


def _poisoned(cluster: Cluster, engine: ClusterEngine) -> None:
    """A photo that kills its worker is tried alone once, and set aside; those beside it come through."""
    with _Supervised(cluster, ("gpu1", "gpu2")):
        futures = [engine.submit(photo(number, "poison" if number == 303 else "")) for number in range(300, 308)]
        with pytest.raises(PhotoError, match="was set aside"):
            futures.pop(3).result(PATIENCE)
        assert all(isinstance(future.result(PATIENCE), Restored) for future in futures)
    assert sum(cluster.begun(name).count("photo 0303") for name in ("gpu1", "gpu2")) == 2, cluster.said


def _left_and_joined(cluster: Cluster, engine: ClusterEngine) -> None:
    """A worker that is told to end finishes what it has; one that comes is given photos."""
    cluster.start_worker("gpu3")
    cluster.wait_for("gpu3")
    futures = [engine.submit(photo(number, "long")) for number in range(400, 412)]
    cluster.wait(lambda: "photo 04" in cluster.begun("gpu3"))
    cluster.kill("gpu3", signal.SIGTERM)
    assert "gpu3" in {future.result(PATIENCE).by for future in futures}
    assert cluster.processes["gpu3"].wait(PATIENCE) == 0


def test_a_network_that_is_cut_and_healed_costs_no_photo(keys: Path, tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        pytest.skip("this machine has no tools for networks of its own")
    prepared = [unshare, "--user", "--map-root-user", "--net", "--mount"]
    if subprocess.run([*prepared, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make namespaces")
    command = [*prepared, sys.executable, "-m", "tests.engine.cluster.cut", str(keys), str(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert done.stdout.endswith("every photo came through\n"), done.stderr[-3000:]


def test_workers_and_scheduler_may_be_killed_leave_and_return_and_no_photo_is_lost(cluster: Cluster) -> None:
    cluster.start_scheduler()
    for name in ("gpu1", "gpu2"):
        cluster.start_worker(name)
    engine = cluster.engine()
    try:
        cluster.wait_for("gpu1", "gpu2")
        outcomes = results(engine, [photo(number) for number in range(20)])
        assert {outcome.by for outcome in outcomes} == {"gpu1", "gpu2"}
        assert [outcome.photo for outcome in outcomes if isinstance(outcome, Restored)] == [
            photo(number).replace(b"blurred", b"restored by gpend 0.1") for number in range(20)
        ]
        _killed_in_mid_photo(cluster, engine)
        _scheduler_killed(cluster, engine)
        _poisoned(cluster, engine)
        _left_and_joined(cluster, engine)
    finally:
        engine.close()
