"""Does something lie before this face: a mask, dark glasses, a hand, an object? Then the network would paint over it.

The aligned crop is looked at so coarsely that blur changes little: its light, its edges, and how far its colour is from
the skin's, over ten by twelve cells from the brows to the chin, folded along the middle, with the difference of the two
halves. A linear function of these, fitted by `python -m tests.benchmarks.occlusion --fit` to faces with drawn masks,
glasses, hands, hair and objects, gives the log-odds. Hands and hair in the colour of the face are found seldom.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients
from gpend.core.photo import Plane

_SIDE = 64  # pixels to which the crop is shrunk: an eye is then three pixels high
_SMOOTH = 1.25
_FACE = np.s_[18:56, 18:46]
_SKIN = np.s_[22:53, 19:45]
_LEAST_LIGHT, _LEAST_COLOUR = 0.02, 0.03  # added to what is divided by: a face without contrast, a grey one
_LEAST_EDGE = 0.02  # of that contrast, below which cells count as smooth
_FARTHEST = 4  # times the skin's own colour: beyond it all is equally foreign
_CELLED = np.s_[20:54, 17:47]
_CELLS = (10, 12)


def log_odds(crop: Plane) -> float:
    """Log-odds that something covers a part of the face in an FFHQ-aligned crop (side, side, 3), 0 to 1."""
    weights = np.asarray(coefficients.COVERED)
    return float(weights[0] + pattern(crop) @ weights[1:])


def pattern(crop: Plane) -> NDArray[np.float64]:
    """(300,) float64: what the fit looks at in a crop (side, side, 3), 0 to 1."""
    small = np.asarray(cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
    smooth = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), (0, 0), _SMOOTH)
    luma, chroma = smooth[:, :, 0], smooth[:, :, 1:] - 0.5
    light = (luma - luma[_FACE].mean()) / (luma[_FACE].std() + _LEAST_LIGHT)
    across, down = (cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    edges = np.log(_cells(np.hypot(across, down)) + _LEAST_EDGE)
    skin = np.median(chroma[_SKIN].reshape(-1, 2), axis=0)
    away = np.linalg.norm(chroma - skin, axis=2) / (np.abs(chroma[_SKIN]).mean() + _LEAST_COLOUR)
    shade = _cells(light)
    uneven = np.abs(shade - shade[:, ::-1])[:, : _CELLS[0] // 2].ravel()
    maps = (shade, np.minimum(_cells(away), _FARTHEST), edges, shade * shade)
    return np.concatenate([*(_folded(cells) for cells in maps), uneven]).astype(np.float64)


def _cells(plane: Plane) -> Plane:
    return np.asarray(
        cv2.resize(np.ascontiguousarray(plane[_CELLED]), _CELLS, interpolation=cv2.INTER_AREA), np.float32
    )


def _folded(cells: Plane) -> Plane:
    return np.asarray((cells + cells[:, ::-1])[:, : _CELLS[0] // 2].ravel(), np.float32)
