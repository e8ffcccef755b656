"""Two exposures in one, and something sharp before a blurred face: what the filter cannot help."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.fitting.degradations import Image, Random, Shot, resized, saved

_DIFFERS = 10  # of 255: from here on a pixel is another


def doubled(image: Image, random: Random) -> tuple[Image, Image]:
    """The face twice, the second image shifted: a double exposure; and the face once, where its light is."""
    reach = float(random.uniform(0.025, 0.09)) * image.shape[0]
    angle, share = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0.35, 0.65))
    way = np.array([reach * np.cos(angle), reach * np.sin(angle)])
    both = cv2.addWeighted(image, 1 - share, _shifted(image, way), share, 0)
    return np.asarray(both, np.uint8), _shifted(image, way * share)


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
