"""How wide a face's edges are, against what its blur would leave of them (pure).

An edge that a blur has widened keeps more of its gradient under a further, known blur the wider it is (Zhuo and Sim
2011). No edge can be narrower than the kernel that blurred it: where edges are, the kernel is none, as that of two
exposures, which are as far apart as it is wide; and where a few edges are narrower than all others, they lie before the
face.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.blend import smooth
from gpend.core.blur import Blur
from gpend.core.photo import Plane

_FINE, _COARSE = 1.0, 2.2  # pixels: standard deviations of the Gaussians under which gradients are compared
_FACE = (slice(56, 232), slice(48, 208))  # of the crop of SIDE: brows to chin, cheek to cheek
_LEAST = 0.006  # of full scale for each pixel: a gradient that belongs to an edge, without noise
_NOISE = 2.0 / (3 * _COARSE**2)  # of its standard deviation, that a gradient must stand out of
_ENOUGH = 200  # pixels
_NARROWEST, _WIDEST = 0.25, 400.0  # variances that are told
_SYSTEM = 0.5  # variance, in pixels: what any lens and grid leave
_PATCH = 6.0  # pixels
_FEW = 60  # pixels of the narrowest patches
_CLEAR = 0.15  # of the strongest patch's gradients: weaker ones are not asked
_MOST = 3.0
_SURE = 0.9  # of all edges, by their strength
_ALIKE = 1e-3  # gradients at both scales, squared: the edge is wider than can be told
_TINY = 1e-9


@dataclass(frozen=True)
class Widths:
    """Logarithms of ratios; 0 where there are too few edges to tell."""

    narrow: float = 0.0  # the kernel's spread across an edge against that edge's width, of the middle edge
    narrowest: float = 0.0  # the same where it is most, over a small patch
    uneven: float = 0.0  # the same of the narrowest tenth of edges against that of the middle one


def widths(plane: Plane, level: float, blur: Blur) -> Widths:
    """Of luma (SIDE, SIDE), 0 to 1, whose noise has the standard deviation `level`, blurred by `blur`."""
    fine, coarse = ([one[_FACE] for one in _gradient(plane, sigma)] for sigma in (_FINE, _COARSE))
    strength = np.asarray(np.hypot(*coarse), np.float32)
    across, down = (np.asarray(one / (strength + _TINY), np.float32) for one in coarse)
    ratio = np.clip(np.abs(fine[0] * across + fine[1] * down) / (strength + _TINY), 1.0, _COARSE / _FINE)
    squared = (_COARSE**2 - ratio**2 * _FINE**2) / np.maximum(ratio**2 - 1, _ALIKE)
    width = np.asarray(0.5 * np.log(np.clip(squared, _NARROWEST, _WIDEST)), np.float32)
    excess = np.asarray(0.5 * np.log(_spread(blur, across, down)) - width, np.float32)
    edges = strength > _LEAST + _NOISE * level
    if edges.sum() < _ENOUGH:
        return Widths()
    middle, most = _quantiles(excess[edges], strength[edges], 0.5, _SURE)
    return Widths(middle, _narrowest(excess, strength, edges), most - middle)


def _gradient(plane: Plane, sigma: float) -> tuple[Plane, Plane]:
    smoothed = smooth(plane, sigma)
    across, down = (cv2.Sobel(smoothed, cv2.CV_32F, *way, ksize=3) for way in ((1, 0), (0, 1)))
    return np.asarray(across / 8, np.float32), np.asarray(down / 8, np.float32)


def _spread(blur: Blur, across: Plane, down: Plane) -> Plane:
    """The kernel's variance along each of these directions, and the system's."""
    long, short, (x, y) = blur.axes()
    along = (across * x + down * y) ** 2
    return np.asarray(long**2 * along + short**2 * np.maximum(0, 1 - along) + _SYSTEM, np.float32)


def _narrowest(excess: Plane, strength: Plane, edges: NDArray[np.bool_]) -> float:
    weight = np.asarray(strength * edges, np.float32)
    told = smooth(np.asarray(weight * np.clip(excess, -_MOST, _MOST), np.float32), _PATCH)
    there = smooth(weight, _PATCH)
    patches = np.where(there > _CLEAR * there.max(), told / (there + _TINY), -math.inf)
    return float(np.partition(patches, patches.size - _FEW, axis=None)[-_FEW])


def _quantiles(values: Plane, weight: Plane, *shares: float) -> tuple[float, ...]:
    order = np.argsort(values)
    reached = np.cumsum(weight[order])
    places = (np.searchsorted(reached, share * reached[-1]) for share in shares)
    return tuple(float(values[order][min(len(order) - 1, place)]) for place in places)
