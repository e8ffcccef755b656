"""What Prometheus is told: stable names, true numbers, and no label for each photo."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gpend.beside import CLUSTER
from gpend.cluster_state import ClusterState, WorkerState, leave
from gpend.core.report import Kept
from gpend.daemon import Daemon, Environment
from gpend.daemon.metrics import About, Metrics, reason_of
from gpend.errors import TransientError
from gpend.ledger import Fingerprint, Ledger, Records, Result, State
from tests.world import SHARP, World

DASHBOARD = Path(__file__).resolve().parents[2] / "config" / "grafana.json"
STABLE = {
    "gpend_info",
    "gpend_photos",
    "gpend_photos_found",
    "gpend_photos_finished",
    "gpend_faces",
    "gpend_queue_photos",
    "gpend_settling_photos",
    "gpend_rate_photos_per_second",
    "gpend_stage_seconds",
    "gpend_read_bytes",
    "gpend_written_bytes",
    "gpend_memory_bytes",
    "gpend_folder_paused",
    "gpend_folder_asks",
    "gpend_pauses",
    "gpend_ledger_readable",
}
"""People's dashboards and alerts hold these."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def told(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True)}": sample.value
        for family in families
        for sample in family.samples
    }


def names(metrics: Metrics) -> set[str]:
    return {family.name for family in text_string_to_metric_families(metrics.text().decode())}


def counted(world: World) -> Metrics:
    """The metrics of a daemon that has made one pass."""
    metrics = Metrics(world.settings.ledger, lambda: About("gpen-256", "cpu"))
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        environment = Environment(clock=world.clock, watching=None, listeners=(metrics,))
        Daemon(world.runtime, ledger, environment).once()
    metrics.note_seconds("read", 0.2)
    return metrics


def test_photos_are_counted_by_what_became_of_them_and_why(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.put("c.jpg", b"broken, and more of it")
    found = told(counted(world))
    assert found['gpend_photos{"state": "restored"}'] == 1
    assert found['gpend_photos{"state": "waiting"}'] == 0
    assert found['gpend_photos_finished_total{"outcome": "restored", "reason": "blurred"}'] == 1
    assert found['gpend_photos_finished_total{"outcome": "failed", "reason": "other"}'] == 1
    assert found['gpend_photos_found{"by": "scan"}'] == 3
    assert found["gpend_queue_photos{}"] == 0
    assert found["gpend_read_bytes_total{}"] == sum(path.stat().st_size for path in world.source.iterdir())
    assert found["gpend_written_bytes_total{}"] == (world.output / "a.jpg").stat().st_size
    assert found['gpend_memory_bytes{"process": "daemon"}'] > 1_000_000
    assert found['gpend_stage_seconds_bucket{"le": "0.25", "stage": "read"}'] == 1
    assert found['gpend_info{"device": "cpu", "network": "gpen-256", "version": "' + _version() + '"}'] == 1


def _version() -> str:
    from gpend import __version__  # noqa: PLC0415 - here alone

    return __version__


def test_the_names_are_those_that_dashboards_hold(world: World) -> None:
    world.put("a.jpg")
    assert {name for name in names(counted(world)) if name.startswith("gpend_")} == STABLE


def test_a_ledger_that_is_busy_is_told_and_the_rest_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: Records) -> NoReturn:
        raise TransientError("The ledger cannot be used at the moment: it is locked.")

    world.put("a.jpg")
    metrics = counted(world)
    monkeypatch.setattr(Records, "counts", busy)
    found = told(metrics)
    assert found["gpend_ledger_readable{}"] == 0
    assert found["gpend_written_bytes_total{}"] > 0


def test_a_ledger_that_cannot_be_read_is_told_and_the_rest_too(world: World) -> None:
    found = told(Metrics(world.settings.ledger, lambda: About("gpen-256", "")))
    assert found["gpend_ledger_readable{}"] == 0
    assert 'gpend_memory_bytes{"process": "worker"}' in found


def test_a_cluster_is_told_of_where_there_is_one(world: World) -> None:
    busy = WorkerState(name="attic", state="working", busy=3, rate=0.5, done=70)
    before = WorkerState(name="attic", state="leaving", busy=1, rate=0.25, done=7)
    refused = WorkerState(name="den", state="refused")
    state = ClusterState(scheduler="tls://nas:8786", waiting=2, workers=(busy, before, refused))
    leave(state, world.settings.ledger.with_name(CLUSTER), time.time())
    found = told(Metrics(world.settings.ledger, lambda: About("gpen-256", "")))
    assert found['gpend_cluster_workers{"state": "working"}'] == 1
    assert found['gpend_cluster_busy_photos{"worker": "attic"}'] == 4
    assert found['gpend_cluster_photos_per_second{"worker": "attic"}'] == 0.75
    assert found['gpend_cluster_done_photos{"worker": "attic"}'] == 77
    assert found["gpend_cluster_waiting_photos{}"] == 2
    assert found["gpend_cluster_reachable{}"] == 1


def test_the_dashboard_for_grafana_asks_for_nothing_that_is_not_told(world: World) -> None:
    world.put("a.jpg")
    asked = set(re.findall(r"\b(gpend_[a-z_]+)", DASHBOARD.read_text()))
    offered = {sample.split("{")[0] for sample in told(counted(world))} | {"gpend_stage_seconds_bucket"}
    assert asked
    assert asked <= offered
    assert {panel["type"] for panel in json.loads(DASHBOARD.read_text())["panels"]} <= {"stat", "timeseries", "row"}


@pytest.mark.parametrize(
    ("state", "reason", "label"),
    [
        (State.KEPT, "no faces found", "no_faces"),
        (State.KEPT, "a screenshot, by its name; `triage.screenshots: restore` has them", "screenshot"),
        (State.FAILED, "The file has 900 MiB, more than memory_mb allows (512 MiB).", "too_large"),
        (State.FAILED, "gpend may not read 'a.jpg': permission denied.", "not_readable"),
        (State.FAILED, "whatever no table foresees", "other"),
        (State.UNSUPPORTED, "It is animated.", "other"),
    ],
)
def test_a_reason_is_one_of_few_words(state: State, reason: str, label: str) -> None:
    assert reason_of(Result(state, reason, None, Fingerprint())) == label


def test_the_verdict_on_most_faces_stands_for_a_photo() -> None:
    faces = [{"verdict": "sharp"}, {"verdict": "small"}, {"verdict": "small"}]
    assert reason_of(Result(State.KEPT, "3 faces", None, Fingerprint(), facts={"faces": faces})) == "small"


Notes = Callable[[str, float], None]


def test_the_stages_of_a_photo_are_timed(world: World) -> None:
    stages: list[str] = []
    world.put("a.jpg")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        note: Notes = lambda stage, seconds: stages.append(stage) if seconds >= 0 else None  # noqa: E731
        runtime = type(world.runtime)(world.settings, world.engine, world.fingerprint, note)
        Daemon(runtime, ledger, Environment(clock=world.clock, watching=None)).once()
    assert stages == ["read", "engine", "finish"]


def test_what_the_engine_tells_of_its_stages_is_told(world: World) -> None:
    stages: dict[str, float] = {}
    world.put("a.jpg")
    world.engine.process = lambda _: Kept("sharp", (), seconds={"decode": 0.5, "detect": 0.25})
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        runtime = type(world.runtime)(world.settings, world.engine, world.fingerprint, stages.__setitem__)
        Daemon(runtime, ledger, Environment(clock=world.clock, watching=None)).once()
    assert (stages["decode"], stages["detect"]) == (0.5, 0.25)
