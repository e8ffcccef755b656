"""Weights of the trial scripts go on in this package."""

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gpend.errors import ConfigurationError
from gpend.models.arch.kernel import KernelNetwork
from gpend.models.arch.refine import RefineNetwork
from gpend.training import training, trial
from gpend.training.settings import StageName
from gpend.training.training import load_material
from tests.training import material

BACK = (
    *((r"\.first\.(weight|bias)$", r".a.\1"), (r"\.second\.(weight|bias)$", r".b.\1"), ("^first", "inp")),
    *(("^picture", "img"), ("^spectrum", "spec"), ("^encoders", "enc"), ("^downs", "dn"), ("^ups", "up")),
    *(("^decoders", "dec"), ("^middle", "mid"), ("^position$", "pos"), ("^last", "out")),
)


def as_in_trials(network: nn.Module) -> dict[str, Tensor]:
    found = {}
    for key, value in network.state_dict().items():
        name = key
        for pattern, replacement in BACK:
            name = re.sub(pattern, replacement, name)
        found[name] = value
    return found


@pytest.mark.parametrize(
    ("stage", "network"), [(StageName.KERNEL, KernelNetwork(256, 41)), (StageName.REFINE, RefineNetwork())]
)
def test_every_name_has_its_place(stage: StageName, network: nn.Module) -> None:
    names = trial.renamed({**as_in_trials(network), "win": torch.zeros(1)}, stage)
    assert list(names) == list(network.state_dict())


def test_a_trial_goes_on_at_its_step_with_its_optimiser(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    network = KernelNetwork(256, 41)
    optimiser = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.98), weight_decay=1e-3)
    network(torch.rand(1, 1, 256, 256)).sum().backward()
    optimiser.step()
    own = as_in_trials(network)
    state = {"net": own, "ema": own, "opt": optimiser.state_dict(), "n": 41, "spent": 12.5}
    torch.save(state, tmp_path / "state.pt")
    trial.convert(tmp_path / "state.pt", chosen)
    progress = training.train(chosen, load_material(chosen), training.steps(1), lambda _: None, resume=True)
    assert progress.step == 42
    assert progress.seconds > 12.5


def test_weights_alone_begin_with_a_fresh_optimiser_and_the_steps_that_are_told(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    torch.save({"ema": {**as_in_trials(KernelNetwork(256, 41)), "win": torch.zeros(1)}}, tmp_path / "state.pt")
    trial.convert(tmp_path / "state.pt", chosen, 900, 2.0)
    progress = training.train(chosen, load_material(chosen), training.steps(1), lambda _: None, resume=True)
    assert progress.step == 901
    assert progress.seconds > 7200


def test_what_is_no_trial_is_refused(tmp_path: Path) -> None:
    torch.save({"a": 1}, tmp_path / "state.pt")
    with pytest.raises(ConfigurationError, match="is no checkpoint of a trial"):
        trial.convert(tmp_path / "state.pt", material.settings(tmp_path))


def test_the_local_trial_weights_fit(beside: Path) -> None:
    path = beside / "training" / "psf.pt"
    tensors = torch.load(path, weights_only=True)
    KernelNetwork(256, 41).load_state_dict(trial.renamed(tensors, StageName.KERNEL), strict=True)
