"""Dust, scratches and thin overlays are no detail of a face: they are taken out before its sharpness is measured.

What stands out of the median of its surroundings by far more than anything else does, on thin places only, is not part
of a blurred face. In a sharp one, lashes and glints stand out too; there so much else does that they count as normal.
Strokes of writing are wider: their edges bend far more sharply than anything else in a blurred face does.
"""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gpend.core.blend import luma, smooth
from gpend.core.photo import Mask, Plane

_REACH = ((1.0, 5), (2.0, 7), (4.0, 9))  # crop pixels for each photo pixel, up to which a median of this side is taken
_STANDS_OUT = 9.0  # standard deviations of the rest
_LEAST = 0.03  # of full scale
_SOFT = 0.8  # pixels by which the edge of what is taken out is softened
_WIDEST = 7.0  # pixels of the photo: the widest stroke
_EDGE = 0.7  # pixels of the crop: what is finer is noise
_BENDS, _BENDS_OUT = 0.01, 7.5  # of the Laplacian, of full scale, and in standard deviations of the rest
_FEW = 0.01  # share of the face: fewer strokes make no blurred face sharp
_FROM = 5  # pixels from which a stroke is filled in
_MANY = 150_000  # pixels in windows of medians; from here on a median of the whole crop is quicker
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
    share = smooth(np.asarray(specks, np.float32), _SOFT)
    where, result = share > 0, crop.copy()
    around = np.asarray(_medians(np.asarray(np.rint(crop * 255), np.uint8), where, 2 * width + 1), np.float32) / 255
    result[where] += share[where][:, None] * (around - crop[where])
    return result


def _medians(pixels: NDArray[np.uint8], where: Mask, width: int) -> NDArray[np.uint8]:
    """The median of `width` by `width` pixels (side, side, 3) around each that `where` (side, side) marks: (count, 3).

    For few of them that is quicker than for all, as OpenCV has it.
    """
    if np.count_nonzero(where) * width**2 > _MANY:
        return np.asarray(cv2.medianBlur(pixels, width)[where], np.uint8)
    edges = (width // 2,) * 4
    wide = np.asarray(cv2.copyMakeBorder(pixels, *edges, cv2.BORDER_REPLICATE), np.uint8)
    around = sliding_window_view(wide, (width, width), (0, 1))[where].reshape(-1, pixels.shape[2], width**2)
    return np.partition(around, width**2 // 2, axis=2)[:, :, width**2 // 2]


def without_strokes(crop: Plane, scale: float) -> Plane:
    """The crop (side, side, 3), 0 to 1, with the strokes of a sharp overlay filled in; itself where there are none.

    A sharp face has such edges of its own: only a measure that falls to nothing tells that there was an overlay.
    """
    strokes = _strokes(luma(crop), max(3, round(_WIDEST * max(1.0, scale)) | 1))
    if _middle(strokes).mean() < _FEW:
        return crop
    eight = np.asarray(np.rint(crop * 255), np.uint8)
    filled = cv2.inpaint(eight, np.asarray(strokes, np.uint8), _FROM, cv2.INPAINT_TELEA)
    return np.asarray(np.float32(1 / 255) * np.asarray(filled, np.float32), np.float32)


def _strokes(plane: Plane, width: int) -> Plane:
    """(side, side): 1 on what is thinner than `width` pixels between edges that bend far more than others, 0 elsewhere.

    Thin is what an opening or a closing takes away (the top hat, Meyer 1979): a head before a bright wall is not.
    """
    smoothed = smooth(plane, _EDGE)
    bend = np.abs(cv2.Laplacian(smoothed, cv2.CV_32F))
    usual = _TO_DEVIATION * float(np.median(_middle(bend)))
    within = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    bright, dark = (cv2.morphologyEx(smoothed, how, within) for how in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    near = np.ones((3, 3), np.uint8)
    edges = np.asarray(bend > max(_BENDS, _BENDS_OUT * usual), np.uint8)
    thin = np.asarray(cv2.dilate(np.asarray(np.maximum(bright, dark) > _LEAST, np.uint8), near), np.uint8)
    closed = np.asarray(cv2.morphologyEx(edges, cv2.MORPH_CLOSE, within), np.uint8)
    return np.asarray(cv2.dilate(closed & thin, near), np.float32)


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
