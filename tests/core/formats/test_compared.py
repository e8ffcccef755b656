"""A fault of one part of a picture shows as one of the whole."""

import numpy as np
import pytest

from gpend.core.formats.compared import CELL, apart


@pytest.mark.parametrize("shape", [(1, 1, 3), (31, 33, 1), (64, 64, 3), (100, 70, 4)])
def test_a_picture_is_no_levels_apart_from_itself_and_all_of_them_from_its_opposite(
    shape: tuple[int, int, int],
) -> None:
    black = np.zeros(shape, np.uint8)
    assert apart(black, black) == 0
    assert apart(black, black + np.uint8(255)) == apart(black + np.uint8(255), black) == 255


@pytest.mark.parametrize("place", [(0, 0), (64, 128)])
def test_one_cell_is_enough(place: tuple[int, int]) -> None:
    before = np.full((150, 210, 3), 90, np.uint8)
    after, (top, left) = before.copy(), place
    after[top : top + CELL, left : left + CELL, 1] += 17
    assert apart(after, before) == 17


def test_a_sliver_at_the_edge_is_no_cell_of_its_own() -> None:
    before = np.full((65, 97, 3), 90, np.uint8)
    after = before.copy()
    after[:, 96] += 99
    after[64] += 99
    assert apart(after, before) < 10


def test_noise_that_leaves_the_mean_does_not_count() -> None:
    before = np.full((64, 64, 3), 90, np.uint8)
    after = before + np.indices(before.shape).sum(0).astype(np.uint8) % 2 * np.uint8(2) - np.uint8(1)
    assert apart(after, before) < 1
