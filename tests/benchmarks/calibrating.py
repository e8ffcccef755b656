"""The fits behind sharpness and strength, and the module that holds all coefficients."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, sharpness
from tests.benchmarks import regression

Values = NDArray[np.float64]
Terms = Sequence[sharpness.Terms]

_TOUCHED = 0.005  # share of the sharp faces of the fit that may fall below the default threshold
_HEAD = (
    '"""What was fitted, by `python -m tests.benchmarks.NAME FACES --fit` each.\n\n'
    "NAME is judgement, occlusion, agreement, overlooked, light or direction, which is given photos too.\n"
    'agreement takes `--fit all`, or one judgement.\n"""\n'
)
_VECTORS = (
    "MEANS",
    "SPREADS",
    "LOG_ODDS",
    "COVERED",
    "EVIDENCE_MEANS",
    "EVIDENCE_SPREADS",
    "OVERLOOKED_MEANS",
    "OVERLOOKED_SPREADS",
    "OVERLOOKED",
    "LIGHT",
    "DIRECTION",
)
_MATRICES = ("EVIDENCE",)


def rows(found: Terms) -> Values:
    """(count, terms)."""
    return np.vstack([terms.row() for terms in found])


def fit_log_odds(found: Terms, is_degraded: Values) -> None:
    """Means, spreads, and the log-odds that a face needs restoring."""
    terms = rows(found)
    coefficients.MEANS = tuple(terms.mean(0).round(4).tolist())
    coefficients.SPREADS = tuple(terms.std(0).round(4).tolist())
    sets = sharpness.quadratic(terms)
    need = regression.logistic(sets, is_degraded, 4.0)
    need[0] -= float(np.quantile((sets @ need)[is_degraded == 0], 1 - _TOUCHED))
    coefficients.LOG_ODDS = tuple(need.tolist())


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
