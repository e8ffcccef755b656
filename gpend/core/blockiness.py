"""How far JPEG's blocks show under a face, at whatever scale the photo was enlarged, shrunk or saved anew since.

Where two blocks meet, the step between their pixels stands out against the steps beside it. A comb of equally spaced
lines is laid over these steps at every pitch and shift, across and down; blocks that did harm answer to one of them.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Pixels, Plane

_LONGEST = 160  # pixels; a larger region is shrunk to this, and blocks that vanish by it spoil no face
_PIXEL = 0.5  # of the shrunk region's: the standard deviation of what one sees
_PITCHES = np.unique(np.append(np.geomspace(4.5, 45, 200), 8.0))  # pixels from line to line
_FEWEST = 4  # lines that make a comb
_FAINT = 0.02  # steps far below this share of full scale count for little
_TREND = (25, 1)  # pixels over which the face's own rise and fall is taken out
_TINY = 1e-6  # of a flat picture
_CHANCE = 5.6  # what the best comb finds where there are no blocks


def blockiness(pixels: Pixels) -> float:
    """How far the lines of the best comb stand out, in standard errors beyond chance: about 0, or 5 to 10 with blocks.

    `pixels` (height, width, 3), of any integer type, are the photo's own under the face, neither turned nor warped.
    0 where there are too few of them.
    """
    luma = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    longest = max(luma.shape)
    if longest > _LONGEST:
        height, width = (max(1, round(side * _LONGEST / longest)) for side in luma.shape)
        # not by area: at most ratios that smooths every n-th pixel less, and grain then looks like blocks
        smooth = cv2.GaussianBlur(luma, (0, 0), _PIXEL * longest / _LONGEST)
        luma = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    if min(luma.shape) < _FEWEST * _PITCHES[0] + 3:
        return 0.0
    return float((_answers(luma) + _answers(np.ascontiguousarray(luma.T))).max()) - _CHANCE


def _answers(luma: Plane) -> NDArray[np.float32]:
    """For every pitch, how far the best shift's lines across the rows stand out, in standard errors."""
    steps = np.abs(np.diff(luma, axis=1))
    beside = 0.5 * (steps[:, :-2] + steps[:, 2:])
    excess = ((steps[:, 1:-1] - beside) / (steps[:, 1:-1] + beside + _FAINT)).mean(0)
    excess -= cv2.blur(excess[None], _TREND)[0]
    combs, counts, starts = _combs()
    lines = counts[len(excess) - 1]
    sums = np.einsum("ij,j->i", combs[:, : len(excess)], excess)  # too little work for the threads that @ would wake
    errors = sums / np.sqrt(np.maximum(lines, 1)) / (excess.std() + _TINY)
    errors[lines < _FEWEST] = 0
    return np.asarray(np.maximum.reduceat(errors, starts), np.float32)


@cache
def _combs() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
    """Combs (count, _LONGEST) of 1 on a line and 0 off it; lines up to each place; and the first comb of each pitch."""
    combs: list[NDArray[np.float32]] = []
    starts: list[int] = []
    for pitch in _PITCHES:
        starts.append(len(combs))
        for shift in np.arange(0.0, pitch):
            comb = np.zeros(_LONGEST, np.float32)
            places = np.rint(np.arange(shift, _LONGEST, pitch)).astype(np.intp)
            comb[places[places < _LONGEST]] = 1
            combs.append(comb)
    stacked = np.stack(combs)
    return stacked, np.ascontiguousarray(stacked.cumsum(1).T), np.array(starts)
