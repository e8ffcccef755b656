"""The settings name the networks."""

import threading
from collections.abc import Collection

import numpy as np
import pytest

from gpend.errors import FatalError
from gpend.models.loading import load
from gpend.settings import CoreSettings, RestoreSettings


def test_the_default_settings_load_what_is_shipped() -> None:
    turns: list[Collection[int]] = []
    networks = load(CoreSettings(restore=RestoreSettings(device="cpu")), turns.append)
    assert networks.restore.name.startswith("gpen-256 (")
    crop = np.full((1, 256, 256, 3), 0.5, np.float32)
    assert networks.restore(crop).shape == crop.shape
    assert not networks.detect(np.zeros((64, 64, 3), np.uint8))
    assert turns == [(threading.get_ident(),)] * 2


def test_a_model_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(FatalError, match=r"'gpen-257'; there are: gpen-256 .*fetch. gets .*GPEN-BFR-512"):
        load(CoreSettings(restore=RestoreSettings(model="gpen-257")))
