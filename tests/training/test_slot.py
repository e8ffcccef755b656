"""A slot on a machine that is lent for minutes: it fits itself in, and goes on where the last one stopped."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gpend.training import slot
from gpend.training.settings import RateSettings, StageName, TrainSettings
from gpend.training.training import WEIGHTS, load_material, minutes, train
from tests.training import material


def left(run: Path, stage: StageName, steps: int) -> None:
    """As a slot leaves them."""
    folder = run / stage / WEIGHTS
    folder.mkdir(parents=True)
    (folder / f"{stage}.safetensors").write_bytes(b"")
    (folder / "steps").write_text(f"{steps}\n")


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    return material.settings(tmp_path).model_copy(update={"rates": RateSettings(steps=100)})


def test_without_a_gpu_it_says_so_and_runs_on_the_cpu(settings: TrainSettings) -> None:
    chosen = slot.slot_of(settings, gpu=False, processors=2)
    assert "There is no GPU that works here, so it runs on the CPU" in chosen.says
    assert (chosen.settings.device, chosen.settings.batch, chosen.settings.loaders) == ("cpu", 8, 1)


def test_with_a_gpu_batches_grow_and_all_processors_prepare_them(settings: TrainSettings) -> None:
    chosen = slot.slot_of(settings, gpu=True, processors=16).settings
    assert (chosen.device, chosen.batch, chosen.loaders, chosen.half) == ("auto", 256, 14, True)


def test_a_fresh_machine_begins_from_the_weights_that_came_along(settings: TrainSettings) -> None:
    left(settings.run, StageName.KERNEL, 40)
    chosen = slot.slot_of(settings, gpu=True, processors=4)
    assert chosen.settings.begin == settings.run / "kernel" / WEIGHTS
    assert chosen.settings.begin_step == 40
    assert "Stage kernel, from step 40" in chosen.says


def test_the_step_that_weights_had_come_to_goes_on_where_there_is_no_checkpoint(tmp_path: Path) -> None:
    begun = material.settings(tmp_path, StageName.REFINE).model_copy(update={"stage": StageName.KERNEL})
    chosen = begun.model_copy(update={"begin": begun.kernel, "begin_step": 40})
    progress = train(chosen, load_material(chosen), minutes(0), lambda _: None, resume=True)
    assert progress.step == 40


def test_when_a_stage_is_done_the_next_one_works_on_its_weights(settings: TrainSettings) -> None:
    left(settings.run, StageName.KERNEL, 100)
    chosen = slot.slot_of(settings, gpu=True, processors=4).settings
    assert chosen.stage is StageName.REFINE
    assert chosen.begin is None
    assert chosen.kernel == settings.run / "kernel" / WEIGHTS


def test_after_the_last_stage_the_last_goes_on(settings: TrainSettings) -> None:
    for stage in StageName:
        left(settings.run, stage, 100)
    assert slot.slot_of(settings, gpu=True, processors=4).settings.stage is StageName.GPEN


def test_a_slot_runs_from_its_command_and_leaves_weights_and_their_step(tmp_path: Path) -> None:
    material.faces(tmp_path / "faces")
    config = tmp_path / "train.yaml"
    config.write_text("stage: kernel\nfaces: [{folder: faces}]\nrun: run\ndevice: cpu\n")
    ended = CliRunner().invoke(slot.main, ["--minutes", "0", "--config", str(config), "--evaluate", "0"])
    assert ended.exit_code == 0, ended.output
    weights = tmp_path / "run" / "kernel" / WEIGHTS
    assert (weights / "steps").read_text() == "0\n"
    assert list(weights.glob("*.safetensors"))


def test_a_wrong_file_is_one_plain_sentence(tmp_path: Path) -> None:
    ended = CliRunner().invoke(slot.main, ["--config", str(tmp_path / "none.yaml")])
    assert ended.exit_code == 1
    assert "cannot be read" in ended.output
