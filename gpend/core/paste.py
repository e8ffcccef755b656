"""Put restored crops back: what changed is warped and added under a feathered mask, inside the face's rectangle only.

Adding the difference instead of the crop keeps every detail that the crop could not hold: a face larger than the
crop loses nothing to it. What is added makes the crop, were it taken of the photo again, the restored one.
"""

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from gpend.core import align
from gpend.core.photo import Landmarks, Mask, Pixels, Plane

_CENTRE = (0.5, 0.59)  # of the mask, in the FFHQ crop's unit square: between brows and chin
_AXES = (0.265, 0.335)  # half width and half height: inside the cheeks, below the hair line
_FEATHER_FROM = 0.62  # share of the radius within which the mask is whole
_BELIEVED = 0.5  # share of the ellipse that a parsed face must cover
_SURE = 0.5  # from which on a pixel is taken for face
_EDGE = 0.03  # share of a crop's side over which a parsed mask fades out
_BORDER = 0.16  # share of a crop's side over which what concerns the whole of it fades out
_LEAST = 1.0 / 1024  # weights below this change no 8-bit pixel


@cache
def mask(template: Landmarks, side: int) -> Plane:
    """The feathered face ellipse in a crop with landmarks at `template`: (side, side) float32, 1 inside, 0 outside."""
    to_ffhq = align.similarity(template, align.scaled(align.FFHQ_TEMPLATE, side))
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float64)
    points = align.moved(np.stack([xs.ravel(), ys.ravel()], 1), to_ffhq) / side
    radius = np.hypot((points[:, 0] - _CENTRE[0]) / _AXES[0], (points[:, 1] - _CENTRE[1]) / _AXES[1])
    inward = np.clip((1 - radius) / (1 - _FEATHER_FROM), 0, 1).reshape(side, side)
    result = np.asarray(inward * inward * (3 - 2 * inward), np.float32)
    result.flags.writeable = False  # it is shared by all photos
    return result


def parsed(face: Plane, geometric: Plane) -> Plane:
    """A mask from where a parsing network sees face, (side, side), 0 to 1, feathered inwards, in a crop of that side.

    Where it sees less than half of what `geometric` (side, side) covers it is not believed, and that one stands.
    """
    side = face.shape[0]
    if float((face * geometric).sum()) < _BELIEVED * float(geometric.sum()):
        return geometric
    reach = max(1, round(_EDGE * side))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inner = cv2.erode(np.asarray(face > _SURE, np.float32), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    soft = np.asarray(cv2.GaussianBlur(inner, (0, 0), reach / 2), np.float32)  # hardly anything is left at the edge
    return np.asarray(soft * whole_crop(side), np.float32)


@cache
def whole_crop(side: int) -> Plane:
    """(side, side) float32: 1 over an aligned crop, falling to 0 towards its border."""
    ramp = np.clip((np.arange(side) + 0.5) / (_BORDER * side), 0, 1)
    ramp = np.minimum(ramp, ramp[::-1])
    line = ramp * ramp * (3 - 2 * ramp)
    result = np.asarray(line[:, None] * line[None], np.float32)
    result.flags.writeable = False
    return result


@dataclass
class Canvas:
    """A photo that faces are pasted into; `changed` marks every pixel that was written."""

    pixels: Pixels  # changed in place
    changed: Mask
    _pasted: list[tuple[tuple[int, int, int, int], Plane]] = field(default_factory=list)

    def paste(self, difference: Plane, weight: Plane, transform: align.Transform) -> None:
        """Add `difference` (side, side, 3), -1 to 1, under `weight` (side, side), 0 to 1, in the crop of `transform`.

        Where faces overlap, each pixel takes from the later one only what the earlier ones left of the weight.
        """
        height, width = self.pixels.shape[:2]
        side = difference.shape[0]
        x0, y0, x1, y1 = align.covered(transform, side, width, height)
        if x1 <= x0 or y1 <= y0:
            return
        local = align.shifted(transform, x0, y0)
        size = (x1 - x0, y1 - y0)
        weight = align.warped(weight, align.inverted(local), size, cv2.BORDER_CONSTANT)
        share = self._left_over(weight, (x0, y0, x1, y1))
        change = align.back_projected(difference, local, size)
        change *= (share * np.float32(np.iinfo(self.pixels.dtype).max))[:, :, None]
        self._add((x0, y0, x1, y1), change, share > _LEAST)

    def _left_over(self, share: Plane, rectangle: tuple[int, int, int, int]) -> Plane:
        """What earlier faces left of the weight in a rectangle; remembers this face's part."""
        x0, y0, x1, y1 = rectangle
        free = np.ones_like(share)
        for (a0, b0, a1, b1), taken in self._pasted:
            left, top, right, bottom = max(x0, a0), max(y0, b0), min(x1, a1), min(y1, b1)
            if left < right and top < bottom:
                free[top - y0 : bottom - y0, left - x0 : right - x0] -= taken[
                    top - b0 : bottom - b0, left - a0 : right - a0
                ]
        result = np.asarray(np.minimum(np.clip(share, 0, 1), np.clip(free, 0, 1)), np.float32)
        self._pasted.append((rectangle, result))
        return result

    def _add(self, rectangle: tuple[int, int, int, int], change: Plane, where: Mask) -> None:
        """Add a change (height, width, 3), in steps of the pixels' type, rounded and cut to what that holds."""
        x0, y0, x1, y1 = rectangle
        region = self.pixels[y0:y1, x0:x1]
        depth = cv2.CV_8U if self.pixels.dtype == np.uint8 else cv2.CV_16U
        wanted = cv2.add(change, region, dtype=depth)
        apart = np.not_equal(wanted, region)
        differs = where & (apart[:, :, 0] | apart[:, :, 1] | apart[:, :, 2])
        cv2.copyTo(wanted, differs.view(np.uint8), region)  # in its place, in a tenth of the time that NumPy takes
        self.changed[y0:y1, x0:x1] |= differs
