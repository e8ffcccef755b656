"""Kernels keep energy and centre, whatever made them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpend.training import kernels
from gpend.training.kernels import SIDE, Blur, Kernel

FEW = settings(max_examples=10)
SEEDS = st.integers(0, 2**32 - 1)


def centre(kernel: Kernel) -> tuple[float, float]:
    """How far the centre of mass is from the middle, across and down."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    return float((kernel * columns).sum()), float((kernel * rows).sum())


def spread(kernel: Kernel, angle: float = 0.0) -> float:
    """The standard deviation along `angle`."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    return float(np.sqrt((kernel * (columns * math.cos(angle) + rows * math.sin(angle)) ** 2).sum()))


@pytest.mark.parametrize("kind", list(Blur))
@FEW
@given(SEEDS)
def test_every_kernel_keeps_the_light_and_the_place(kind: Blur, seed: int) -> None:
    kernel = kernels.of_kind(kind, np.random.default_rng(seed))
    assert kernel.shape == (SIDE, SIDE)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert centre(kernel) == pytest.approx((0, 0), abs=0.02)


def test_none_is_a_single_point() -> None:
    assert np.count_nonzero(kernels.none()) == 1


@FEW
@given(st.floats(1.0, 5.0), st.floats(0, math.pi))
def test_a_gaussian_has_the_deviations_that_were_asked_for(sigma: float, angle: float) -> None:
    kernel = kernels.gaussian(sigma, sigma * 0.6, angle)
    assert spread(kernel, angle) == pytest.approx(sigma, rel=0.01)
    assert spread(kernel, angle + math.pi / 2) == pytest.approx(sigma * 0.6, rel=0.06)


@FEW
@given(st.floats(2.0, 11.0))
def test_a_disc_is_even_and_as_wide_as_its_radius(radius: float) -> None:
    kernel = kernels.disc(radius)
    assert spread(kernel) == pytest.approx(math.sqrt(radius**2 / 4 + 1 / 12), rel=0.03)  # and a pixel's own width
    assert kernel.max() == pytest.approx(1 / (math.pi * radius**2), rel=0.03)


def test_a_polygon_of_many_corners_is_nearly_a_disc() -> None:
    assert np.abs(kernels.polygon(8, 60, 0.3) - kernels.disc(8)).sum() < 0.1


@FEW
@given(st.floats(4.0, 30.0), st.floats(0, math.pi))
def test_a_straight_motion_is_as_long_and_as_thin_as_told(length: float, angle: float) -> None:
    kernel = kernels.straight(length, angle)
    assert spread(kernel, angle) == pytest.approx(math.sqrt(length**2 / 12 + 0.2), rel=0.06)  # and a pixel's own width
    assert spread(kernel, angle + math.pi / 2) < 0.6


def test_where_a_hand_pauses_the_kernel_is_brighter() -> None:
    points = np.stack([np.linspace(-9, 9, 200), np.zeros(200)], 1)
    weights = np.ones(200)
    weights[150:160] = 30
    kernel = kernels.path(points, weights)
    assert kernel.max() > 5 * np.median(kernel[kernel > 0])


def test_the_same_seed_draws_the_same_kernels() -> None:
    one, other = ([kernels.drawn(np.random.default_rng(7)) for _ in range(3)] for _ in range(2))
    assert all(np.array_equal(first[1], second[1]) for first, second in zip(one, other, strict=True))
