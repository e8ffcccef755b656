"""Settings that hold for every test."""

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog
from hypothesis import HealthCheck, settings

from gpend.core.networks import Networks
from gpend.settings import CoreSettings, RestoreSettings

os.environ.setdefault("OMP_NUM_THREADS", "2")

settings.register_profile(
    "gpend", deadline=None, max_examples=50, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("gpend"), derandomize=False, max_examples=1000)
settings.load_profile("gpend")  # another: pytest --hypothesis-profile=search


@pytest.fixture(autouse=True)
def _drawn_alike() -> None:
    """What a test draws without a seed of its own is the same in every run, whichever tests ran before."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - whoever draws from it, draws from here
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(autouse=True)
def _log_as_it_is() -> Iterator[None]:
    """A command that was called in a test, and which set up its own log, tells the tests after it nothing less."""
    yield
    structlog.reset_defaults()


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


@pytest.fixture
def in_nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the clock is 5 hours and 45 minutes ahead of UTC, all the year."""
    monkeypatch.setenv("TZ", "<+0545>-05:45")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the bundled sample photos."""
    return Path(__file__).resolve().parents[1] / "gpend" / "samples"
