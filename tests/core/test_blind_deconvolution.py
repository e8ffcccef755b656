"""The path of a camera that shook is found in the photo itself, by its edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.blind_deconvolution import kernel_of, roughness
from gpend.core.camera_shake import error, transfer
from gpend.core.photo import Plane
from tests.benchmarks import kernels
from tests.core.blurs import spoiled, streak
from tests.core.test_direction import hook

_REACH = 20
_NONE = np.pad(np.ones((1, 1), np.float32), 20)  # a kernel that leaves all as it is


def picture(seed: int, side: int = 256, shapes: int = 60) -> Plane:
    """Shapes of many sizes that lie on each other: (side, side), 0 to 1."""
    random = np.random.default_rng(seed)
    plane = np.full((side, side), 0.5, np.float32)
    for _ in range(shapes):
        middle, size = random.uniform(0, side, 2), random.uniform(4, side / 5)
        corners = middle + random.uniform(-size, size, (4, 2))
        cv2.fillConvexPoly(plane, np.rint(corners).astype(np.int32), float(random.uniform(0, 1)), cv2.LINE_AA)
    return np.asarray(np.clip(plane, 0, 1), np.float32)


def apart(found: Plane, truth: Plane) -> float:
    """Squared error of the transfer function, wherever the middles lie; that of no blur is .1 to .6 here."""
    return error(transfer(found), transfer(truth))


def mirrored(kernel: Plane) -> Plane:
    return np.ascontiguousarray(kernel[::-1, ::-1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "truth", [hook(14, 0.4), hook(20, 2.0), kernels.curved(12, np.random.default_rng(4)), streak(13)]
)
def test_a_shake_is_found_by_the_edges_of_the_picture_and_the_right_way_round(truth: Plane, seed: int) -> None:
    found = kernel_of(spoiled(picture(seed), truth), _REACH)
    assert found.shape == (2 * _REACH + 1, 2 * _REACH + 1)
    assert apart(found, truth) < 0.12 * apart(_NONE, truth)
    assert apart(found, truth) < apart(mirrored(found), truth) + 1e-6  # a straight one is its own mirror image


def test_a_sharp_picture_was_hardly_blurred() -> None:
    assert apart(kernel_of(spoiled(picture(1), _NONE), _REACH), _NONE) < 0.03


@given(seed=st.integers(0, 99), reach=st.integers(1, 10), contrast=st.floats(0, 1), level=st.floats(0, 0.2))
def test_whatever_is_seen_a_kernel_holds_no_light_below_none_and_is_in_the_middle(
    seed: int, reach: int, contrast: float, level: float
) -> None:
    seen = spoiled(np.asarray(picture(seed, 64, 12) * contrast, np.float32), streak(3), level)
    found = kernel_of(seen, reach)
    assert found.shape == (2 * reach + 1, 2 * reach + 1)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("truth", [hook(14, 0.4), hook(20, 2.0)])
def test_the_true_kernel_leaves_less_detail_than_another_one(truth: Plane) -> None:
    for seed in range(3):
        seen = spoiled(picture(seed), truth)
        least = roughness(seen, truth)
        assert least < roughness(seen, mirrored(truth))
        assert least < roughness(seen, streak(21))


def test_the_same_photo_is_always_told_the_same_kernel() -> None:
    seen = spoiled(picture(5), hook(14, 0.4))
    assert np.array_equal(kernel_of(seen, _REACH), kernel_of(seen.copy(), _REACH))


def test_an_even_plane_tells_nothing_and_disturbs_nobody() -> None:
    found = kernel_of(np.full((128, 128), 0.5, np.float32), 10)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)
