"""Settings that hold for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "2")

settings.register_profile("gpend", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gpend")


@pytest.fixture(scope="session")
def beside() -> Path:
    """The folder of local material beside the checkout; tests that want it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the local material is not beside this checkout")
    return folder
