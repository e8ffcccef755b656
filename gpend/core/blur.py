"""What blurred a face: its kernel, and what a person calls that."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gpend.core import align, orientation
from gpend.core.photo import Plane, Point

SIDE = 256
"""Side of the FFHQ-aligned crop in whose pixels kernels are told."""

_STRETCHED = 1.8  # the longer axis of a kernel for the shorter one, from which on something moved
_EIGHTHS = ("right", "upper right", "top", "upper left")  # of half a turn, counter-clockwise


@dataclass(frozen=True)
class Blur:
    """What blurred a face: the crop is the sharp face convolved with the kernel."""

    kernel: Plane  # (side, side), side odd, of sum 1, in pixels of the crop of SIDE
    confidence: float  # 0 to 1
    enlarged: float = -math.inf  # log-odds that the crop was shrunk and enlarged again rather than blurred
    doubled: float = -math.inf  # log-odds that the crop shows the face twice, as two exposures do; -inf: not known
    told: Self | None = None  # as the network told it, where its kernel was followed further
    first: Self | None = None  # as it was told of the photo as it is, where it was looked for again as if in tones

    @property
    def spread(self) -> float:
        """Root mean square distance of the kernel's light from its centre, in pixels of the crop of SIDE."""
        return float(np.sqrt(np.trace(self._moments)))

    @cached_property
    def _moments(self) -> NDArray[np.float64]:
        """(2, 2): the covariance of the kernel's light, x before y, in square pixels."""
        reach = self.kernel.shape[0] // 2
        down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        points = np.stack([across.ravel(), down.ravel()]).astype(np.float64)
        weight = self.kernel.ravel().astype(np.float64)
        centred = points - (points * weight).sum(1, keepdims=True)
        return np.asarray((centred * weight) @ centred.T)

    @property
    def width(self) -> float:
        """Across the blur of a lens like it, in pixels of the crop of SIDE."""
        long, short, _ = self.axes()
        return 2 * math.sqrt(long * short)

    @property
    def is_stretched(self) -> bool:
        """Whether something moved, rather than being out of focus."""
        long, short, _ = self.axes()
        return long >= _STRETCHED * short

    def axes(self) -> tuple[float, float, Point]:
        """Root mean square extent along the longest axis and across it, and that axis as a vector of length 1."""
        values, vectors = np.linalg.eigh(self._moments)
        short, long = (math.sqrt(max(0.0, float(value))) for value in values)
        return long, short, (float(vectors[0, 1]), float(vectors[1, 1]))


def laid(points: NDArray[np.float64], light: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """(side, side): the light (n,) of points (n, 2), x before y, shared by the four pixels around each.

    All must lie at 0 and above, and below `side` - 1.
    """
    first = points.astype(np.intp)
    x, y = (points - first).T
    result = np.zeros((side, side), np.float64)
    for right, below, share in ((0, 0, (1 - x) * (1 - y)), (1, 0, x * (1 - y)), (0, 1, (1 - x) * y), (1, 1, x * y)):
        np.add.at(result, (first[:, 1] + below, first[:, 0] + right), light * share)
    return result


def described(blur: Blur, transform: align.Transform, turn: int) -> str:
    """In words, in pixels of the photo: "shaken by about 14 px, towards the upper right", or "out of focus".

    `transform` is that of the crop of SIDE; `turn` the photo's EXIF orientation: directions are those of the picture
    as it is shown. A motion and its reverse leave the same kernel, so the upper end stands for both.
    """
    scale = align.scale_of(transform)
    long, _, axis = blur.axes()
    if not blur.is_stretched:
        return f"out of focus by about {blur.width / scale:.0f} px"
    stored = align.inverted(transform)[:, :2] @ axis
    return f"shaken by about {math.sqrt(12) * long / scale:.0f} px, towards the {_direction(stored, turn)}"


def _direction(vector: NDArray[np.float64], turn: int) -> str:
    x, y = orientation.shown((float(vector[0]), float(vector[1])), turn)
    return _EIGHTHS[round(math.atan2(-y, x) / (math.pi / 4)) % len(_EIGHTHS)]
