"""Where the filter is believed and where the network that refines its result."""

import numpy as np
import pytest

from gpend.core import refining
from gpend.core.blur import Blur


def test_the_filter_is_believed_at_features_and_the_refining_network_on_skin() -> None:
    crop = np.full((256, 256), 0.5, np.float32)
    crop[:, 128:] += 0.01 * np.random.default_rng(0).standard_normal((256, 128)).astype(np.float32)
    crop[100:140, 30:80] = 0.1
    share = refining._structure(crop)  # noqa: SLF001 - the rule itself, which pictures show only together with all else
    assert share[115:125, 28:32].min() == 1
    assert share[:60, :60].max() == 0
    assert share[20:230, 150:].mean() < 0.2


def test_the_filter_is_believed_the_less_the_likelier_the_face_was_enlarged() -> None:
    kernel = np.ones((1, 1), np.float32)
    shares = [refining._believed(Blur(kernel, 1.0, odds)) for odds in (-np.inf, -1.5, -1.0, -0.5, 2.0)]  # noqa: SLF001
    assert shares == pytest.approx([1, 1, 0.5, 0, 0])
