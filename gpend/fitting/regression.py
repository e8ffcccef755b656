"""Least-squares and quantile fits with a ridge: NumPy is enough for them."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_FREE = 1e-9  # as good as no ridge, so that the equations can be solved
_RIDGE = 2.0  # rows of nothing but zeros that each weight has to outweigh
_ROUNDS = 60  # after which no fit of ours has moved any more
_NEAR = 0.03  # gaps below this weigh alike, or one row would decide


def linear(rows: Values, wanted: Values, weight: Values, ridge: float = _RIDGE) -> Values:
    """(n,) weights of a weighted least-squares fit with a ridge: rows (m, n), what is wanted and its weight (m,).

    The first column is the constant and is not held back.
    """
    held = np.full(rows.shape[1], ridge)
    held[0] = _FREE
    return np.asarray(
        np.linalg.solve((rows * weight[:, None]).T @ rows + np.diag(held), (rows * weight[:, None]).T @ wanted)
    )


def quantile(rows: Values, wanted: Values, share: float, ridge: float, rounds: int = _ROUNDS) -> Values:
    """(n,) weights of a quantile regression of rows (m, n): `share` of the wanted values (m,) lie below their fit.

    Iterated least squares; the constant is not held back.
    """
    weight = np.ones(len(rows))
    for _ in range(rounds):
        fitted = linear(rows, wanted, weight / weight.mean(), ridge)
        gap = wanted - rows @ fitted
        weight = np.where(gap > 0, share, 1 - share) / np.maximum(np.abs(gap), _NEAR)
    return fitted
