"""The fits behind sharpness and strength, and the module that holds all coefficients."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, sharpness
from tests.benchmarks import fitting
from tests.benchmarks.restoring import BandSums, Curve

Values = NDArray[np.float64]
Terms = Sequence[sharpness.Terms]

_TOUCHED = 0.005  # share of the sharp faces of the fit that may fall below the default threshold
_HURT = 0.1  # quantile of the largest good part that is aimed at
_HEAD = '"""What was fitted, by tests.benchmarks.judgement, .occlusion and .agreement, each with FACES --fit."""\n'
_STRENGTH_RIDGE = 200.0
_VECTORS = (
    "MEANS",
    "SPREADS",
    "LOG_ODDS",
    "COVERED",
    "EVIDENCE_MEANS",
    "EVIDENCE_SPREADS",
)
_MATRICES = ("EVIDENCE",)
_HEAVIEST = 5.0  # a face's weight in the fit of a band, against the mean


def rows(found: Terms) -> Values:
    """(count, terms)."""
    return np.vstack([terms.row() for terms in found])


def fit_log_odds(found: Terms, is_degraded: Values) -> None:
    """Means, spreads, and the log-odds that a face needs restoring."""
    terms = rows(found)
    coefficients.MEANS = tuple(terms.mean(0).round(4).tolist())
    coefficients.SPREADS = tuple(terms.std(0).round(4).tolist())
    sets = sharpness.quadratic(terms)
    need = fitting.logistic(sets, is_degraded, 4.0)
    need[0] -= float(np.quantile((sets @ need)[is_degraded == 0], 1 - _TOUCHED))
    coefficients.LOG_ODDS = tuple(need.tolist())


def fit_shares(sums: Sequence[BandSums]) -> tuple[tuple[float, ...], ...]:
    """Of every band, the share of the network's change that leaves the least squared error."""
    sets = sharpness.standard(rows([one.terms for one in sums]))
    own, shared = (np.array([getattr(one, name) for one in sums]) for name in ("own", "shared"))
    whole = np.array([one.wanted.sum() for one in sums])[:, None] + 1e-3
    best = np.clip(shared / (own + 1e-9), -0.5, 3)
    weight = own / whole
    weight = np.minimum(weight / weight.mean(0), _HEAVIEST)
    fitted = (
        fitting.linear(sets, best[:, band], weight[:, band] / weight[:, band].mean(), 5.0)
        for band in range(own.shape[1])
    )
    return tuple(tuple(band.tolist()) for band in fitted)


def fit_strength(curves: Sequence[Curve]) -> tuple[float, ...]:
    """The part of the shares up to which all but one face in ten still gain."""
    sets = sharpness.quadratic(rows([curve.terms for curve in curves]))
    largest = np.array([curve.largest() for curve in curves])
    return tuple(fitting.quantile(sets, largest, _HURT, _STRENGTH_RIDGE).tolist())


def write() -> Path:
    """The coefficients as a module, where gpend looks for them."""
    lines = [_HEAD, "# fmt: off\n"]
    for name in _VECTORS:
        lines += [f"{name}: tuple[float, ...] = (", *_folded(_numbers(getattr(coefficients, name)), 10), ")"]
    for name in _MATRICES:
        lines.append(f"{name}: tuple[tuple[float, ...], ...] = (")
        for row in getattr(coefficients, name):
            lines += ["    (", *("    " + line for line in _folded(_numbers(row), 8)), "    ),"]
        lines.append(")")
    path = Path(coefficients.__file__)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _numbers(values: Sequence[float]) -> list[str]:
    return [f"{value:.4f}" for value in values]


def _folded(words: Sequence[str], each: int) -> list[str]:
    return ["    " + " ".join(f"{word}," for word in words[i : i + each]) for i in range(0, len(words), each)]
