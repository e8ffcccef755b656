"""`gpend train`."""

from pathlib import Path

from click.testing import CliRunner

from gpend.cli import commands
from tests.training import material


def test_it_trains_evaluates_and_tells_where_everything_is(tmp_path: Path) -> None:
    material.faces(tmp_path / "faces")
    config = tmp_path / "train.yaml"
    config.write_text("stage: kernel\nfaces: [{folder: faces}]\nrun: run\ndevice: cpu\nevaluate: 0\n")
    ended = CliRunner().invoke(commands, ["train", "--config", str(config), "--minutes", "0"])
    assert ended.exit_code == 0, ended.output
    assert "kernel: 5 faces, on the CPU" in ended.output
    assert (tmp_path / "run" / "MODEL_CARD.md").is_file()


def test_a_file_that_is_not_there_is_one_plain_sentence(tmp_path: Path) -> None:
    ended = CliRunner().invoke(commands, ["train", "--config", str(tmp_path / "none.yaml"), "--minutes", "1"])
    assert ended.exit_code == 2
    assert "The training file" in ended.output
