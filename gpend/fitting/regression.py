"""Least-squares and quantile fits with a ridge: NumPy is enough for them."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def linear(rows: Values, wanted: Values, weight: Values, ridge: float = 2.0) -> Values:
    """(n,) weights of a weighted least-squares fit with a ridge: rows (m, n), what is wanted and its weight (m,).

    The first column is the constant and is not held back.
    """
    held = np.full(rows.shape[1], ridge)
    held[0] = 1e-9
    return np.asarray(
        np.linalg.solve((rows * weight[:, None]).T @ rows + np.diag(held), (rows * weight[:, None]).T @ wanted)
    )


def quantile(rows: Values, wanted: Values, share: float, ridge: float, rounds: int = 60) -> Values:
    """(n,) weights of a quantile regression of rows (m, n): `share` of the wanted values (m,) lie below their fit.

    Iterated least squares; the constant is not held back.
    """
    weight = np.ones(len(rows))
    for _ in range(rounds):
        fitted = linear(rows, wanted, weight / weight.mean(), ridge)
        gap = wanted - rows @ fitted
        weight = np.where(gap > 0, share, 1 - share) / np.maximum(np.abs(gap), 0.03)
    return fitted
