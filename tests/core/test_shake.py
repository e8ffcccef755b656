"""The path of a shaken hand is found more exactly by what the photo tells of it."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpend.core import shake
from gpend.core.blur import Blur
from gpend.core.direction import blurs_of
from gpend.core.networks import Kernels
from gpend.core.photo import Plane
from tests.core.blurs import spoiled, streak
from tests.core.test_direction import hook


@dataclass(frozen=True)
class Told:
    """A network that always tells the same."""

    kernels: Kernels
    name: str = "told"
    size: int = 256

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """What it tells of these."""
        assert len(crops) == len(self.kernels.kernels)
        return self.kernels


def smeared(kernel: Plane, deviation: float = 1.5) -> Plane:
    """What a network tells that is not sure of the path."""
    wide = cv2.GaussianBlur(kernel, (0, 0), deviation)
    return np.asarray(wide / wide.sum(), np.float32)


def apart(one: Plane, other: Plane) -> float:
    """Mean squared difference of the transfer functions."""
    spectra = [np.fft.fft2(kernel, (64, 64)) for kernel in (one, other)]
    return float((np.abs(spectra[0] - spectra[1]) ** 2).mean())


def disc(radius: float) -> Plane:
    down, across = np.mgrid[-20:21, -20:21]
    kernel = np.clip(radius + 0.5 - np.hypot(across, down), 0, 1).astype(np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


@pytest.mark.parametrize("length", [12, 20])
@pytest.mark.parametrize("angle", [0.3, 2.9, 4.4])
def test_the_kernel_is_nearer_to_the_path_than_the_one_that_was_told(face: Plane, length: int, angle: float) -> None:
    kernel = hook(length, angle)
    told = Blur(smeared(kernel), 0.95)
    found = shake.refined(spoiled(face, kernel), told)
    assert apart(found.kernel, kernel) < 0.75 * apart(told.kernel, kernel)


def test_a_kernel_is_light_and_all_of_it(face: Plane) -> None:
    kernel = hook(12, 0.3)
    found = shake.refined(spoiled(face, kernel), Blur(smeared(kernel), 0.93))
    assert found.kernel.sum() == pytest.approx(1, abs=1e-5)
    assert found.kernel.min() >= 0
    assert found.confidence == 0.93


def test_the_same_photo_tells_the_same_path(face: Plane) -> None:
    kernel = hook(12, 0.3)
    photo, told = spoiled(face, kernel), Blur(smeared(kernel), 0.95)
    assert np.array_equal(shake.refined(photo, told).kernel, shake.refined(photo, told).kernel)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_crop_that_tells_nothing_leaves_a_kernel(level: float) -> None:
    flat = np.full((256, 256), level, np.float32)
    found = shake.refined(flat, Blur(hook(12, 0.3), 0.95))
    assert np.isfinite(found.kernel).all()
    assert found.kernel.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kernel", [disc(3), disc(8), streak(9), streak(25)])
def test_lenses_and_straight_paths_are_not_curved(kernel: Plane) -> None:
    assert not shake.is_curved(Blur(smeared(kernel, 0.7), 0.95))


def test_what_the_network_is_sure_of_is_not_followed() -> None:
    kernel = smeared(bent(20, 0.4))
    assert shake.is_curved(Blur(kernel, 0.95))
    assert not shake.is_curved(Blur(kernel, 0.99))


@pytest.mark.parametrize("angle", [0.3, 2.9])
def test_a_thin_path_that_winds_is_curved(angle: float) -> None:
    along = np.linspace(-1, 1, 600)
    points = np.stack([13 * along, 3 * np.sin(3 * np.pi * along)], 1)
    turned = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    blur = Blur(smeared(drawn(turned), 0.5), 0.95)
    long, short, _ = blur.axes()
    assert long > 2.5 * short
    assert shake.is_curved(blur)


def drawn(points: NDArray[np.float64]) -> Plane:
    """A path through points (n, 2), x before y, from the middle."""
    kernel = np.zeros((41, 41), np.float32)
    np.add.at(kernel, tuple((np.rint(points) + 20).astype(int).T[::-1]), 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def bent(length: int, angle: float) -> Plane:
    """A hand that moved along an arch."""
    along = np.linspace(-1, 1, 400)
    points = np.stack([along, 1.4 * along**2], 1) * length / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return drawn((points - points.mean(0)) @ turn)


@given(length=st.sampled_from([14, 18, 24]), angle=st.floats(0, 6.2))
def test_a_bent_path_is_curved_whatever_its_direction(length: int, angle: float) -> None:
    assert shake.is_curved(Blur(smeared(bent(length, angle), 0.7), 0.95))


def test_the_slope_is_that_of_the_misfit(face: Plane) -> None:
    kernel = smeared(hook(12, 0.3))
    evidence = shake.evidence_of(spoiled(face, hook(12, 0.3)))
    slope = shake.slope(evidence, kernel)
    for place in ((20, 20), (18, 23), (24, 17)):
        step = np.zeros_like(kernel)
        step[place] = 3e-4
        measured = (shake.misfit(evidence, kernel + step) - shake.misfit(evidence, kernel - step)) / (2 * 3e-4)
        assert slope[place] == pytest.approx(measured, rel=0.05, abs=0.02)


def test_only_a_curved_path_that_can_be_taken_out_is_followed(face: Plane) -> None:
    kernels = [smeared(bent(20, 0.4)), smeared(streak(17), 0.7), smeared(bent(20, 0.4))]
    confidence = np.array([0.95, 0.95, 0.5], np.float32)
    found = Kernels(np.stack(kernels), confidence, *np.full((2, 3), -9.0, np.float32))
    told = blurs_of([spoiled(face, bent(20, 0.4))] * 3, Told(found))
    same = [np.allclose(one.kernel, kernel) for one, kernel in zip(told, kernels, strict=True)]
    assert same == [False, True, True]
