"""The quick transform gives what NumPy's own does."""

import numpy as np
import pytest

from gpend.core.fourier import around_origin, spectrum_of, transfer_of


@pytest.mark.parametrize("shape", [(384, 384), (256, 256), (6, 9)])
def test_it_is_that_of_numpy_to_six_digits(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).random(shape, np.float32)
    expected = np.fft.rfft2(plane.astype(np.float64))
    found = spectrum_of(plane)
    assert found.dtype == np.complex64
    assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize(("side", "whole"), [(65, 256), (97, 384), (1, 6), (5, 5)])
def test_a_kernel_is_that_of_a_plane_with_the_kernel_around_its_origin(side: int, whole: int) -> None:
    kernel = np.random.default_rng(2).random((side, side), np.float32)
    plane = np.zeros((whole, whole), np.float32)
    plane[:side, :side] = kernel
    expected = spectrum_of(np.roll(plane, (-(side // 2), -(side // 2)), (0, 1)))
    found = transfer_of(kernel, whole)
    assert found.dtype == np.complex64
    assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize(("reach", "whole"), [(32, 256), (0, 6), (3, 8)])
def test_what_is_near_the_origin_is_that_of_the_whole_plane(reach: int, whole: int) -> None:
    plane = np.random.default_rng(3).random((whole, whole), np.float32)
    expected = np.roll(plane, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    assert np.abs(around_origin(spectrum_of(plane), reach) - expected).max() <= 1e-6
