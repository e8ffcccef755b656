"""Where the filter is believed and where the network that refines its result."""

import numpy as np
import pytest

from gpend.core import align, refining, straight_shake
from gpend.core.blur import Blur


def test_the_filter_is_believed_at_features_and_the_refining_network_on_skin() -> None:
    crop = np.full((256, 256), 0.5, np.float32)
    crop[:, 128:] += 0.01 * np.random.default_rng(0).standard_normal((256, 128)).astype(np.float32)
    crop[100:140, 30:80] = 0.1
    share = refining._structure(crop)  # noqa: SLF001 - the rule itself, which pictures show only together with all else
    assert share[115:125, 28:32].min() == 1
    assert share[:60, :60].max() == 0
    assert share[20:230, 150:].mean() < 0.2


@pytest.mark.parametrize("side", [256, 512])
def test_in_hair_and_background_the_filter_is_believed_less_than_at_eyes_and_mouth(side: int) -> None:
    counts = refining._features_count(side)  # noqa: SLF001
    assert counts.shape == (side, side)
    for across, down in align.FFHQ_TEMPLATE:
        assert counts[round(down * side), round(across * side)] == 1
    corners = counts[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners == pytest.approx(0.3)
    assert counts[side // 16].max() == pytest.approx(0.3)  # hair above the brow


def test_the_filter_is_believed_the_less_the_likelier_the_face_was_enlarged() -> None:
    kernel = np.ones((1, 1), np.float32)
    shares = [refining._believed(Blur(kernel, 1.0, odds)) for odds in (-np.inf, -1.5, -1.0, -0.5, 2.0)]  # noqa: SLF001
    assert shares == pytest.approx([1, 1, 0.5, 0, 0])


NOTHING, FEATURE = np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32)


@pytest.mark.parametrize(("is_shake", "skin", "features"), [(False, 0.35, 1.0), (True, 0.2, 0.8)])
def test_skin_gets_some_of_the_filter_and_features_more_and_less_of_a_shake(
    skin: float, features: float, *, is_shake: bool
) -> None:
    alike = np.full((8, 8), 0.5 / 255, np.float32)
    for structure, share in ((NOTHING, skin), (FEATURE, features)):
        assert refining._filtered_share(structure, alike, is_shake=is_shake) == pytest.approx(share)  # noqa: SLF001


def test_a_straight_path_that_is_surely_told_counts_like_a_lens() -> None:
    path = straight_shake.drawn((20, 0.4))
    assert refining._is_doubtful(Blur(path, 0.98))  # noqa: SLF001
    assert not refining._is_doubtful(Blur(path, straight_shake.SURE))  # noqa: SLF001


def test_where_taking_out_a_shake_left_echoes_skin_is_the_network_s_alone() -> None:
    apart = np.full((8, 8), 5 / 255, np.float32)
    assert refining._filtered_share(NOTHING, apart, is_shake=True).max() == 0  # noqa: SLF001
    assert refining._filtered_share(FEATURE, apart, is_shake=True) == pytest.approx(0.8)  # noqa: SLF001


@pytest.mark.parametrize("levels", [0.0, 1.0, 4.0, 20.0])
def test_of_the_grain_that_the_filter_enlarges_no_more_than_a_level_stays_on_skin(levels: float) -> None:
    apart = np.full((8, 8), levels / 255, np.float32)
    left = refining._filtered_share(NOTHING, apart, is_shake=False) * apart  # noqa: SLF001
    assert left.max() <= 1.0001 / 255
