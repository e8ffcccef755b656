"""Blur kernels as hands, lenses and motion make them: (SIDE, SIDE) float32, of sum 1, the centre of mass in the middle.

A blurred picture is the sharp one convolved with the kernel. Lengths are in pixels of the aligned crop.
"""

import math
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float32]
"""(SIDE, SIDE), 0 and above, of sum 1."""
Points = NDArray[np.float64]
Random = np.random.Generator

SIDE = 41
_MIDDLE = SIDE // 2
_REACH = _MIDDLE - 1.0  # how far from the middle a path may lead
_FINE = 8  # shapes are drawn so many times larger and averaged
_STEPS = 160  # of a path as it is wandered


class Blur(StrEnum):
    """What blurred a face."""

    NONE = "none"
    GAUSSIAN = "gaussian"
    DISC = "focus, round"
    POLYGON = "focus, polygon"
    STRAIGHT = "motion, straight"
    CURVED = "motion, curved"
    MIXED = "motion and focus"


SHARES = {
    Blur.NONE: 0.08,
    Blur.GAUSSIAN: 0.18,
    Blur.DISC: 0.13,
    Blur.POLYGON: 0.07,
    Blur.STRAIGHT: 0.18,
    Blur.CURVED: 0.24,
    Blur.MIXED: 0.12,
}
"""How often each is drawn."""


# Sizes that are met, in pixels of the crop: from what a lens leaves at its best to what no face is known in any more.
_DEVIATION = (0.6, 7)  # of a Gaussian
_OBLONG, _FLAT = 0.25, (0.4, 1)  # of Gaussians are longer one way, and their short side against the long one
_RADIUS, _CORNERED = (1.2, 11), (1.5, 11)  # of discs, and of polygons
_BLADES = (5, 10)  # of an aperture, the last excluded
_STRAIGHT, _CURVED = (3, 34), (4, 32)  # lengths
_MIXED_STRAIGHT, _MIXED_CURVED = (3, 18), (4, 18)  # the same where a focus is off too, so that nothing is cut off
_MIXED_RADIUS, _MIXED_CORNERED, _MIXED_DEVIATION = (1.2, 6), (1.5, 6), (0.7, 3)
_SHAKEN = 0.5  # of these motions; the others are straight
_ROOM = 10  # pixels that such a motion leaves at each side

# How a hand shakes.
_PACED = 0.5  # of paths go at the walk's own pace; the others evenly
_PAUSES = (0, 0, 1, 1, 2)  # in a path
_PAUSE, _PAUSED = (0.02, 0.08), (0.5, 6)  # how long of the path a pause is, and how much light falls on it
_DRIFTS = (0.02, 0.05, 0.09, 0.14)  # of the speed, in a step
_JERKED, _JERK = 0.25, (40, 120)  # of paths have a jerk, at a step between these
_TURN, _QUICKER = (0.6, math.pi), (0.4, 1.4)  # radians and times, in a jerk
_SLOWING = 0.985  # of its speed that a hand keeps from step to step
_DENSE = 5  # places of a path in a pixel, and 40 at least
_SLOWEST = 0.15  # of the mean length of a step: what stands still is not told for ever


def drawn(random: Random) -> tuple[Blur, Kernel]:
    """A kind by SHARES, and a kernel of that kind."""
    kinds = list(SHARES)
    kind = kinds[int(random.choice(len(kinds), p=list(SHARES.values())))]
    return kind, of_kind(kind, random)


def of_kind(kind: Blur, random: Random) -> Kernel:  # noqa: PLR0911  # one return for each kind reads best
    """A kernel of one kind, of any size that is met."""
    match kind:
        case Blur.NONE:
            return none()
        case Blur.GAUSSIAN:
            long = log_uniform(random, *_DEVIATION)
            short = long * (random.uniform(*_FLAT) if random.random() < _OBLONG else 1)
            return gaussian(long, short, random.uniform(0, math.pi))
        case Blur.DISC:
            return disc(log_uniform(random, *_RADIUS))
        case Blur.POLYGON:
            return _cornered(_CORNERED, random)
        case Blur.STRAIGHT:
            return straight(log_uniform(random, *_STRAIGHT), random.uniform(0, math.pi))
        case Blur.CURVED:
            return curved(log_uniform(random, *_CURVED), random)
        case Blur.MIXED:
            return _mixed(random)


def none() -> Kernel:
    """The kernel that changes nothing."""
    kernel = np.zeros((SIDE, SIDE), np.float32)
    kernel[_MIDDLE, _MIDDLE] = 1
    return kernel


def gaussian(long: float, short: float, angle: float) -> Kernel:
    """Standard deviations along `angle` (radians, x to y) and across it."""
    rows, columns = np.mgrid[-_MIDDLE : _MIDDLE + 1, -_MIDDLE : _MIDDLE + 1]
    along = columns * math.cos(angle) + rows * math.sin(angle)
    across = rows * math.cos(angle) - columns * math.sin(angle)
    return _whole(np.exp(-((along / long) ** 2 + (across / short) ** 2) / 2))


def disc(radius: float) -> Kernel:
    """What a lens with an open, round aperture makes of a point out of focus."""
    rows, columns = (np.mgrid[: SIDE * _FINE, : SIDE * _FINE] + 0.5) / _FINE - SIDE / 2
    return _whole(_averaged(rows**2 + columns**2 <= radius**2))


def polygon(radius: float, corners: int, turn: float) -> Kernel:
    """What a lens whose aperture has blades makes of it; `radius` is that of the corners."""
    angles = turn + 2 * math.pi * np.arange(corners) / corners
    points = (np.stack([np.cos(angles), np.sin(angles)], 1) * radius + SIDE / 2) * _FINE - 0.5
    mask = np.zeros((SIDE * _FINE, SIDE * _FINE), np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return _centred(_averaged(mask))


def straight(length: float, angle: float) -> Kernel:
    """An even motion over `length` pixels; `angle` in radians, x to y."""
    places = np.linspace(-length / 2, length / 2, max(3, int(length * 6)))
    return path(np.stack([places * math.cos(angle), places * math.sin(angle)], 1), np.ones(len(places)))


def curved(length: float, random: Random, reach: float = _REACH) -> Kernel:
    """A shaken hand: a wandering path `length` pixels across, one in four with a second jerk, many with pauses."""
    points = _wandered(random)
    points *= length / max(float(np.hypot(*np.ptp(points, axis=0))), 1e-6)
    places, own = _evenly(points)
    weights = own if random.random() < _PACED else np.ones(len(places))
    position = np.linspace(0, 1, len(places))
    for _ in range(int(random.choice(_PAUSES))):
        distance = (position - random.random()) / random.uniform(*_PAUSE)
        weights = weights + random.uniform(*_PAUSED) * np.exp(-(distance**2))
    return path(places, weights, reach)


def path(points: Points, weights: NDArray[np.float64], reach: float = _REACH) -> Kernel:
    """The kernel of a path: points (count, 2) as x and y, each with the time spent there.

    It is moved so that its centre of mass is in the middle, and shrunk where it would lead further than `reach`.
    """
    points = points - np.average(points, axis=0, weights=weights)
    points = points * min(1.0, reach / max(float(np.abs(points).max()), 1e-6)) + _MIDDLE
    kernel = np.zeros((SIDE, SIDE))
    corner = np.floor(points).astype(int)
    part = points - corner
    for right, down in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
        np.add.at(kernel, (corner[:, 1] + down, corner[:, 0] + right), weights * share)
    return _whole(kernel)


def log_uniform(random: Random, low: float, high: float) -> float:
    """Each doubling as likely as any other."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def _mixed(random: Random) -> Kernel:
    """A motion and a focus that is off, one after the other; both short enough that nothing is cut off."""
    if random.random() < _SHAKEN:
        motion = curved(log_uniform(random, *_MIXED_CURVED), random, _MIDDLE - _ROOM)
    else:
        motion = straight(log_uniform(random, *_MIXED_STRAIGHT), random.uniform(0, math.pi))
    focus = (
        disc(log_uniform(random, *_MIXED_RADIUS)),
        gaussian((sigma := log_uniform(random, *_MIXED_DEVIATION)), sigma, 0),
        _cornered(_MIXED_CORNERED, random),
    )[int(random.integers(3))]
    both = cv2.filter2D(motion, -1, focus[::-1, ::-1], borderType=cv2.BORDER_CONSTANT)
    return _whole(np.clip(both, 0, None))


def _cornered(radius: tuple[float, float], random: Random) -> Kernel:
    return polygon(log_uniform(random, *radius), int(random.integers(*_BLADES)), random.uniform(0, 2 * math.pi))


def _wandered(random: Random) -> Points:
    """A walk whose direction drifts, and that may turn sharply once."""
    angle, drift = random.uniform(0, 2 * math.pi), random.choice(_DRIFTS)
    jerk = int(random.integers(*_JERK)) if random.random() < _JERKED else -1
    speed = np.array([math.cos(angle), math.sin(angle)])
    places = [np.zeros(2)]
    for step in range(_STEPS):
        if step == jerk:
            turn = random.uniform(*_TURN)
            rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
            speed = rotation @ speed * random.uniform(*_QUICKER)
        speed = speed * _SLOWING + random.normal(0, drift, 2)
        places.append(places[-1] + speed)
    return np.array(places)


def _evenly(points: Points) -> tuple[Points, NDArray[np.float64]]:
    """The path at even distances, and the time that the walk itself spent at each."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    places = np.linspace(0, along[-1], max(40, int(along[-1] * _DENSE)))
    spent = np.interp(places, along[1:], 1 / (lengths + _SLOWEST * lengths.mean()))
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], 1), spent / spent.mean()


def _averaged(fine: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(fine.reshape(SIDE, _FINE, SIDE, _FINE).mean((1, 3)), np.float64)


def _centred(values: NDArray[np.float64]) -> Kernel:
    """Moved by the fraction of a pixel that its centre of mass is off."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - _MIDDLE
    total = values.sum()
    off = (float((values * columns).sum() / total), float((values * rows).sum() / total))
    moving = np.array([[1, 0, -off[0]], [0, 1, -off[1]]])
    return _whole(cv2.warpAffine(values, moving, (SIDE, SIDE), flags=cv2.INTER_LINEAR))


def _whole(values: NDArray[Any]) -> Kernel:
    return np.asarray(values / values.sum(), np.float32)
