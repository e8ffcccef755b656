"""Was this face blurred on purpose, to hide who it is? Then neck and collar, at the same depth, are much sharper.

A lens or a moving hand blurs a face and what hangs below its chin alike. What is blurred by a person's hand ends around
the face. The width of the strongest edges tells both, in one crop and so at one scale.
"""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align
from gpend.core.blend import smooth
from gpend.core.photo import Landmarks, Plane
from gpend.core.report import Verdict
from gpend.core.triage import Doubt

Values = NDArray[np.float32]

SIDE = 320
"""Side of the crop that is looked at, from the forehead to the collar."""

_FFHQ = 256  # side of the FFHQ crop at its scale
_ASIDE, _ABOVE = 32, 48  # pixels from its border to that of FFHQ's, to the left and above
_FACE = ((160, 100), (52, 66))  # centre and half axes of an ellipse: brows to mouth, within what anybody would hide
_NECK = np.s_[208:308, 80:240]  # below the chin, as wide as the face: neck, collar, shoulders
_FINE = 0.9  # pixels: what is finer is noise
_STRONG = 20  # the strongest edges are one pixel in this many
_FAINT = 0.012  # of full scale for each pixel: where a neck has none but fainter edges, it tells nothing
_NOTHING = 0.002  # the same for the face, which may be blurred beyond all edges
_TINY = 1e-6  # of full scale: a flat picture has no edges
_SHARPER = 0.4  # log10: faces that lenses and hands blurred reach 0.23, hidden ones 0.45 and more


def template() -> Landmarks:
    """Where the five landmarks stand in the crop."""
    one, two, three, four, five = ((x + _ASIDE, y - _ABOVE) for x, y in align.scaled(align.FFHQ_TEMPLATE, _FFHQ))
    return one, two, three, four, five


def doubt(crop: Plane) -> Doubt | None:
    """Why a blurred face is left alone, by the luma of its crop (SIDE, SIDE), with what is around it, or None."""
    if sharper_below(crop) < _SHARPER:
        return None
    return Doubt(Verdict.HIDDEN, "neck and collar are much sharper than the face: perhaps blurred on purpose")


def sharper_below(crop: Plane) -> float:
    """How much sharper the neck is than the face, log10 of the ratio of edge widths; 0 where it cannot be told.

    crop: (side, side) float32, 0 to 1: luma.
    """
    plane = smooth(crop, _FINE)
    across, down = (cv2.Sobel(plane, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    slope = np.asarray(cv2.magnitude(across, down) / 8, np.float32)
    curvature = np.asarray(np.abs(cv2.Laplacian(plane, cv2.CV_32F)), np.float32)
    face, faint = _edge(slope[_face()], curvature[_face()])
    neck, strong = _edge(slope[_NECK], curvature[_NECK])
    return neck - face if strong >= _FAINT and faint >= _NOTHING else 0.0


@cache
def _face() -> NDArray[np.bool_]:
    """(SIDE, SIDE): True inside the face."""
    (x, y), (across, down) = _FACE
    ys, xs = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(np.hypot((xs - x) / across, (ys - y) / down) < 1)


def _edge(slope: Values, curvature: Values) -> tuple[float, float]:
    """Log10 of the inverse width of the strongest edges, and how steep they are."""
    count = slope.size // _STRONG
    strong = np.argpartition(slope.ravel(), -count)[-count:]
    steep, bent = (float(one.ravel()[strong].mean()) for one in (slope, curvature))
    return math.log10((bent + _TINY) / (steep + _TINY)), steep
