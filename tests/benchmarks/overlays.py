"""Two exposures in one, and something sharp before a blurred face: what the filter cannot help."""

from dataclasses import replace

import cv2
import numpy as np

from gpend.fitting.degradations import Image, Random, Shot, resized, saved

_DIFFERS = 10  # of 255: from here on a pixel is another


def doubled(image: Image, random: Random) -> Image:
    """The face twice, the second image shifted: a double exposure."""
    reach = float(random.uniform(0.025, 0.09)) * image.shape[0]
    angle, share = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0.35, 0.65))
    shift = np.array([[1, 0, reach * np.cos(angle)], [0, 1, reach * np.sin(angle)]])
    moved = cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.addWeighted(image, 1 - share, moved, share, 0), np.uint8)


def overlaid(taken: Shot, covered: Image, clean: Image) -> Shot:
    """A shot before whose blurred face lies, sharp, what `covered` shows and `clean` does not."""
    side = taken.seen.shape[0]
    differs = (np.abs(covered.astype(np.int16) - clean).max(axis=2) > _DIFFERS).astype(np.float32)
    mask = cv2.resize(differs, (side, side), interpolation=cv2.INTER_LINEAR)[:, :, None]
    mixed = taken.seen * (1 - mask) + resized(covered, side) * mask
    return replace(taken, seen=saved(np.asarray(mixed, np.float32), taken.quality))
