"""How blurred is this face? One number, 0 (gone) to 1 (crisp), measured on the crop aligned to a fixed scale.

The luma of the face is split into four octave bands. In every band, percentiles of the local energy tell edges (high
percentiles) from noise (low ones, since noise is everywhere). Beside them stand the width of the strongest edges, how
concentrated the detail is, how much of it runs in one direction, how far the crop was enlarged, and the trace of
JPEG blocks. A quadratic logistic function of these terms, fitted by `python -m tests.benchmarks.judgement --fit` to
faces degraded in known ways, gives the probability that the face needs restoring; the sharpness is its complement.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients
from gpend.core.percentiles import percentiles
from gpend.core.photo import Plane

SIDE = 256
"""Side of the FFHQ-aligned crop that is measured."""

FACE = (slice(56, 232), slice(48, 208))
"""Of the crop, brows to chin and cheek to cheek: neither hair nor background."""

_LOW, _MEDIAN, _HIGH, _TOP = 15, 50, 85, 96  # percentiles of blocks: skin, the face, its features, the sharpest of them
_TENTH = 10
_SIGMAS = (0.9, 1.8, 3.6, 7.2)  # each band ends where the next begins, an octave lower
_BLOCK = 8  # local energy is the mean over blocks of this side
_FLOOR = 3e-4  # amplitude below which a band counts as empty: far below one step of 8 bits
_COARSE = 4  # what is left of the features is looked at on a crop smaller by this
_LARGEST_EXPONENT = 700.0  # of which a float still holds the power
_ENLARGED = (-2.5, 2.5)  # log2 of scales: what is farther out, the fit never saw
_BLOCKINESS = (-2.0, 12.0)  # standard errors, likewise
_FARTHEST = 4  # spreads from the mean that a term counts for: what the fit never saw must not swing it
_LEAST_SHARE, _LEAST_SLOPE, _LEAST_ENERGY = 1e-4, 1e-6, 1e-9  # added, so that a flat crop has logarithms too
_STRONG = 20  # the strongest edges are one pixel in this many

Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Terms:
    """What the fits look at, in their order; amplitudes are log10 against the coarsest band."""

    fine_low: float  # energy of the bands: low percentiles tell noise, high ones edges
    fine_high: float
    middle_low: float
    middle_median: float
    middle_high: float
    broad_low: float
    broad_median: float
    broad_high: float
    broad_top: float
    noise: float  # of the finest band, log10 of its amplitude
    edge: float  # log10 of the inverse width of the strongest edges
    concentration: float  # log10 of the share of the strongest blocks: high for edges, low for noise
    direction: float  # log10 of the change along one direction against that across it
    enlarged: float  # log2 of the crop's pixels for each photo pixel
    blockiness: float  # standard errors of JPEG's blocks beyond chance

    def row(self) -> Values:
        """(1, terms) float64, as the fits take them."""
        return np.array([list(vars(self).values())], np.float64)

    def as_data(self) -> dict[str, float]:
        """By name, for people and JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class Measure:
    """The sharpness of a face, and every term it was made of."""

    sharpness: float  # 0 to 1: the complement of the probability that the face needs restoring
    log_odds: float  # of that probability: still tells two very blurred faces apart
    residual_detail: float  # log10 of what is left of the features against the coarse shape: below -0.4 only a blot
    terms: Terms
    beneath: float = 1.0  # the sharpness that core.overlooked tells, 0 to 1; 1 where that was not asked


def measure(crop: Plane, scale: float, blockiness: float) -> Measure:
    """Judge an FFHQ-aligned crop (SIDE, SIDE, 3) float32, 0 to 1.

    `scale` is crop pixels for each photo pixel; `blockiness` what `blockiness` says of the photo's own pixels, or 0.
    """
    found = measured_terms(crop, scale, blockiness)
    return measure_of(log_odds(found), crop, found)


def measure_of(odds: float, crop: Plane, found: Terms) -> Measure:
    """The measure of a crop (SIDE, SIDE, 3), 0 to 1, of these log-odds and terms."""
    return Measure(sharpness_of(odds), odds, residual_detail(crop), found)


def sharpness_of(odds: float) -> float:
    """The sharpness, 0 to 1, of a face that needs restoring by these log-odds."""
    return 1.0 / (1.0 + math.exp(min(odds, _LARGEST_EXPONENT)))


def log_odds(found: Terms) -> float:
    """The log-odds that a face of these terms needs restoring."""
    return float((quadratic(found.row()) @ np.asarray(coefficients.LOG_ODDS))[0])


def residual_detail(crop: Plane) -> float:
    """How strong the finest band that holds whole features is against the next coarser one, log10.

    `crop` is (SIDE, SIDE, 3) float32, 0 to 1.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, None, fx=1 / _COARSE, fy=1 / _COARSE, interpolation=cv2.INTER_AREA)
    inner = tuple(slice(edge.start // _COARSE, edge.stop // _COARSE) for edge in FACE)
    fine, middle, coarse = (
        np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / _COARSE), np.float32)[inner]
        for sigma in (_SIGMAS[-2], _SIGMAS[-1], 2 * _SIGMAS[-1])
    )
    return float(np.log10((fine - middle).std() / ((middle - coarse).std() + _LEAST_SHARE) + _LEAST_SHARE))


def measured_terms(crop: Plane, scale: float, blockiness: float) -> Terms:
    """Every term of the measure; `crop` is (SIDE, SIDE, 3) float32, 0 to 1, and all arguments those of `measure`."""
    enlarged, blocks = float(np.clip(np.log2(scale), *_ENLARGED)), float(np.clip(blockiness, *_BLOCKINESS))
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)[FACE]
    values: list[float] = [*face_terms(luma), enlarged, blocks]  # in the order of Terms
    return Terms(*values)


def face_terms(luma: Plane) -> tuple[float, ...]:
    """Those terms, in their order, that the luma in FACE, (176, 160), 0 to 1, tells by itself."""
    levels = [luma, *(np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.float32) for sigma in _SIGMAS)]
    energy = [_local_energy(fine - coarse) for fine, coarse in itertools.pairwise(levels)]
    fine, middle, broad, base = (np.log10(np.sqrt(band) + _FLOOR) for band in energy)
    (whole,) = percentiles(base, _HIGH)
    low, high = (value - whole for value in percentiles(fine, _LOW, _TOP))
    middles = (value - whole for value in percentiles(middle, _LOW, _MEDIAN, _HIGH))
    broads = (value - whole for value in percentiles(broad, _LOW, _MEDIAN, _HIGH, _TOP))
    others = (low + whole, _edge(levels[1]), _concentration(energy[1]), _direction(levels[1] - levels[2]))
    return low, high, *middles, *broads, *others


def standard(found: Values) -> Values:
    """(count, terms) float64 as (count, 1 + terms): 1 and every term, standardised."""
    return standardised(found, coefficients.MEANS, coefficients.SPREADS)


def quadratic(found: Values) -> Values:
    """(count, terms) float64 as 1, every term and every product of two, standardised: a row for each."""
    return with_products(standard(found))


def standardised(found: Values, means: Sequence[float], spreads: Sequence[float]) -> Values:
    """(count, values) float64 as (count, 1 + values): 1, and how many spreads each lies from its mean."""
    unit = (found - np.asarray(means)) / np.asarray(spreads)
    return np.hstack([np.ones((len(unit), 1)), np.clip(unit, -_FARTHEST, _FARTHEST)])


def with_products(rows: Values) -> Values:
    """(count, 1 + values) float64, 1 first, with every product of two of the values behind them."""
    first, second = _pairs(rows.shape[1] - 1)
    return np.hstack([rows, rows[:, 1 + first] * rows[:, 1 + second]])


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the first and the second factor of every product of two of so many values."""
    return np.triu_indices(count)


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
    return float(np.log10(float(curvature.ravel()[strong].mean()) / (steep + _LEAST_SLOPE) + _LEAST_SHARE))


def _direction(band: Plane) -> float:
    """How much more a band changes along one direction than across it, log10: high where the camera moved."""
    across, down = (cv2.Sobel(band, cv2.CV_32F, dx, 1 - dx, ksize=3).ravel() for dx in (1, 0))
    own, other, mixed = float(across @ across), float(down @ down), float(across @ down)
    spread = math.hypot(own - other, 2 * mixed)
    return math.log10((own + other + spread + _LEAST_SLOPE) / (max(own + other - spread, 0.0) + _LEAST_SLOPE))


def _concentration(energy: Plane) -> float:
    """The share of a band's energy that its strongest tenth of blocks holds, log10: high for edges, low for noise."""
    ordered = np.sort(energy.ravel())
    share = float(ordered[-len(ordered) // _TENTH :].sum()) / (float(ordered.sum()) + _LEAST_ENERGY)
    return float(np.log10(share + _LEAST_SHARE))
