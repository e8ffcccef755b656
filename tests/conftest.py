"""Settings that hold for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gpend.core.networks import Networks
from gpend.settings import CoreSettings, RestoreSettings

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


@pytest.fixture(scope="session")
def networks() -> Networks:
    """The shipped networks, on the CPU, loaded once for all tests that look at real faces."""
    from gpend.models.loading import load  # noqa: PLC0415  # torch is loaded only if a test asks for it

    return load(CoreSettings(restore=RestoreSettings(device="cpu")))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the bundled sample photos."""
    return Path(__file__).resolve().parents[1] / "gpend" / "samples"
