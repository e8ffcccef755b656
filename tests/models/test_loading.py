"""The settings name the networks."""

import hashlib
import threading
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
import torch

from gpend.errors import FatalError
from gpend.models import memory
from gpend.models.arch.generator import FullGenerator
from gpend.models.gpen import Gpen
from gpend.models.loading import decoding, load, slower_ways
from gpend.models.recognise import Shape
from gpend.models.retinaface import Detector
from gpend.settings import CoreSettings, RestoreSettings
from tests.models.conformance import weights
from tests.models.test_restorers import having


def test_the_default_settings_load_what_is_shipped() -> None:
    turns: list[Collection[int]] = []
    networks = load(CoreSettings(restore=RestoreSettings(device="cpu")), turns.append)
    assert networks.restore.name.startswith("gpen-256 (")
    crop = np.full((1, 256, 256, 3), 0.5, np.float32)
    assert networks.restore(crop).shape == crop.shape
    assert not networks.detect(np.zeros((64, 64, 3), np.uint8))
    assert set(turns) == {(threading.get_ident(),)}


def test_on_the_cpu_nothing_is_gathered_and_nothing_is_decoded_elsewhere_however_many_call() -> None:
    said: list[str] = []
    networks = load(CoreSettings(restore=RestoreSettings(device="cpu")), callers=4, say=said.append)
    assert isinstance(networks.detect, Detector)
    assert isinstance(networks.screen, Detector)
    assert isinstance(networks.restore, Gpen)
    assert networks.decode is None
    assert decoding(networks) == slower_ways(networks) == said == []


def test_a_network_that_is_damaged_by_now_is_said_and_one_that_there_is_no_memory_for_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    having(tmp_path, 512, 1024, multiplier=2)
    (tmp_path / "own-512.pth").write_bytes(b"replaced while gpend ran")
    monkeypatch.setattr(memory, "limit", lambda _: 0)
    monkeypatch.setattr(memory, "together", lambda found: len(found) - 1 if found[-1].size == 1024 else 0)
    said: list[str] = []
    networks = load(CoreSettings(restore=RestoreSettings(device="cpu", weights=tmp_path)), say=said.append)
    assert [one.name[:8] for one in networks.restorers] == ["gpen-256"]
    assert len(said) == 1
    assert "own-512 is left out" in said[0]


def _saved(path: Path, shape: Shape, key: str = "g_ema") -> Path:
    with torch.device("meta"):
        shapes = FullGenerator(shape.size, shape.channel_multiplier, shape.narrow, shape.seen).state_dict()
    torch.save({key: weights({name: list(one.shape) for name, one in shapes.items()}), "iteration": 7}, path)
    return path


def test_a_checkpoint_of_one_s_own_training_is_loaded_by_its_path(tmp_path: Path) -> None:
    file = _saved(tmp_path / "children.pth", Shape(64, 1, 0.125))
    restore = load(CoreSettings(restore=RestoreSettings(device="cpu", model=str(file)))).restore
    assert restore.name == f"children ({hashlib.sha256(file.read_bytes()).hexdigest()[:8]})"
    assert (restore.size, restore.seen) == (64, 64)
    crop = np.full((1, 64, 64, 3), 0.5, np.float32)
    assert restore(crop).shape == crop.shape


@pytest.mark.parametrize("file", ["children.ckpt", "children.PTH", "children"])
def test_whatever_the_ending_of_its_file(tmp_path: Path, file: str) -> None:
    path = _saved(tmp_path / file, Shape(64, 1, 0.125))
    restore = load(CoreSettings(restore=RestoreSettings(device="cpu", model=str(path)))).restore
    assert restore.name.startswith("children (")


def test_one_whose_training_went_wrong_is_not_loaded(tmp_path: Path) -> None:
    path = _saved(tmp_path / "children.pth", Shape(64, 1, 0.125))
    state = torch.load(path)
    state["g_ema"]["ecd0.0.0.weight"][...] = torch.nan
    torch.save(state, path)
    with pytest.raises(FatalError, match="hold NaN or infinity"):
        load(CoreSettings(restore=RestoreSettings(device="cpu", model=str(path))))


def test_a_network_that_enlarges_sees_less_than_it_gives_and_gives_the_same_every_time(tmp_path: Path) -> None:
    file = _saved(tmp_path / "enlarges.pth", Shape(128, 1, 0.125, 64), "params_ema")
    settings = CoreSettings(restore=RestoreSettings(device="cpu", model=str(file)))
    crops = np.random.default_rng(1).random((3, 128, 128, 3), np.float32)
    first, second = (load(settings).restore for _ in range(2))
    assert (first.size, first.seen) == (128, 64)
    together = first(crops)
    assert together.shape == crops.shape
    assert together.std() > 0.01
    assert np.array_equal(together, second(crops))
    assert np.abs(first(crops[1:2])[0] - together[1]).max() < 1e-3


def test_a_file_of_another_network_is_told_with_what_was_expected(tmp_path: Path) -> None:
    torch.save({"body.conv.weight": torch.zeros(1)}, tmp_path / "gfpgan.pth")
    with pytest.raises(FatalError, match=r"gfpgan.pth holds no GPEN generator: expected were .* found were 1 others"):
        load(CoreSettings(restore=RestoreSettings(device="cpu", model=str(tmp_path / "gfpgan.pth"))))


def test_a_model_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(FatalError, match=r"'gpen-257'; there are: gpen-256 .*fetch. gets .*GPEN-BFR-512"):
        load(CoreSettings(restore=RestoreSettings(model="gpen-257")))
