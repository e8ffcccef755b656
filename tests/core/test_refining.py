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


def test_of_results_that_agree_skin_gets_a_mean_and_features_more_of_the_filter() -> None:
    crop = np.full((256, 256), 0.5, np.float32)
    crop[100:140, 30:80] = 0.1
    share = refining._filtered_share(crop, np.zeros_like(crop))  # noqa: SLF001
    assert share[:60, 150:].max() == pytest.approx(0.35)
    assert share[115:125, 28:32].min() == pytest.approx(0.8)


def test_where_the_filter_left_echoes_skin_is_the_network_s_alone() -> None:
    crop = np.full((256, 256), 0.5, np.float32)
    echoes = np.zeros_like(crop)
    echoes[:, 128:] = 6 / 255 * np.sin(np.arange(128) / 2)
    share = refining._filtered_share(crop, 2 * echoes)  # noqa: SLF001
    assert share[:, 150:].max() < 0.01
    assert share[:, :100].min() == pytest.approx(0.35)
