"""Two exposures in one, and something sharp before a blurred face: what the filter cannot help."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Plane
from gpend.fitting import shots
from gpend.fitting.degradations import Image, Kind, Random, Shot, resized, saved, shot
from gpend.training import kernels as paused
from tests.benchmarks import kernels

_CURVED, _LENGTHS = 0.7, (6.0, 24.0)  # share of what moved that was shaken along a curve, and how far in pixels
_WITH_PAUSES = 0.6  # of these: a hand that rests for a moment leaves a second image, too
_DIFFERS = 10  # of 255: from here on a pixel is another


def shot_of(image: Image, kind: Kind, severity: int, face_px: float, random: Random) -> Shot:
    """As `shot`, but of what moved most was shaken along a curve, and much of that with pauses."""
    if kind is not Kind.MOTION or random.uniform() >= _CURVED:
        return shot(image, kind, severity, face_px, random)
    curved = paused.curved if random.uniform() < _WITH_PAUSES else kernels.curved
    shaken = _through(curved(float(random.uniform(*_LENGTHS)), random), image)
    return replace(shot(shaken, Kind.SHARP, severity, face_px, random), kind=kind)


def _through(kernel: Plane, image: Image) -> Image:
    """The face, shaken; `kernel` is told in pixels of the crop of SIDE."""
    side = image.shape[0]
    small = resized(image, shots.SIDE)
    shaken = cv2.filter2D(small, -1, np.asarray(kernel[::-1, ::-1]), borderType=cv2.BORDER_REFLECT_101)
    return resized(np.asarray(shaken, np.uint8), side)


def doubled(image: Image, random: Random) -> tuple[Image, Image, float]:
    """The face twice, the second image shifted: a double exposure; and the face once, where its light is.

    Last comes how far it is shifted, in pixels of the crop of SIDE.
    """
    reach = float(random.uniform(0.025, 0.09)) * image.shape[0]
    angle, share = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0.35, 0.65))
    way = np.array([reach * np.cos(angle), reach * np.sin(angle)])
    both = cv2.addWeighted(image, 1 - share, _shifted(image, way), share, 0)
    return np.asarray(both, np.uint8), _shifted(image, way * share), reach * shots.SIDE / image.shape[0]


def _shifted(image: Image, way: NDArray[np.float64]) -> Image:
    shift = np.array([[1, 0, way[0]], [0, 1, way[1]]])
    return np.asarray(cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def overlaid(taken: Shot, covered: Image, clean: Image) -> Shot:
    """A shot before whose blurred face lies, sharp, what `covered`, its truth, shows and `clean` does not."""
    side = taken.seen.shape[0]
    differs = (np.abs(covered.astype(np.int16) - clean).max(axis=2) > _DIFFERS).astype(np.float32)
    mask = cv2.resize(differs, (side, side), interpolation=cv2.INTER_LINEAR)[:, :, None]
    mixed = taken.seen * (1 - mask) + resized(covered, side) * mask
    return replace(taken, seen=saved(np.asarray(mixed, np.float32), taken.quality), truth=resized(covered, side))
