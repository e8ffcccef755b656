"""Logistic fits with a ridge, and the area under the ROC curve: NumPy is enough for them."""

import numpy as np

from gpend.fitting.regression import Values

_SETTLED = 1e-6  # the largest step of a weight from which on nothing changes any more


def logistic(
    rows: Values, labels: Values, ridge: float = 2.0, rounds: int = 30, counts: Values | None = None
) -> Values:
    """(n,) weights of a logistic regression by Newton's method, for rows (m, n) and their m labels, 0 or 1.

    The first column is the constant and is not held back. A row counts so many times; without `counts`, once.
    """
    weights = np.zeros(rows.shape[1])
    held = np.full(rows.shape[1], ridge)
    held[0] = 1e-9
    counts = np.ones(len(labels)) if counts is None else counts
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        curvature = (rows * (counts * chance * (1 - chance))[:, None]).T @ rows + np.diag(held)
        step = np.linalg.solve(curvature, rows.T @ (counts * (chance - labels)) + held * weights)
        weights -= step
        if np.abs(step).max() < _SETTLED:
            break
    return weights


def area_under_curve(scores: Values, labels: Values) -> float:
    """For m scores and m labels, 0 or 1: the chance that a positive scores above a negative (Mann and Whitney).

    NaN where one of them is missing.
    """
    order = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1.0
    positive = labels > 0
    count, others = int(positive.sum()), int((~positive).sum())
    if count == 0 or others == 0:
        return float("nan")
    return float((order[positive].sum() - count * (count + 1) / 2) / (count * others))
