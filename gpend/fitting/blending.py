"""Of a network's change, which share is nearest to the truth, and which part of that still gains: the fit itself."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gpend.core import gates, sharpness
from gpend.core.blend import LEAST, added, luma, smooth, weights_of
from gpend.core.fitted import BANDS, QUADRATIC, Coefficients
from gpend.core.photo import Plane
from gpend.fitting import distances, regression
from gpend.fitting.trials import Trial

Values = NDArray[np.float64]
Measured = Callable[[Sequence[Plane], Plane], Sequence[tuple[float, ...]]]
"""Distances of each of some pictures from the truth, all aligned to the network's template."""

PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
FINE = np.linspace(0, 1, 41)
"""Curves over the parts are cubic between the measured ones."""

_HURT = 0.2  # quantile of the largest good part that is aimed at: at a tenth, faces that gain much would get nothing
_STRENGTH_RIDGE = 200.0
_SHARES_RIDGE = 5.0
_TINY = 1e-9
_NOTHING_WANTED = 1e-3  # energy: a face that needs no change tells nothing
_BEST = (-0.5, 3)  # shares beyond this are noise
_PAINTED = 0.2  # of sharp faces: so many may get more than the least part, as so many others may be hurt
_HEAVIEST = 5.0  # a face's weight in the fit of a band, against the mean


@dataclass(frozen=True)
class BandSums:
    """Of the network's change and the change that the truth asks for, in each of BANDS: sums over the face."""

    terms: sharpness.Terms
    own: Values  # of the network's change, squared
    shared: Values  # of both multiplied
    wanted: Values  # of the truth's, squared

    @classmethod
    def of(cls, tried: Trial) -> "BandSums":
        """Measured on light and dark."""
        crop, truth, output = (luma(picture) for picture in (tried.crop, tried.truth, tried.output))
        change, asked = (_bands(one, tried) for one in (output - crop, truth - crop))
        own, shared, wanted = (
            np.array([float((one * two).sum()) for one, two in zip(left, right, strict=True)])
            for left, right in ((change, change), (change, asked), (asked, asked))
        )
        return cls(tried.terms, own, shared, wanted)


@dataclass(frozen=True)
class Curve:
    """Distances from the truth along FINE, the part of the fitted shares that is applied: rows by measure."""

    terms: sharpness.Terms
    values: Values  # (measures, len(FINE))

    @classmethod
    def of(cls, tried: Trial, shares: Sequence[float], measured: Measured) -> "Curve":
        """Follow every distance."""
        change = tried.change(tuple(shares))
        rows = np.array(measured([added(tried.crop, part * change) for part in PARTS], tried.truth)).T
        return cls(tried.terms, np.stack([np.polyval(np.polyfit(PARTS, row, 3), FINE) for row in rows]))

    def largest(self) -> float:
        """The largest part up to which all stay nearer to the truth than the crop was."""
        good = np.asarray((self.values <= self.values[:, :1] + _TINY).all(axis=0))
        return float(FINE[len(good) - 1 if good.all() else max(0, int(np.argmin(good)) - 1)])


def fit_shares(sums: Sequence[BandSums]) -> tuple[tuple[float, ...], ...]:
    """Of every band, the share of the network's change that leaves the least squared error."""
    sets = sharpness.standard(_rows([one.terms for one in sums]))
    own, shared = (np.array([getattr(one, name) for one in sums]) for name in ("own", "shared"))
    whole = np.array([one.wanted.sum() for one in sums])[:, None] + _NOTHING_WANTED
    best = np.clip(shared / (own + _TINY), *_BEST)
    weight = own / whole
    weight = np.minimum(weight / (weight.mean(0) + _TINY), _HEAVIEST)
    fitted = (
        regression.linear(sets, best[:, band], weight[:, band] / (weight[:, band].mean() + _TINY), _SHARES_RIDGE)
        for band in range(own.shape[1])
    )
    return tuple(tuple(band.tolist()) for band in fitted)


def fit_strength(curves: Sequence[Curve]) -> tuple[float, ...]:
    """The part of the shares up to which all but one face in five still gain."""
    sets = sharpness.quadratic(_rows([curve.terms for curve in curves]))
    largest = np.array([curve.largest() for curve in curves])
    return tuple(regression.quantile(sets, largest, _HURT, _STRENGTH_RIDGE).tolist())


def spared(fitted: Coefficients, sharp: Sequence[sharpness.Terms]) -> Coefficients:
    """The same, with every part lowered so far that of these sharp faces one in five gets more than LEAST, at most.

    The spoiled faces of a fit say little of sharp ones. But one of these may pass for blurred, or somebody may want
    every face restored; then it must not be painted over.
    """
    if not sharp:
        return fitted
    parts = sharpness.quadratic(_rows(sharp)) @ np.asarray(fitted.strength)
    excess = max(0.0, float(np.quantile(parts, 1 - _PAINTED)) - LEAST)
    return replace(fitted, strength=(fitted.strength[0] - excess, *fitted.strength[1:]))


def fit(sums: Sequence[BandSums], trials: Iterable[Trial], measured: Measured) -> Coefficients:
    """Both; `sums` are those of the trials, which are gone through once: in part applied is what was fitted to sums."""
    shares = fit_shares(sums)
    told = Coefficients((1.0, *(0.0,) * (QUADRATIC - 1)), shares)
    curves = [Curve.of(tried, weights_of(told, tried.terms).shares, measured) for tried in trials]
    return Coefficients(fit_strength(curves), shares)


def _rows(found: Sequence[sharpness.Terms]) -> Values:
    return np.vstack([terms.row() for terms in found])


def _bands(change: Plane, tried: Trial) -> list[Plane]:
    """The change in each of BANDS, within the face."""
    unit = gates.unit(tried.template)
    levels = [change, *(smooth(change, sigma * unit) for sigma in BANDS)]
    where = distances.inner(tried.template)
    return [np.asarray(fine - coarse, np.float32)[where] for fine, coarse in itertools.pairwise(levels)]
