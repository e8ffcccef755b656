"""How far a filtered face goes beyond what the photo holds (pure): beside its edges, where a filter leaves rims.

A blur mixes what is near; taken out, an edge between two tones lies between those same tones again. What becomes darker
than anything within the blur's reach, or brighter, is either as fine as lashes, and small, or the rim of an edge from
which a blur was taken that it did not have.
"""

import math

import cv2
import numpy as np

from gpend.core.blend import luma
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane

_SEEN = (slice(40, 240), slice(40, 216))  # of the crop of SIDE: the face with its outline, where rims are


def overshoot(result: Plane, crop: Plane, blur: Blur) -> float:
    """Mean by which a result leaves the range of the photo around it; both (side, side, 3), 0 to 1, of any side."""
    before, after = (_at_side(np.asarray(np.clip(luma(one), 0, 1), np.float32)) for one in (crop, result))
    long, _, _ = blur.axes()
    reach = 2 * math.ceil(long + 1) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    beyond = np.maximum(after - cv2.dilate(before, around), cv2.erode(before, around) - after)
    return float(np.maximum(beyond, 0)[_SEEN].mean())


def _at_side(plane: Plane) -> Plane:
    if plane.shape[0] == SIDE:
        return plane
    return np.asarray(cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
