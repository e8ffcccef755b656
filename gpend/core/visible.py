"""Can anybody see that a face was changed? What cannot be seen is not written, however much nearer to the truth it is.

The face is looked at as people look at faces: each pixel of the photo on one of the screen, or smaller where the face
would not fit. A change counts in octave bands, against what an eye can tell there at all and against the detail that
is there already, which hides as much as a quarter of its own contrast (Legge and Foley 1980). One unit is just
noticeable where two pictures are switched; how many it takes side by side was found by looking, as told at `LEAST`.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from gpend.core.blend import luma
from gpend.core.percentiles import percentiles
from gpend.core.photo import Mask, Plane

SCREEN = 1000
"""Pixels of a screen that an aligned crop fills at most: about a screen's height."""

LEAST = 0.4
"""Units from which a person who sees both pictures side by side can say which is which: of 19 pairs of faces that were
looked at, none below 0.4 could be told apart, and all from 0.8 on."""

SURELY = 1.25
"""Times LEAST in pictures that were halved: then it is LEAST in whole ones, which say the same within 8 %."""

_SIGMAS = (0.8, 1.6, 3.2, 6.4)  # pixels of the screen; each band ends where the next begins
_NOTICED = (0.016, 0.008, 0.006, 0.006)  # of full scale, by band: contrast sensitivity at 40 pixels a degree
_HIDDEN = 0.25  # of the contrast that is there
_AROUND = 3.0  # standard deviations of a band in which its contrast is taken
_SEEN_TOGETHER = 0.02  # share of the side over which a change adds up
_FINE_ENOUGH = 3.0  # pixels; the standard deviation of a blur that a grid shows as well as a finer one
_OF_AREA = 1 / 4  # of a pixel, squared: what averaging by area and going back between pixels blur by themselves
_STRONGEST = 90  # percentile of the places in the face


def side_for(photo_side: float) -> int:
    """Side of the crop to look at, in pixels, for one that covers `photo_side` pixels of the photo."""
    return max(16, min(SCREEN, round(photo_side)))


def noticed(before: Plane, after: Plane, where: Mask) -> float:
    """How far the change stands out where it is strongest, in units; (side, side, 3), 0 to 1, as `side_for` tells.

    `where` (side, side) marks the face; 0 where it is empty.
    """
    return noticed_in_luma(luma(before), luma(after) - luma(before), where)


def noticed_in_luma(old: Plane, change: Plane, where: Mask, enough: float = math.inf, *, halved: bool = False) -> float:
    """The same of luma (side, side), 0 to 1, and of its change: of both, nothing else counts.

    Bands that are not needed to find `enough` are left out; then it is that much at least. So it is of pictures that
    were `halved`, half as long as `side_for` tells: the coarser two bands are told of them, nearly as well.
    """
    if not where.any():
        return 0.0
    sigmas = [math.sqrt(sigma**2 / 4 - _OF_AREA) for sigma in _SIGMAS[1:]] if halved else list(_SIGMAS)
    noticed = _NOTICED[2:] if halved else _NOTICED
    seen, found = np.zeros_like(old), 0.0
    bands = zip(_bands(old, sigmas, halved=halved), _bands(change, sigmas, halved=halved), strict=True)
    for least, sigma, (one, other) in zip(reversed(noticed), reversed(sigmas), bands, strict=False):
        there = _smoothed(one * one, _AROUND * sigma)
        seen += other * other / (np.float32(least**2) + np.float32(_HIDDEN**2) * np.maximum(there, 0))
        together = _smoothed(seen, max(1.0, _SEEN_TOGETHER * old.shape[0]))
        found = math.sqrt(percentiles(together[where], _STRONGEST)[0])
        if found >= enough:
            break
    return found


def resized(plane: Plane, side: int) -> Plane:
    """A square plane (n, n) or (n, n, 3) float32 as (side, side, ...), in its range: by area where it shrinks."""
    method = cv2.INTER_AREA if side < plane.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, (side, side), interpolation=method), np.float32)


def _smoothed(plane: Plane, sigma: float) -> Plane:
    """A plane (side, side) under a wide Gaussian, made small first as far as hardly anything is lost by that."""
    share = max(1, int(sigma / _FINE_ENOUGH))
    height, width = plane.shape
    if share > 1:
        small = (-(-width // share), -(-height // share))
        plane = np.asarray(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), np.float32)
        sigma = math.sqrt(sigma**2 / share**2 - _OF_AREA)
    smooth = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
    if share == 1:
        return smooth
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _bands(plane: Plane, sigmas: Sequence[float], *, halved: bool) -> Iterator[Plane]:
    """The coarsest first, in which most of a change is seen; of what was halved the finest band is not there."""
    levels = itertools.chain((_smoothed(plane, sigma) for sigma in reversed(sigmas)), () if halved else (plane,))
    return (np.asarray(fine - coarse, np.float32) for coarse, fine in itertools.pairwise(levels))
