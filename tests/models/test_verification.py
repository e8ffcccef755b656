"""A network is tried in float32 and in the precision that it will run in, and how far the two are apart is told."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from gpend.models import gpen
from gpend.models.backend import Backend
from gpend.models.verification import Verified, verified
from gpend.models.weights import MANIFEST, load_manifest
from tests.models.card import StandInCard
from tests.models.conformance import vector, weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a seeded network of 64 px, described as published ones are."""
    saved = io.BytesIO()
    torch.save(weights(vector("tiny-64").shapes), saved)
    content = saved.getvalue()
    (tmp_path / "tiny.pth").write_bytes(content)
    told = {"name": "tiny", "architecture": "gpen", "size": 64, "channel_multiplier": 1, "narrow": 0.125}
    told |= {"template": "gpen", "file": "tiny.pth", "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / MANIFEST).write_text(yaml.safe_dump([told | {"bytes": len(content), "origin": "", "licence": ""}]))
    return tmp_path


def tried(folder: Path, samples: Path, monkeypatch: pytest.MonkeyPatch, backend: Backend | None) -> Verified:
    if backend is not None:
        monkeypatch.setattr(gpen, "backend_of", lambda _device: backend)
    (checkpoint,) = load_manifest(folder)
    return verified(checkpoint, [folder], "cpu", (samples / "portrait-sharp.jpg").read_bytes())


def test_on_the_cpu_it_is_float32_itself(folder: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tried(folder, samples, monkeypatch, None)
    assert (told.problem, told.precision, told.error, told.notes) == ("", "float32", 0.0, ())
    assert told.sha256 is not None
    assert told.sha256 in told.as_text()
    assert "float32, 0.0e+00 from float32, " in told.as_text()


@pytest.mark.parametrize(("dtype", "most"), [(torch.bfloat16, 2e-2), (torch.float16, 2e-3)])
def test_half_precision_is_named_with_its_distance_from_float32(
    folder: Path, samples: Path, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, most: float
) -> None:
    told = tried(folder, samples, monkeypatch, StandInCard(precisions=(dtype,)))
    assert told.precision == str(dtype).removeprefix("torch.")
    assert told.error is not None
    assert 0 < told.error < most
    assert f"    {told.precision}, {told.error:.1e} from float32, " in told.as_text()


def test_a_precision_that_is_not_taken_is_told_with_the_reason(
    folder: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.models.execution.LEAST_PSNR", 1000.0)
    told = tried(folder, samples, monkeypatch, StandInCard())
    assert (told.precision, told.error) == ("float32", 0.0)
    assert "Note: bfloat16" in told.as_text()
    assert "gives another picture here" in told.as_text()


def test_a_damaged_file_is_told_and_nothing_of_it_is_run(
    folder: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "tiny.pth").write_bytes(b"x")
    told = tried(folder, samples, monkeypatch, None)
    assert "1 bytes instead of" in told.problem
    assert told.as_text() == f"tiny: {told.problem}"
    assert told == replace(told, precision="", error=None, milliseconds=None)
