"""The file that describes a run."""

from pathlib import Path

import pytest

from gpend.errors import ConfigurationError
from gpend.training.settings import RateSettings, StageName, TrainSettings, load_settings

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "train.yaml"


def test_the_documented_file_is_right_and_tells_the_defaults() -> None:
    settings = load_settings(SHIPPED)
    assert settings.stage is StageName.KERNEL
    assert settings.rates == RateSettings()
    default = TrainSettings(stage=settings.stage, faces=settings.faces, run=settings.run)
    assert settings == default


def test_paths_are_meant_from_where_the_file_lies(tmp_path: Path) -> None:
    file = tmp_path / "train.yaml"
    file.write_text("stage: gpen\nfaces: [{folder: faces, manifest: list.csv}]\nrun: run\nkernel: k\nrefine: /r\n")
    settings = load_settings(file)
    assert settings.faces[0].folder == tmp_path / "faces"
    assert settings.faces[0].manifest == tmp_path / "list.csv"
    assert (settings.run, settings.kernel, settings.refine) == (tmp_path / "run", tmp_path / "k", Path("/r"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stage: kernel", "faces"),
        ("stage: colour\nfaces: [{folder: a}]\nrun: b", "stage"),
        ("stage: kernel\nfaces: [{folder: a}]\nrun: b\nbatch: 12", "batch"),
        ("stage: kernel\nfaces: [{folder: a}]\nrun: b\nbatches: 8", "batches"),
        ("stage: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "train.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        load_settings(file)
