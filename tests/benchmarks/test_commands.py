"""Whoever has a folder of faces can measure gpend's judgement on it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file, save_file

from gpend.core import align, sharpness
from gpend.core.networks import Networks
from gpend.models.backend import Cpu
from tests.benchmarks import direction, doubling, judgement, light, occlusion
from tests.benchmarks.gpu import __main__ as gpu
from tests.benchmarks.gpu.findings import Bench, Finding, Verdict, found_by

SHIPPED = Path(__file__).parents[2] / "weights"


@pytest.fixture(scope="session")
def faces(networks: Networks, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two aligned faces: the portrait, and its mirror image."""
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    face = max(networks.detect(portrait), key=lambda one: one.score)
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    crop = align.crop(portrait, align.similarity(face.landmarks, target), sharpness.SIDE)
    pixels = cv2.cvtColor(np.asarray(np.rint(crop * 255), np.uint8), cv2.COLOR_RGB2BGR)
    folder = tmp_path_factory.mktemp("faces")
    cv2.imwrite(str(folder / "face.png"), pixels)
    cv2.imwrite(str(folder / "mirrored.png"), np.ascontiguousarray(pixels[:, ::-1]))
    return folder


def test_judgement_is_measured_on_any_folder_of_faces(faces: Path) -> None:
    answer = CliRunner().invoke(judgement.main, [str(faces), "--each", "16"], catch_exceptions=False)
    assert answer.exit_code == 0
    for told in ("2 faces, 32 shots", "Area under the ROC curve", "Nearer to the sharp face", "One measure:"):
        assert told in answer.output


def test_whether_light_was_blurred_is_measured_on_any_folder_of_faces(faces: Path) -> None:
    answer = CliRunner().invoke(light.main, [str(faces), "--every", "1"], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "as told" in answer.output
    assert "Gaussian, light" in answer.output


def test_which_way_round_shakes_are_told_is_measured_on_any_folders_of_faces_and_photos(
    faces: Path, samples: Path, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").symlink_to(samples / "portrait-sharp.jpg")
    asked = [str(faces), str(tmp_path), "--every", "1", "--draws", "4", "--seed", "3"]
    answer = CliRunner().invoke(direction.main, asked, catch_exceptions=False)
    assert answer.exit_code == 0
    assert "photos, light" in answer.output


@pytest.mark.parametrize(
    ("step", "verdict", "told"),
    [("transfers", "passed", "8 arrays"), ("device_loss", "skipped", "a card that can be lost needs a graphics card")],
)
def test_the_run_for_a_graphics_card_goes_as_far_as_the_cpu_can_and_says_what_it_skipped(
    tmp_path: Path, step: str, verdict: str, told: str
) -> None:
    out = tmp_path / "results.json"
    asked = ["--device", "cpu", "--only", step, "--out", str(out)]
    answer = CliRunner().invoke(gpu.main, asked, catch_exceptions=False)
    assert answer.exit_code == 0
    assert told in answer.output
    (found,) = json.loads(out.read_text())["findings"]
    assert found["verdict"] == verdict


def test_what_stops_one_step_stops_no_other() -> None:
    def find_trouble(_: Bench) -> Iterator[Finding]:
        yield Finding("first", Verdict.PASSED)
        raise RuntimeError("CUDA error: all is lost\nmore")

    said: list[Finding] = []
    found = found_by(find_trouble, Bench(torch.device("cpu"), Cpu(), None, 0.0), said.append)
    assert [one.verdict for one in found] == [Verdict.PASSED, Verdict.FAILED]
    assert found == said
    assert found[1].told == "RuntimeError: CUDA error: all is lost"


def test_what_lies_before_faces_is_measured_too(faces: Path) -> None:
    answer = CliRunner().invoke(occlusion.main, [str(faces)], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "dark glasses" in answer.output


def test_what_the_kernel_network_tells_beside_kernels_can_be_measured_and_fitted(faces: Path, tmp_path: Path) -> None:
    weights = tmp_path / "own.safetensors"
    tensors = load_file(SHIPPED / "blur-kernel-256.safetensors")
    save_file({name: tensor for name, tensor in tensors.items() if not name.startswith("doubled")}, weights)
    asked = [str(faces), "--weights", str(weights), "--count", "32"]
    unfitted = CliRunner().invoke(doubling.main, asked)
    assert unfitted.exit_code
    assert "does not tell what is doubled yet" in unfitted.output
    fitted = CliRunner().invoke(doubling.main, [*asked, "--fit"])
    assert fitted.exit_code == 0, fitted.output
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in fitted.output
    kept = load_file(weights)
    assert kept.keys() == tensors.keys()
    assert all(torch.equal(kept[name], tensors[name]) for name in tensors if not name.startswith("doubled"))
