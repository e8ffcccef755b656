"""Dust, scratches and thin overlays are no detail of a face: they are taken out before its sharpness is measured.

What stands out of the median of its surroundings by far more than anything else does, on thin places only, is not part
of a blurred face. In a sharp one, lashes and glints stand out too; there so much else does that they count as normal.
"""

import cv2
import numpy as np

from gpend.core.blend import luma, smooth
from gpend.core.photo import Plane

_REACH = ((1.0, 5), (2.0, 7), (4.0, 9))  # crop pixels for each photo pixel, up to which a median of this side is taken
_STANDS_OUT = 9.0  # standard deviations of the rest
_LEAST = 0.03  # of full scale
_SOFT = 0.8  # pixels by which the edge of what is taken out is softened
_TO_DEVIATION = 1.4826


def without_specks(crop: Plane, scale: float) -> Plane:
    """The crop (side, side, 3), 0 to 1, with specks and thin strokes filled in from around them.

    `scale` is crop pixels for each photo pixel: a speck of one pixel is as wide in the crop. Where nothing stands out,
    the crop itself comes back.
    """
    width = next((width for reach, width in _REACH if scale <= reach), _REACH[-1][1])
    specks = _specks(luma(crop), width)
    if not specks.any():
        return crop
    filled = np.asarray(np.rint(crop * 255), np.uint8)
    around = np.asarray(cv2.medianBlur(filled, 2 * width + 1), np.float32) / 255
    share = smooth(np.asarray(specks, np.float32), _SOFT)[:, :, None]
    return np.asarray(crop + share * (around - crop), np.float32)


def _specks(plane: Plane, width: int) -> Plane:
    """(side, side): 1 on specks and next to them, 0 elsewhere."""
    median = np.asarray(cv2.medianBlur(np.asarray(np.rint(plane * 255), np.uint8), width), np.float32) / 255
    residual = np.abs(plane - median)
    spread = _TO_DEVIATION * float(np.median(_middle(residual)))
    found = np.asarray(residual > max(_LEAST, _STANDS_OUT * spread), np.float32)
    return np.asarray(cv2.dilate(found, np.ones((3, 3), np.uint8)), np.float32)


def _middle(plane: Plane) -> Plane:
    """The face, without what is around it."""
    quarter = plane.shape[0] // 4
    return plane[quarter:-quarter, quarter:-quarter]
