"""Doubles that work: one for each protocol, plain enough to be read at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align
from gpend.core.photo import Face, Landmarks


@dataclass
class FakeDetector:
    """Finds the faces that it was told of, wherever it looks; counts its calls."""

    faces: Sequence[Face] = ()
    calls: int = 0

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """The faces it was told of; in a small square picture, which is a crop, the face of the template."""
        self.calls += 1
        height, width = image.shape[:2]
        if height == width == FakeRestorer.size:
            marks = align.scaled(align.FFHQ_TEMPLATE, width)
            return [Face((0.2 * width, 0.2 * width, 0.8 * width, 0.9 * width), marks, 0.99)]
        return self.faces


@dataclass
class FakeRestorer:
    """Sharpens: enough to pass for a restoration where nothing depends on how it looks."""

    name: str = "fake 1"
    amount: float = 4.0
    batches: list[int] = field(default_factory=list)
    size = 256

    @property
    def template(self) -> Landmarks:
        """FFHQ's."""
        return align.scaled(align.FFHQ_TEMPLATE, self.size)

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Crops with their detail raised."""
        self.batches.append(len(crops))
        smooth = np.stack([cv2.GaussianBlur(crop, (0, 0), 4) for crop in crops])
        return np.asarray(np.clip(crops + self.amount * (crops - smooth), 0, 1), np.float32)
