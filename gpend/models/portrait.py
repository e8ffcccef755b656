"""The face of the bundled portrait, on which networks are tried: a real one, whose landmarks are known."""

from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align
from gpend.core.photo import Landmarks

_FACE: Landmarks = ((204.8, 100.6), (247.4, 103.3), (223.5, 129.2), (202.4, 138.0), (244.2, 140.5))
"""The landmarks of the face in the bundled portrait, as the detector finds them."""

_SIGMA = 8.0  # of the blur of the blurred one, in 512ths of the side
_UNIT = 512
_DARK, _GRAIN = 0.35, 0.03  # of the dark one: its light, and the standard deviation of its noise


def face(portrait: bytes, template: Landmarks, side: int) -> NDArray[np.float32]:
    """The face of the bundled portrait (NASA's of Eileen Collins), aligned: (side, side, 3) float32 RGB, 0 to 1."""
    pixels = cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR_RGB)
    return align.crop(np.asarray(pixels, np.uint8), align.similarity(_FACE, template), side)


def crops(side: int) -> NDArray[np.float32]:
    """(3, side, side, 3) float32 RGB, 0 to 1: the face as it is, blurred, and in the dark with grain."""
    portrait = (Path(str(files("gpend"))) / "samples" / "portrait-sharp.jpg").read_bytes()
    plain = face(portrait, align.scaled(align.FFHQ_TEMPLATE, side), side)
    blurred = cv2.GaussianBlur(plain, (0, 0), _SIGMA * side / _UNIT)
    grain = np.random.default_rng(side).normal(0, _GRAIN, plain.shape)
    dark = np.clip(plain[:, ::-1] * _DARK + grain, 0, 1)
    return np.stack([plain, blurred, dark]).astype(np.float32)
