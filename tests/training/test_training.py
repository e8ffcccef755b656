"""A run of training: it learns, it goes on as if it had never stopped, and what it leaves can be loaded."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gpend.errors import ConfigurationError
from gpend.models.arch.kernel import HEADS, KernelNetwork
from gpend.training import degradations, jpeg, losses, stages, training
from gpend.training.checkpoint import NAME, Progress
from gpend.training.draws import Drawing, Spoil, draw
from gpend.training.exporting import load_exported
from gpend.training.settings import RateSettings, StageName, TrainSettings
from gpend.training.stages import stage_of
from gpend.training.training import Stop, load_material, rate_at, steps
from tests.training import material

SHIPPED = Path(__file__).parents[2] / "weights"
NAMES = {
    StageName.KERNEL: "blur-kernel-256.safetensors",
    StageName.REFINE: "deblur-refine-256.safetensors",
    StageName.GPEN: "gpen-256.safetensors",
}


def silent(_: str) -> None:
    """Nobody listens."""


def train(chosen: TrainSettings, until: Stop, *, resume: bool = False) -> Progress:
    return training.train(chosen, load_material(chosen), until, silent, resume=resume)


@torch.no_grad()
def loss(network: KernelNetwork, chosen: TrainSettings) -> float:
    """Of a batch that no run came to."""
    used = load_material(chosen)
    unseen = draw(Drawing(seed=9, batch=8, faces=len(used.pictures), blur_only=True), 0)
    truth = jpeg.split(degradations.sharp(torch.from_numpy(used.pictures), unseen))[0]
    found = network(degradations.spoiled(truth, unseen))
    return float(losses.kernel_loss(found, torch.from_numpy(unseen.kernels)))


def state(run: Path) -> dict[str, torch.Tensor]:
    content = torch.load(run / NAME, weights_only=True)
    return {**content["average"], **{f"net {key}": value for key, value in content["modules"]["network"].items()}}


def test_a_short_run_lowers_the_loss_and_its_weights_load(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    train(chosen, steps(10))
    assert len((chosen.run / training.LOG).read_text().splitlines()) == 10
    begun, learnt = KernelNetwork(256, 41), KernelNetwork(256, 41)
    learnt.load_state_dict(torch.load(chosen.run / NAME, weights_only=True)["modules"]["network"])
    assert loss(learnt, chosen) < 0.9 * loss(begun, chosen)
    files = list((chosen.run / training.WEIGHTS).iterdir())
    assert all(file.stat().st_size < 16 * 1024 * 1024 for file in files)
    KernelNetwork(256, 41).load_state_dict(load_exported(chosen.run / training.WEIGHTS))


def test_a_run_that_was_stopped_and_resumed_is_bit_for_bit_the_unbroken_one(tmp_path: Path) -> None:
    broken = material.settings(tmp_path)
    unbroken = broken.model_copy(update={"run": tmp_path / "unbroken"})
    train(broken, steps(2))
    train(broken, steps(1), resume=True)
    train(unbroken, steps(3))
    one, other = state(broken.run), state(unbroken.run)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_batch_is_learnt_from_in_lots_and_more_than_once_where_that_is_asked_for(tmp_path: Path) -> None:
    plain = material.settings(tmp_path, StageName.REFINE).model_copy(update={"batch": 16})
    more = plain.model_copy(update={"run": tmp_path / "more", "passes": 2, "lot": 8})
    counted = []
    for chosen in (plain, more):
        used = load_material(chosen)
        begun = stage_of(chosen, used.wiener, torch.device("cpu"))
        random = draw(Drawing(seed=1, batch=16, faces=len(used.pictures), blur_only=False), 0)
        begun.step(degradations.sharp(torch.from_numpy(used.pictures), random), random)
        state = begun.optimisers["network"].state_dict()["state"]
        counted.append({int(one["step"]) for one in state.values()})
    assert counted == [{1}, {4}]


def test_no_time_at_all_exports_what_there_is(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    assert train(chosen, training.minutes(0)).step == 0
    assert list((chosen.run / training.WEIGHTS).iterdir())


@pytest.mark.parametrize("stage", [StageName.REFINE, StageName.GPEN])
def test_the_later_stages_learn_on_what_the_earlier_leave(stage: StageName, tmp_path: Path) -> None:
    chosen = material.settings(tmp_path, stage)
    begun = stage_of(chosen, load_material(chosen).wiener, torch.device("cpu"))
    before = {key: value.clone() for key, value in begun.network.state_dict().items()}
    torch.manual_seed(chosen.seed)
    train(chosen, steps(1))
    after = load_exported(chosen.run / training.WEIGHTS)
    assert before.keys() == after.keys()
    assert all(torch.isfinite(value).all() for value in after.values())


def test_most_faces_without_a_kernel_are_given_to_the_refining_network_as_gpend_asks_of_them() -> None:
    spoils = [Spoil.SHRUNK, Spoil.BLURRED] * 500
    chosen = stages._unfiltered(spoils, np.random.default_rng(0))  # noqa: SLF001 - what is drawn for one step
    assert 0.5 < chosen[::2].mean() < 0.7
    assert chosen[1::2].mean() < 0.1


def test_what_a_face_network_sees_is_among_what_the_refining_network_makes_small(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path, StageName.REFINE)
    train(chosen, steps(1))
    logged = json.loads((chosen.run / training.LOG).read_text().splitlines()[0])
    assert logged["features"] > 0


def test_a_stage_without_the_networks_before_it_is_refused(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path).model_copy(update={"stage": StageName.REFINE})
    with pytest.raises(ConfigurationError, match="name its weights in kernel"):
        train(chosen, steps(1))


def test_every_network_that_is_shipped_can_be_named(tmp_path: Path) -> None:
    shipped = {stage: SHIPPED / name for stage, name in NAMES.items()}
    for stage in StageName:
        chosen = material.settings(tmp_path, stage).model_copy(
            update={"begin": shipped[stage], "kernel": shipped[StageName.KERNEL], "refine": shipped[StageName.REFINE]}
            | {"narrow": 0.5}
        )
        begun = stage_of(chosen, load_material(chosen).wiener, torch.device("cpu"))
        held = load_exported(shipped[stage])
        assert begun.network.state_dict().keys() == held.keys()
        assert all(torch.equal(value, held[key]) for key, value in begun.network.state_dict().items())


def test_a_run_that_was_begun_from_weights_with_other_heads_says_what_to_do(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    training.train(chosen, load_material(chosen), steps(1), lambda _: None, resume=False)
    later = chosen.model_copy(update={"begin": SHIPPED / NAMES[StageName.KERNEL]})
    with pytest.raises(ConfigurationError, match="of another network than this run's"):
        training.train(later, load_material(later), steps(1), lambda _: None, resume=True)


def test_what_is_told_beside_the_kernel_is_kept_as_it_was_while_the_rest_learns(tmp_path: Path) -> None:
    shipped = SHIPPED / NAMES[StageName.KERNEL]
    chosen = material.settings(tmp_path).model_copy(update={"begin": shipped})
    told = list[str]()
    training.train(chosen, load_material(chosen), steps(2), told.append, resume=False)
    training.train(chosen, load_material(chosen), steps(1), told.append, resume=True)
    before, after = load_exported(shipped), load_exported(chosen.run / training.WEIGHTS)
    assert before.keys() == after.keys()
    heads = {f"{name}.{part}" for name in HEADS for part in ("weight", "bias")}
    assert {key for key in before if torch.equal(before[key], after[key])} >= heads
    assert not torch.equal(before["head.5.weight"], after["head.5.weight"])
    assert "fit it anew" in told[-1]


def test_a_checkpoint_of_another_stage_is_refused(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path, StageName.REFINE)
    first = chosen.model_copy(update={"stage": StageName.KERNEL})
    train(first, training.minutes(0))
    with pytest.raises(ConfigurationError, match="is of the stage kernel, not refine"):
        train(chosen, steps(1), resume=True)


def test_the_rate_rises_and_then_falls_to_a_fiftieth() -> None:
    rates = RateSettings(rate=1.0, warm_up=10, steps=1000)
    assert [rate_at(step, rates) for step in (0, 9)] == pytest.approx([0.1, 1.0], abs=0.01)
    assert rate_at(500, rates) == pytest.approx(0.51, abs=0.01)
    assert rate_at(1000, rates) == rate_at(5000, rates) == pytest.approx(0.02)
