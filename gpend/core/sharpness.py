"""How blurred is this face? One number, 0 (gone) to 1 (crisp), measured on the crop aligned to a fixed scale.

The luma of the face is split into four octave bands. In every band, percentiles of the local energy tell edges (high
percentiles) from noise (low ones, since noise is everywhere). Beside them stand the width of the strongest edges, how
concentrated the detail is, how far the crop was enlarged, and the trace of the JPEG grid. A quadratic logistic
function of these terms, fitted by `python -m tests.benchmarks.judgement --fit` to faces degraded in known ways, gives
the probability that the face needs restoring; the sharpness is its complement.
"""

import itertools
import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients
from gpend.core.photo import Pixels, Plane

SIDE = 256
"""Side of the FFHQ-aligned crop that is measured."""

_FACE = (slice(56, 232), slice(48, 208))  # brows to chin, cheek to cheek: neither hair nor background
_SIGMAS = (0.9, 1.8, 3.6, 7.2)  # each band ends where the next begins, an octave lower
_BLOCK = 8  # local energy is the mean over blocks of this side
_FLOOR = 3e-4  # amplitude below which a band counts as empty: far below one step of 8 bits
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

    `scale` is crop pixels for each photo pixel; `grid` what `blocking` says of the photo's own pixels, or 0.
    """
    found = terms(crop, scale, grid)
    need = float((quadratic(np.array([list(found.values())])) @ np.asarray(coefficients.NEED))[0])
    return Measure(1.0 / (1.0 + math.exp(min(need, 700.0))), need, left(crop), found)


def left(crop: Plane) -> float:
    """How strong the finest band that holds whole features is against the next coarser one, log10."""
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)
    fine, middle, coarse = (
        np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.float32)[_FACE]
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
    found |= {"enlarged": float(np.clip(np.log2(scale), -2.5, 2.5)), "grid": float(np.clip(grid, -1, 3))}
    return {name: float(value) for name, value in found.items()}


def blocking(pixels: Pixels) -> float:
    """How much stronger steps are on the 8-pixel JPEG grid than off it, in mean steps; about 0 where there is no grid.

    Meant for the photo's own pixels under the face, neither turned nor scaled.
    """
    luma = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return float(np.mean([_grid_along(luma), _grid_along(luma.T)]))


def quadratic(found: Values) -> Values:
    """Rows of terms, standardised, as 1, every term, and every product of two."""
    unit = (found - np.asarray(coefficients.MEANS)) / np.asarray(coefficients.SPREADS)
    unit = np.clip(unit, -4, 4)  # what the fit never saw must not swing the square
    first, second = np.triu_indices(unit.shape[1])
    return np.hstack([np.ones((len(unit), 1)), unit, unit[:, first] * unit[:, second]])


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


def _concentration(energy: Plane) -> float:
    """The share of a band's energy that its strongest tenth of blocks holds, log10: high for edges, low for noise."""
    ordered = np.sort(energy.ravel())
    return float(np.log10(float(ordered[-len(ordered) // 10 :].sum()) / (float(ordered.sum()) + 1e-9) + 1e-4))


def _grid_along(luma: Plane) -> float:
    steps = np.abs(np.diff(luma, axis=1))
    excess = steps[:, 1:-1] - 0.5 * (steps[:, :-2] + steps[:, 2:])
    count = excess.shape[1] // _BLOCK * _BLOCK
    if count < 4 * _BLOCK:
        return 0.0
    profile = np.clip(excess[:, :count], -0.08, 0.08).mean(0).reshape(-1, _BLOCK).mean(0)
    usual = float(np.clip(steps, 0, 0.1).mean()) + 1e-3
    return float(profile.max() - np.median(profile)) / usual
