"""The nouns of a picture: pixels, and a face found in them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
"""(height, width, 3) RGB over the whole range of its integer type, in stored orientation unless said otherwise."""

Plane: TypeAlias = NDArray[np.float32]
"""(height, width) or (height, width, 3), float, 0 to 1."""

Mask: TypeAlias = NDArray[np.bool_]
"""(height, width): True where a pixel was changed."""

Point: TypeAlias = tuple[float, float]
"""x to the right, y down, in pixels; (0, 0) is the centre of the first pixel."""

Landmarks: TypeAlias = tuple[Point, Point, Point, Point, Point]
"""The eye, eye, nose, mouth corner, mouth corner that stand left, right, middle, left, right in an upright picture."""

Box: TypeAlias = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


@dataclass(frozen=True)
class Face:
    """One detected face in the coordinates of the picture it was found in."""

    box: Box
    landmarks: Landmarks
    score: float  # the detector's confidence, 0 to 1

    @property
    def width(self) -> float:
        """The box's width in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """The box's height in pixels."""
        return self.box[3] - self.box[1]
