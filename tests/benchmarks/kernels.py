"""Blur kernels, drawn with a generator: (SIDE, SIDE) float32 of sum 1, centred on their light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Plane
from gpend.fitting.degradations import Random

SIDE = 41
_STEPS = 160  # of a curved path
_INERTIA = 0.985  # of a hand, from step to step


def gaussian(sigma: float) -> Plane:
    """A Gaussian of this standard deviation in pixels."""
    line = cv2.getGaussianKernel(SIDE, sigma)[:, 0]
    return np.asarray(np.outer(line, line), np.float32)


def disc(radius: float) -> Plane:
    """A lens out of focus: an even disc, its edge drawn by area."""
    fine = 4
    places = (np.arange(SIDE * fine) + 0.5) / fine - SIDE / 2
    inside = np.asarray(np.hypot(places[:, None], places[None]) <= radius, np.float32)
    light = cv2.resize(inside, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(light / light.sum(), np.float32)


def straight(length: float, random: Random) -> Plane:
    """A straight, even motion of this length in pixels, in any direction."""
    angle = random.uniform(0, np.pi)
    along = np.linspace(-length / 2, length / 2, int(length * 6))
    return drawn(np.stack([along * np.cos(angle), along * np.sin(angle)], 1))


def curved(extent: float, random: Random) -> Plane:
    """A hand's path: it keeps its way and is pushed about; `extent` is its longer side in pixels."""
    way = random.normal(size=2)
    way /= np.linalg.norm(way)
    push = random.choice([0.02, 0.06, 0.12])
    points = np.zeros((_STEPS, 2))
    for step in range(1, _STEPS):
        way = way * _INERTIA + random.normal(size=2) * push
        points[step] = points[step - 1] + way
    return drawn(points * (extent / np.ptp(points, axis=0).max()))


def drawn(points: NDArray[np.float64]) -> Plane:
    """Light that stays as long at each of these points (count, 2), x before y."""
    places = points - points.mean(0) + SIDE // 2
    low = np.floor(places).astype(np.intp)
    share = places - low
    kernel = np.zeros((SIDE, SIDE), np.float32)
    for across in (0, 1):
        for down in (0, 1):
            weight = np.abs(1 - across - share[:, 0]) * np.abs(1 - down - share[:, 1])
            column, row = low[:, 0] + across, low[:, 1] + down
            inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
            np.add.at(kernel, (row[inside], column[inside]), weight[inside])
    return np.asarray(kernel / kernel.sum(), np.float32)
