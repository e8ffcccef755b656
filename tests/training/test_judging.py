"""What is left after a run: a table, sheets and a card that say what was really used."""

from pathlib import Path

import cv2
import pytest
import torch

from gpend.training import evaluation, judging, training
from gpend.training.checkpoint import Progress
from gpend.training.evaluation import SPOILINGS, Row, photos_of, rows, sheet, table, tried
from gpend.training.model_card import card
from gpend.training.restoring import Restorer
from gpend.training.settings import Licences, StageName
from gpend.training.training import load_material
from tests.training import material
from tests.training.material import photos


class Nothing(torch.nn.Module):
    """Finds no blur anywhere."""

    def forward(self, luma: torch.Tensor) -> torch.Tensor:
        """Logits of a single point."""
        logits = torch.full((len(luma), 41, 41), -50.0)
        logits[:, 20, 20] = 50
        return logits


@pytest.mark.parametrize("spoiling", SPOILINGS, ids=[spoiling.name for spoiling in SPOILINGS])
def test_every_kind_spoils_and_always_alike(spoiling: evaluation.Spoiling) -> None:
    lit, photo, kernels = photos_of(photos(2), spoiling, 7)
    assert photo.shape == lit.shape
    assert kernels.shape == (2, 41, 41)
    assert float((photo - lit).abs().mean()) > (0.002 if spoiling.name == "sharp" else 0.004)
    assert torch.equal(photo, photos_of(photos(2), spoiling, 7)[1])


def test_the_true_kernel_comes_nearer_than_the_photo_and_the_photo_is_no_nearer_than_itself(tmp_path: Path) -> None:
    restorer = Restorer(Nothing(), load_material(material.settings(tmp_path)).wiener)
    tries = tried(photos(1), SPOILINGS[7], restorer)
    found = {row.way: row for row in rows(SPOILINGS[7], tries)}
    assert list(found) == ["photo", "filtered", "kernel known"]
    assert found["kernel known"].structure > found["photo"].structure + 0.05
    assert found["photo"].nearer == 0
    assert sheet(tries).shape == (256, 4 * 256, 3)


def test_a_table_has_a_line_for_each_kind_and_a_column_for_each_way() -> None:
    found = [Row("a", "photo", 0.5, 20, 0, None), Row("a", "filtered", 0.625, 22.5, 1, 0.25)]
    assert table(found).splitlines() == [
        "|  | photo | filtered |",
        "| --- | --- | --- |",
        "| a | 0.500 / 20.0 | 0.625 / 22.5 / 0.250 |",
    ]


def test_after_a_run_the_card_tells_of_what_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "SPOILINGS", SPOILINGS[:1])
    chosen = material.settings(tmp_path)
    used = load_material(chosen)
    progress = training.train(chosen, used, training.steps(1), lambda _: None, resume=False)
    told: list[str] = []
    judging.judge(chosen, used, progress, told.append)
    written = (chosen.run / judging.CARD).read_text()
    assert "1 steps of 8 faces" in written
    assert "| source 0 | CC0: public domain dedication | 3 |" in written
    assert "non-commercial" in written
    assert "| sharp | " in written
    assert cv2.imread(str(chosen.run / judging.SHEETS / "sharp.png")) is not None
    assert told[-1].startswith("1 held-out faces")


def test_weights_of_free_faces_are_free_unless_they_were_begun_from_others(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path).model_copy(update={"licences": Licences.FREE})
    used, progress = load_material(chosen).faces, Progress(1, 1.0, {})
    assert "free for every use" in card(chosen, used, progress, [], "a CPU")
    begun = chosen.model_copy(update={"begin": Path("psf.safetensors")})
    assert "whose licence holds too" in card(begun, used, progress, [], "a CPU")
    assert "Not measured" in card(begun, used, progress, [], "a CPU")


def test_the_card_of_a_kernel_network_tells_what_is_to_be_fitted_to_it(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path)
    used = load_material(chosen).faces
    for name, what in (("enlarged", "crops that were shrunk"), ("doubled", "faces that are there twice")):
        fitted = card(chosen, used, Progress(0, 0.0, {f"{name}.bias": torch.zeros(1)}), [], "a CPU")
        assert f"What tells {what}" in fitted
        assert f"Does not tell {what}" not in fitted
        assert f"Does not tell {what}" in card(chosen, used, Progress(0, 0.0, {}), [], "a CPU")
    later = chosen.model_copy(update={"stage": StageName.REFINE})
    assert "enlarged again" not in card(later, used, Progress(0, 0.0, {}), [], "a CPU")


def test_every_stage_has_its_ways(tmp_path: Path) -> None:
    chosen = material.settings(tmp_path, StageName.GPEN)
    used = load_material(chosen)
    training.train(chosen, used, training.minutes(0), lambda _: None, resume=False)
    standing = judging.ways(chosen, used)
    assert standing.restorer.refines
    assert standing.gpen is not None
    assert standing.gpen(photos(1)).shape == (1, 3, 256, 256)
