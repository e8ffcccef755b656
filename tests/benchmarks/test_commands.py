"""Whoever has a folder of faces can measure gpend's judgement on it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gpend.core import align, sharpness
from gpend.core.networks import Networks
from tests.benchmarks import judgement, occlusion


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


def test_what_lies_before_faces_is_measured_too(faces: Path) -> None:
    answer = CliRunner().invoke(occlusion.main, [str(faces)], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "dark glasses" in answer.output
