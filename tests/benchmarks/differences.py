"""How far two measured crops, (256, 256, 3) float32 RGB, 0 to 1, are from each other, besides what the fit asks for."""

from typing import Protocol

import cv2
import numpy as np

from gpend.core.blend import luma
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.fitting.distances import TEMPLATE, Identity, dissimilarity, features_of, inner

INNER = inner(TEMPLATE)
"""The face in a measured crop."""


class Distance(Protocol):
    """How far two aligned crops are from each other, by one measure; `frame` shows where the face is."""

    def __call__(self, first: Plane, second: Plane, frame: Plane) -> float:
        """0 for the same; all are (side, side, 3) float32 RGB, 0 to 1."""
        ...


def known(networks: Networks) -> dict[str, Distance]:
    """Every measure that there is, by name."""
    found: dict[str, Distance] = {"structure": structure, "features": features_of(networks)}
    return found | {"identity": Identity()} if Identity.is_there() else found


def structure(first: Plane, second: Plane, frame: Plane) -> float:
    """1 less the structural similarity of luma within the face of the measured crop."""
    del frame
    return dissimilarity(first, second, INNER)


def decibels(picture: Plane, truth: Plane) -> float:
    """Peak signal to noise of luma in the face, in dB."""
    return float(-10 * np.log10(((luma(picture) - luma(truth))[INNER] ** 2).mean() + 1e-9))


def colour_shift(before: Plane, after: Plane) -> float:
    """Of crops (256, 256, 3), 0 to 1: mean CIE76 difference after a low-pass of 8 px, in the face."""
    one, two = (cv2.cvtColor(cv2.GaussianBlur(crop, (0, 0), 8), cv2.COLOR_RGB2LAB)[INNER] for crop in (before, after))
    return float(np.linalg.norm(np.asarray(one) - np.asarray(two), axis=2).mean())
