"""How much is done for a fit, minutes with a small network and no days with a large one; and what it goes on with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpend.core.networks import Networks
from gpend.fitting import pipeline
from gpend.fitting.command import Request, key, turns
from gpend.settings import CoreSettings, RestoreSettings, TriageSettings
from tests.fakes import FakeDetector, FakeRestorer

SHOTS = (120, 480)


@pytest.mark.parametrize(("faces", "size", "each"), [(160, 256, 3), (32, 256, 8), (40, 512, 3), (160, 2048, 1)])
def test_a_large_network_is_fitted_to_fewer_shots(faces: int, size: int, each: int) -> None:
    assert turns(faces, SHOTS, size) == each


@given(st.integers(1, 5000), st.integers(8, 11), st.integers(8, 11))
def test_every_face_takes_part_and_a_larger_network_never_looks_at_more(count: int, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert 1 <= turns(count, SHOTS, 2**large) <= turns(count, SHOTS, 2**small) <= 8


def test_work_that_was_begun_is_gone_on_with_by_the_same_pipeline_alone(tmp_path: Path) -> None:
    request = Request("gpen-256", "a" * 64, tmp_path, are_photos=True, most=200)
    assert key(request, "one") == key(replace(request), "one")
    assert key(request, "one") != key(request, "other")
    assert key(request, "one") != key(replace(request, most=100), "one")


def test_another_pipeline_is_other_code_other_networks_or_other_settings() -> None:
    networks, settings = Networks(FakeDetector(), FakeRestorer()), CoreSettings()
    same = pipeline.edition(networks, settings)
    assert pipeline.edition(networks, CoreSettings(restore=RestoreSettings(device="cpu"))) == same
    assert pipeline.edition(networks, CoreSettings(triage=TriageSettings(sharpness_threshold=0.9))) != same
    assert pipeline.edition(replace(networks, parse=_Parser()), settings) != same


class _Parser:
    """A network more."""

    size = 512

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        return crops[..., 0]


def test_other_code_is_told_by_its_source_and_by_no_version(tmp_path: Path) -> None:
    (tmp_path / "one" / "deeper").mkdir(parents=True)
    (tmp_path / "one" / "deeper" / "a.py").write_text("x = 1")
    before = pipeline.code([tmp_path])
    (tmp_path / "one" / "a.pyc").write_bytes(b"compiled")
    assert pipeline.code([tmp_path]) == before
    (tmp_path / "one" / "deeper" / "a.py").write_text("x = 2")
    changed = pipeline.code([tmp_path])
    assert changed != before
    (tmp_path / "one" / "deeper" / "a.py").rename(tmp_path / "one" / "a.py")
    assert pipeline.code([tmp_path]) not in {before, changed}
