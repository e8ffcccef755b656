"""`gpend weights remove`: a network goes with all that was kept beside it, and none that gpend needs."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpend.cli import commands
from gpend.models import fits
from gpend.models.weights import load_manifest, weights_folders
from gpend.writing import part_of
from tests.models.test_fits import found
from tests.models.test_restorers import having


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return having(tmp_path / "own", 512, 1024)


def asked(own: Path, *words: str, settings: str = "", answer: str = "") -> Result:
    place = own.parent / "gpend.yaml"
    place.write_text(settings or f"restore: {{weights: {own}}}\n")
    return CliRunner().invoke(commands, ["weights", "remove", *words, "--config", str(place)], input=answer)


def test_a_network_goes_with_its_measure_and_what_was_begun_of_both_and_no_other(own: Path) -> None:
    fits.write(found("own-512"), own)
    part_of(own / "own-512.pth").write_bytes(b"begun")
    work = fits.work_of("own-512", own)
    (work / "trials").mkdir(parents=True)
    told = asked(own, "own-512", answer="y\n")
    assert told.exit_code == 0, told.output
    assert [str(place) in told.output for place in (own / "own-512.pth", work)] == [True, True]
    assert sorted(place.name for place in own.iterdir()) == ["MANIFEST.yaml", "own-1024.pth"]
    assert [one.name for one in load_manifest(own)] == ["own-1024"]


@pytest.mark.parametrize(("answer", "ended", "said"), [("n\n", 0, "Nothing was removed"), ("", 2, "With --yes")])
def test_nothing_goes_where_nobody_says_yes(own: Path, answer: str, ended: int, said: str) -> None:
    told = asked(own, "own-512", answer=answer)
    assert (told.exit_code, said in told.output) == (ended, True)
    assert (own / "own-512.pth").exists()


@pytest.mark.parametrize(
    "model", ["restore: {weights: %s, model: own-512}", "restore: {weights: %s}\ndetect: {model: retinaface-resnet50}"]
)
def test_one_that_the_configuration_names_stays(own: Path, model: str) -> None:
    (own / "detection_Resnet50_Final.pth").write_bytes(b"one")
    name = "RetinaFace-R50" if "detect" in model else "own-512"
    told = asked(own, name, "--yes", settings=model % own)
    assert told.exit_code == 2
    assert "Change that first" in told.output
    assert (own / "own-512.pth").exists()


def test_what_came_with_gpend_or_was_never_there_cannot_go(own: Path) -> None:
    for name, why in (
        ("gpen-256", "it lies in"),
        ("GPEN-BFR-512", "it is not here"),
        ("other", "No network is called"),
    ):
        told = asked(own, name, "--yes")
        assert (told.exit_code, why in told.output) == (2, True)
    assert (weights_folders()[-1] / "gpen-256.safetensors").exists()


def test_a_measure_of_ones_own_of_the_network_that_came_with_gpend_can_go(own: Path) -> None:
    fits.write(found("gpen-256"), own)
    assert asked(own, "gpen-256", "--yes").exit_code == 0
    assert not fits.place_of("gpen-256", own).exists()
    assert (weights_folders()[-1] / "gpen-256.safetensors").exists()
