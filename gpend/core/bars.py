"""Bars, wires and slats before a face (pure): what runs straight through it in the direction of its blur.

A kernel that is stretched says that the face was drawn along that direction, and then its features are drawn out too,
but none of them across the whole face. Something that is, lies before the face; its sharp edges are what was taken for
a shake, and the filter would take out of the face a blur that it does not have.
"""

import math

import cv2
import numpy as np

from gpend.core.blend import smooth
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane

_SHARE = 0.3  # of the face's fine contrast: shakes as long as the face is wide come to 0.44, bars to 0.46 and more
_LEAST = 5 / 255  # root mean square: such a shake showed 4.2/255 at most, bars 6.3 and more
_FACE = (slice(80, 200), slice(60, 196))  # of the crop, turned about the middle of the face
_MIDDLE = (128.0, 136.0)  # x and y
_SHADE, _GRAIN = 3.0, 0.8  # standard deviations, in pixels: fine contrast lies between them


def lie_before(crop: Plane, blur: Blur) -> bool:
    """Does something straight lie before a face? `crop` is its luma (SIDE, SIDE), 0 to 1, as photographed."""
    if not blur.is_stretched:
        return False
    _, _, axis = blur.axes()
    turn = cv2.getRotationMatrix2D(_MIDDLE, math.degrees(math.atan2(axis[1], axis[0])), 1.0)
    level = cv2.warpAffine(crop, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    face = np.asarray(level[_FACE], np.float32)
    fine = smooth(np.asarray(face - smooth(face, _SHADE), np.float32), _GRAIN)
    through = float((np.median(fine, axis=1) ** 2).mean())  # of each line, what most of its length shows
    return through >= max(_LEAST**2, _SHARE * float((fine**2).mean()))
