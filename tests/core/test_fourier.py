"""The quick transform gives what NumPy's own does."""

import numpy as np
import pytest

from gpend.core.fourier import spectrum_of


@pytest.mark.parametrize("shape", [(384, 384), (256, 256), (6, 9)])
def test_it_is_that_of_numpy_to_six_digits(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).random(shape, np.float32)
    expected = np.fft.rfft2(plane.astype(np.float64))
    found = spectrum_of(plane)
    assert found.dtype == np.complex64
    assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()
