"""How blurred is this face? One number, 0 (gone) to 1 (crisp), measured on the crop aligned to a fixed scale.

The luma of the face is split into four octave bands. In every band, percentiles of the local energy tell edges (high
percentiles) from noise (low ones, since noise is everywhere). Beside them stand the width of the strongest edges, how
concentrated the detail is, how much of it runs in one direction, how far the crop was enlarged, and the trace of the
JPEG grid. A quadratic logistic function of these terms, fitted by `python -m tests.benchmarks.judgement --fit` to faces
degraded in known ways, gives the probability that the face needs restoring; the sharpness is its complement.
"""

import itertools
import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients
from gpend.core.photo import Plane

SIDE = 256
"""Side of the FFHQ-aligned crop that is measured."""

_FACE = (slice(56, 232), slice(48, 208))  # brows to chin, cheek to cheek: neither hair nor background
_SIGMAS = (0.9, 1.8, 3.6, 7.2)  # each band ends where the next begins, an octave lower
_BLOCK = 8  # local energy is the mean over blocks of this side
_FLOOR = 3e-4  # amplitude below which a band counts as empty: far below one step of 8 bits
_COARSE = 4  # what is left of the features is looked at on a crop smaller by this
_STRONG = 20  # the strongest edges are one pixel in this many

Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """The sharpness of a face, and every term it was made of."""

    sharpness: float  # 0 to 1: the complement of the probability that the face needs restoring
    need: float  # the log-odds of that probability: still tells two very blurred faces apart
    left: float  # log10 of what is left of the features against the coarse shape: below -0.4 there is only a blot
    terms: dict[str, float]  # what the fits look at


def measure(crop: Plane, scale: float, grid: float) -> Measure:
    """Judge an FFHQ-aligned crop (SIDE, SIDE, 3), 0 to 1.

    `scale` is crop pixels for each photo pixel; `grid` what `grid.trace` says of the photo's own pixels, or 0.
    """
    found = terms(crop, scale, grid)
    odds = need(found)
    return Measure(1.0 / (1.0 + math.exp(min(odds, 700.0))), odds, left(crop), found)


def need(found: dict[str, float]) -> float:
    """The log-odds that a face of these terms needs restoring."""
    return float((quadratic(row(found)) @ np.asarray(coefficients.NEED))[0])


def left(crop: Plane) -> float:
    """How strong the finest band that holds whole features is against the next coarser one, log10."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, None, fx=1 / _COARSE, fy=1 / _COARSE, interpolation=cv2.INTER_AREA)
    inner = tuple(slice(edge.start // _COARSE, edge.stop // _COARSE) for edge in _FACE)
    fine, middle, coarse = (
        np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / _COARSE), np.float32)[inner]
        for sigma in (_SIGMAS[-2], _SIGMAS[-1], 2 * _SIGMAS[-1])
    )
    return float(np.log10((fine - middle).std() / ((middle - coarse).std() + 1e-4) + 1e-4))


def terms(crop: Plane, scale: float, grid: float) -> dict[str, float]:
    """Every term of the measure by name; amplitudes are log10 against the coarsest band."""
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)[_FACE]
    levels = [luma, *(np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.float32) for sigma in _SIGMAS)]
    energy = [_local_energy(fine - coarse) for fine, coarse in itertools.pairwise(levels)]
    fine, middle, broad, base = (np.log10(np.sqrt(band) + _FLOOR) for band in energy)
    whole = float(np.percentile(base, 85))
    low, high = np.percentile(fine, (15, 96)) - whole
    middles = np.percentile(middle, (15, 50, 85)) - whole
    broads = np.percentile(broad, (15, 50, 85, 96)) - whole
    found = {"fine_low": low, "fine_high": high}
    found |= dict(zip(("middle_low", "middle_median", "middle_high"), middles, strict=True))
    found |= dict(zip(("broad_low", "broad_median", "broad_high", "broad_top"), broads, strict=True))
    found |= {"noise": low + whole, "edge": _edge(levels[1]), "concentration": _concentration(energy[1])}
    found |= {"direction": _direction(levels[1] - levels[2])}
    found |= {"enlarged": float(np.clip(np.log2(scale), -2.5, 2.5)), "grid": float(np.clip(grid, -2, 12))}
    return {name: float(value) for name, value in found.items()}


def row(found: dict[str, float]) -> Values:
    """(1, terms): the terms in the order that the fits take them in."""
    return np.array([[found[name] for name in coefficients.TERMS]])


def standard(found: Values) -> Values:
    """Rows of terms as 1 and every term, standardised."""
    unit = (found - np.asarray(coefficients.MEANS)) / np.asarray(coefficients.SPREADS)
    return np.hstack([np.ones((len(unit), 1)), np.clip(unit, -4, 4)])  # what the fit never saw must not swing it


def quadratic(found: Values) -> Values:
    """Rows of terms as 1, every term, and every product of two, standardised."""
    rows = standard(found)
    first, second = np.triu_indices(rows.shape[1] - 1)
    return np.hstack([rows, rows[:, 1 + first] * rows[:, 1 + second]])


def _local_energy(band: Plane) -> Plane:
    height, width = band.shape
    size = (width // _BLOCK, height // _BLOCK)
    return np.asarray(cv2.resize(band * band, size, interpolation=cv2.INTER_AREA), np.float32)


def _edge(smoothed: Plane) -> float:
    """Curvature against slope on the strongest edges: the inverse of their width, log10."""
    slope = np.hypot(cv2.Sobel(smoothed, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(smoothed, cv2.CV_32F, 0, 1, ksize=3))
    curvature = np.abs(cv2.Laplacian(smoothed, cv2.CV_32F))
    count = slope.size // _STRONG
    strong = np.argpartition(slope.ravel(), -count)[-count:]
    steep = float(slope.ravel()[strong].mean())
    return float(np.log10(float(curvature.ravel()[strong].mean()) / (steep + 1e-6) + 1e-4))


def _direction(band: Plane) -> float:
    """How much more a band changes along one direction than across it, log10: high where the camera moved."""
    across, down = (cv2.Sobel(band, cv2.CV_32F, dx, 1 - dx, ksize=3).ravel() for dx in (1, 0))
    own, other, mixed = float(across @ across), float(down @ down), float(across @ down)
    spread = math.hypot(own - other, 2 * mixed)
    return math.log10((own + other + spread + 1e-6) / (max(own + other - spread, 0.0) + 1e-6))


def _concentration(energy: Plane) -> float:
    """The share of a band's energy that its strongest tenth of blocks holds, log10: high for edges, low for noise."""
    ordered = np.sort(energy.ravel())
    return float(np.log10(float(ordered[-len(ordered) // 10 :].sum()) / (float(ordered.sum()) + 1e-9) + 1e-4))
