"""The composition root: what it refuses, what it keeps, and what it puts together."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gpend import wiring
from gpend.cluster import FacesEngine
from gpend.daemon.metrics import About
from gpend.engine import Telling, sandbox
from gpend.engine.sandbox import Wall
from gpend.errors import ConfigurationError
from gpend.settings import EngineKind, EngineSettings, FolderSettings, Keep, RestoreSettings, Settings, TriageSettings
from tests.fakes import FakeEngine
from tests.models.test_restorers import having
from tests.waiting import PATIENCE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two empty folders and a place for the ledger."""
    folder = FolderSettings(source=tmp_path / "in", output=tmp_path / "out")
    folder.source.mkdir()
    folder.output.mkdir()
    return Settings(folders=(folder,), ledger=tmp_path / "state" / "ledger.sqlite", settle_seconds=0)


@pytest.fixture
def reloader(settings: Settings) -> Iterator[wiring.Reloader]:
    """What a daemon would work with; no worker process is started before the first photo."""
    made = wiring.Reloader(settings)
    yield made
    made.runtime.engine.close()


def changed(settings: Settings, **knobs: object) -> Settings:
    return settings.model_copy(update=knobs)


def test_right_settings_have_no_problems(settings: Settings) -> None:
    assert wiring.problems(settings) == []


def test_folders_and_network_are_judged_together(settings: Settings) -> None:
    wrong = changed(settings, folders=(), restore=RestoreSettings(model="gpen-257"))
    problems = wiring.problems(wrong)
    assert len(problems) == 2
    assert "no folder" in problems[0]
    assert "gpen-257" in problems[1]


@pytest.mark.parametrize("ledger", ["file/ledger.sqlite", "file/deeper/ledger.sqlite"])
def test_a_ledger_that_could_not_be_made_is_a_problem_beforehand(
    settings: Settings, tmp_path: Path, ledger: str
) -> None:
    (tmp_path / "file").touch()
    problems = wiring.problems(changed(settings, ledger=tmp_path / ledger))
    assert len(problems) == 1
    assert "The folder of the ledger" in problems[0]


def test_nothing_is_written_before_the_settings_are_found_right(settings: Settings, tmp_path: Path) -> None:
    wrong = changed(settings, ledger=tmp_path / "in" / "state" / "ledger.sqlite")
    with pytest.raises(ConfigurationError, match="lies inside the source folder"):
        wiring.run(wrong, lambda: wrong)
    assert list((tmp_path / "in").iterdir()) == []


def test_one_pass_over_empty_folders_finds_nothing_and_gives_signals_back(settings: Settings) -> None:
    before = signal.getsignal(signal.SIGTERM)
    tally = wiring.once(settings, lambda _: None)
    assert tally.done == 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_was_hung_up_before_reads_its_configuration_again_at_once(settings: Settings) -> None:
    read: list[Settings] = []

    def reload() -> Settings:
        read.append(settings)
        os.kill(os.getpid(), signal.SIGTERM)
        return settings

    late = threading.Timer(PATIENCE, os.kill, (os.getpid(), signal.SIGTERM))
    late.start()
    try:
        wiring.run(settings, reload, None, lambda: True)
    finally:
        late.cancel()
    assert read == [settings]


def test_a_change_that_does_not_concern_the_networks_keeps_them(reloader: wiring.Reloader, settings: Settings) -> None:
    engine = reloader.runtime.engine
    runtime = reloader.change(changed(settings, keep=Keep.COPY))
    assert runtime.engine is engine
    assert runtime.settings.keep is Keep.COPY


def test_a_change_of_what_a_face_needs_makes_another_engine_and_another_fingerprint(
    reloader: wiring.Reloader, settings: Settings
) -> None:
    before = reloader.runtime
    after = reloader.change(changed(settings, triage=TriageSettings(sharpness_threshold=0.1)))
    assert after.engine is not before.engine
    assert after.fingerprint != before.fingerprint
    before.engine.close()


def test_networks_that_came_or_went_are_seen_when_the_configuration_is_read_again(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own").mkdir()
    settings = changed(settings, restore=RestoreSettings(weights=tmp_path / "own"))
    reloader = wiring.Reloader(settings)
    alone = reloader.runtime.engine
    having(tmp_path / "own", 512, 1024)
    (tmp_path / "own" / "own-1024.pth").write_bytes(b"cut")
    told = capsys.readouterr()
    both = reloader.change(settings).engine
    assert both is not alone
    told = capsys.readouterr()
    assert "own-1024 is left out" in told.err
    assert "nothing was measured for the network own-512 yet" in told.err.lower()
    assert reloader.change(settings).engine is both
    (tmp_path / "own" / "own-512.pth").unlink()
    gone = reloader.change(settings).engine
    assert gone is not both
    for engine in (alone, both, gone):
        engine.close()


@pytest.mark.parametrize(
    ("knobs", "said"),
    [({"folders": ()}, "no folder"), ({"ledger": Path("/elsewhere/ledger.sqlite")}, "restart gpend")],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    knobs: dict[str, object], said: str, reloader: wiring.Reloader, settings: Settings
) -> None:
    before = reloader.runtime
    with pytest.raises(ConfigurationError, match=said):
        reloader.change(changed(settings, **knobs))
    assert reloader.runtime is before


def test_advice_is_for_people(settings: Settings) -> None:
    assert settings
    assert all("install" in advice for advice in wiring.advice())


def test_a_person_is_told_what_keeps_the_worker_to_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "limits, no new privileges" in wiring.protection()
    monkeypatch.setattr(sandbox, "probe", lambda: frozenset({Wall.LIMITS, Wall.SECCOMP}))
    said = wiring.protection()
    assert "kept to that by limits, seccomp." in said
    assert "Landlock (Linux 5.13 and later" in said
    monkeypatch.setattr(sandbox, "probe", frozenset)
    assert "cannot be locked" in wiring.protection()


@dataclass
class Known(FakeEngine):
    """An engine that knows what it works with."""

    device: str = "cuda:0"
    networks: str = "gpen-256 and gpen-512"


def test_with_what_photos_are_restored_is_asked_of_any_engine_that_knows(reloader: wiring.Reloader) -> None:
    before = reloader.runtime
    reloader.runtime = replace(before, engine=Known())
    assert reloader.about() == About("gpen-256 and gpen-512", "cuda:0")
    reloader.runtime = replace(before, engine=FakeEngine())
    assert reloader.about() == About(before.settings.restore.model, "")
    reloader.runtime = before


def test_an_engine_that_has_faces_restored_elsewhere_knows_too() -> None:
    assert {"device", "networks"} <= set(dir(FacesEngine))


def test_with_what_a_cluster_restores_is_told_by_name(tmp_path: Path) -> None:
    told = EngineSettings(kind=EngineKind.CLUSTER, scheduler="tcp://127.0.0.1:1")
    settings = Settings(ledger=tmp_path / "ledger.sqlite", engine=told, restore=RestoreSettings(model="gpen-256"))
    engine = wiring._engine(settings)  # noqa: SLF001 - what it makes of settings is the point
    try:
        assert isinstance(engine, Telling)
        assert engine.device == "cluster"
        assert re.fullmatch(r"gpen-256 \([0-9a-f]{8}\)", engine.networks)
    finally:
        engine.close()
