"""The parts of a cluster put together: what is refused beforehand, and what a worker takes from its head."""

import datetime as dt
from pathlib import Path

import pytest

from gpend import beside, cluster, cluster_state, machine, wiring
from gpend.cluster import WorkerRuntime
from gpend.cluster_state import ClusterState, WorkerState
from gpend.engine.cluster import certificates
from gpend.engine.cluster.messages import Weights
from gpend.errors import FatalError
from gpend.models import needed
from gpend.settings import CoreSettings, EngineKind, EngineSettings, Fallback, RestoreSettings, Send, Settings
from tests.models.test_restorers import having

_SETTINGS = Settings(
    engine=EngineSettings(kind=EngineKind.CLUSTER, scheduler="tls://nas:8786"),
    restore=RestoreSettings(model="gpen-256", device="cuda:7"),
)


def _but(**engine: object) -> Settings:
    return _SETTINGS.model_copy(update={"engine": _SETTINGS.engine.model_copy(update=engine)})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The head's."""
    return certificates.make(tmp_path_factory.mktemp("keys"), dt.datetime.now(dt.UTC))[0]


def test_a_cluster_whose_keys_are_there_has_no_problem(keys: Path) -> None:
    assert cluster.problems(_but(certificates=keys)) == []


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path, keys: Path) -> None:
    (no_scheduler,) = cluster.problems(_but(scheduler=None))
    (no_keys,) = cluster.problems(_but(certificates=tmp_path))
    (no_network,) = cluster.problems(_but(certificates=keys, send=Send.FACES, fallback=Fallback.LOCAL))
    assert "Name the address" in no_scheduler
    assert "gpend cluster certificates" in no_keys
    assert "engine.send: photos" in no_network


def test_keys_that_do_not_belong_together_are_refused(tmp_path: Path, keys: Path) -> None:
    other = certificates.make(tmp_path / "other", dt.datetime.now(dt.UTC))[0]
    for name in ("ca.pem", "cert.pem"):
        (tmp_path / name).write_bytes((keys / name).read_bytes())
    (tmp_path / "key.pem").write_bytes((other / "key.pem").read_bytes())
    (problem,) = cluster.problems(_but(certificates=tmp_path))
    assert "cannot be used" in problem


def test_keys_that_have_run_out_are_told(tmp_path: Path) -> None:
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=366 * certificates.YEARS)
    (problem,) = cluster.problems(_but(certificates=certificates.make(tmp_path, long_ago)[0]))
    assert "have run out" in problem


def test_without_encryption_no_keys_are_needed() -> None:
    assert cluster.problems(_but(scheduler="tcp://nas:8786")) == []


def test_a_worker_with_the_heads_networks_lacks_nothing_whatever_device_the_head_names(tmp_path: Path) -> None:
    told = CoreSettings(restore=_SETTINGS.restore)
    wanted = [Weights(name=name, sha256=digest) for name, digest in needed.needed(told)]
    worker = WorkerRuntime("cpu", tmp_path, lambda _: None)
    assert worker.lacking(wanted, told.model_dump_json()) == []


def test_a_worker_that_does_not_understand_the_heads_settings_says_so(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="does not understand"):
        WorkerRuntime("cpu", tmp_path, lambda _: None).lacking([], '{"unknown": 1}')


def test_how_the_cluster_stands_is_read_as_it_was_left_and_forgotten_with_the_cluster(tmp_path: Path) -> None:
    settings = _SETTINGS.model_copy(update={"ledger": tmp_path / "ledger.sqlite"})
    place = tmp_path / beside.CLUSTER
    assert cluster_state.found(place, 1000.0) is None
    state = ClusterState(scheduler="tls://nas:8786", workers=(WorkerState(name="gpu1", state="working", done=3),))
    cluster_state.leave(state, place, 1000.0)
    found = cluster_state.found(place, 1001.0)
    assert found is not None
    assert found.workers == state.workers
    cluster.forget_state(settings)
    assert cluster_state.found(place, 1001.0) is None


def test_what_no_head_has_left_for_two_minutes_tells_nothing_any_more(tmp_path: Path) -> None:
    place = tmp_path / beside.CLUSTER
    cluster_state.leave(ClusterState(scheduler="tls://nas:8786"), place, 1000.0)
    assert cluster_state.found(place, 1120.0) is not None
    assert cluster_state.found(place, 1121.0) is None


def test_a_worker_that_was_sent_one_network_still_has_those_of_its_own(tmp_path: Path) -> None:
    own = having(tmp_path, 512)
    told = CoreSettings(restore=RestoreSettings(model="own-512", weights=own))
    wanted = [Weights(name=name, sha256=digest) for name, digest in needed.needed(told)]
    worker = WorkerRuntime("cpu", own, lambda _: None)
    assert worker.lacking(wanted, told.model_dump_json()) == []
    worker.take(*needed.entry_and_file("gpen-256", CoreSettings(restore=_SETTINGS.restore)))
    assert worker.lacking(wanted, told.model_dump_json()) == []


def test_a_state_that_cannot_be_left_costs_nothing(tmp_path: Path) -> None:
    cluster_state.leave(ClusterState(scheduler="tls://nas:8786"), tmp_path / "none" / beside.CLUSTER, 1000.0)


def test_which_networks_a_worker_can_hold_follows_from_its_own_memory_and_not_from_the_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = having(tmp_path, 2048, multiplier=2)
    head = _but().model_copy(update={"restore": RestoreSettings(weights=own, device="cpu")})
    monkeypatch.setattr(machine, "allowed_memory", lambda: 1 << 30)  # of a NAS
    wanted = [Weights(name=name, sha256=digest) for name, digest in needed.needed(head)]
    assert "own-2048" in [one.name for one in wanted]
    assert "restored by gpen-256 and own-2048" in " ".join(wiring.restoring(head))
    told, worker = CoreSettings(restore=head.restore).model_dump_json(), WorkerRuntime("cpu", own, lambda _: None)
    with pytest.raises(FatalError, match="it has too little memory for own-2048"):
        worker.lacking(wanted, told)
    monkeypatch.setattr(machine, "allowed_memory", lambda: 64 << 30)
    assert worker.lacking(wanted, told) == []
