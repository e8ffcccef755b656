"""Least-squares and quantile fits with a ridge: NumPy is enough for them."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


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
