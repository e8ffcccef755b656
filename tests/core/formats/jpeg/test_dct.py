"""The transform of a block."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.jpeg.dct import restored, transformed


@given(seed=st.integers(0, 2**32 - 1))
def test_a_block_comes_back_within_a_quarter_of_a_level(seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-128, 128, (3, 8, 8)).astype(np.float32)
    again = restored((transformed(samples) / 8).astype(np.float32))
    assert np.abs(again - samples).max() < 0.25


def test_a_flat_block_has_its_mean_alone() -> None:
    flat = np.full((1, 8, 8), 20, np.float32)
    expected = np.zeros((8, 8))
    expected[0, 0] = 20 * 8 * 8
    assert np.array_equal(transformed(flat)[0], expected)
