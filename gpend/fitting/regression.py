"""Logistic and least-squares fits with a ridge, and the area under the ROC curve: NumPy is enough for them."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_SETTLED = 1e-6  # the largest step of a weight from which on nothing changes any more


def logistic(rows: Values, labels: Values, ridge: float = 2.0, rounds: int = 30) -> Values:
    """Weights of a logistic regression by Newton's method; the first column is the constant and is not held back."""
    weights = np.zeros(rows.shape[1])
    held = np.full(rows.shape[1], ridge)
    held[0] = 1e-9
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(held)
        step = np.linalg.solve(curvature, rows.T @ (chance - labels) + held * weights)
        weights -= step
        if np.abs(step).max() < _SETTLED:
            break
    return weights


def linear(rows: Values, wanted: Values, weight: Values, ridge: float = 2.0) -> Values:
    """Weights of a weighted least-squares fit with a ridge."""
    held = np.full(rows.shape[1], ridge)
    held[0] = 1e-9
    return np.asarray(
        np.linalg.solve((rows * weight[:, None]).T @ rows + np.diag(held), (rows * weight[:, None]).T @ wanted)
    )


def quantile(rows: Values, wanted: Values, share: float, ridge: float, rounds: int = 60) -> Values:
    """Weights of a quantile regression: `share` of the wanted values lie below their fit. Iterated least squares."""
    weight = np.ones(len(rows))
    for _ in range(rounds):
        fitted = linear(rows, wanted, weight / weight.mean(), ridge)
        gap = wanted - rows @ fitted
        weight = np.where(gap > 0, share, 1 - share) / np.maximum(np.abs(gap), 0.03)
    return fitted


def area_under_curve(scores: Values, labels: Values) -> float:
    """The chance that a positive scores above a negative (Mann and Whitney); NaN where one of them is missing."""
    order = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1.0
    positive = labels > 0
    count, others = int(positive.sum()), int((~positive).sum())
    if count == 0 or others == 0:
        return float("nan")
    return float((order[positive].sum() - count * (count + 1) / 2) / (count * others))
