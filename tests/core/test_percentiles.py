"""Percentiles are those that NumPy tells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpend.core.percentiles import percentiles

NUMBERS = st.floats(-1e3, 1e3, width=32)
SHARES = st.lists(st.floats(0, 100), min_size=1, max_size=4)


@given(arrays.arrays(np.float32, arrays.array_shapes(max_dims=2, max_side=12), elements=NUMBERS), SHARES)
def test_they_are_those_of_numpy(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], shares: list[float]
) -> None:
    expected = np.percentile(values.astype(np.float64), shares)
    assert percentiles(values, *shares) == pytest.approx(expected, abs=1e-4)
