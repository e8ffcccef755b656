"""A fine regular pattern over a face (pure): a veil or a net before it, or the dots that it is printed in.

It lies everywhere, as noise does, so the measure takes it for that; what takes noise out then smears the face, and
leaves the pattern around it. But a pattern that repeats itself has all its power at few frequencies, which stand out of
those around them; and it is weaker nearer to the middle of the spectrum, where pictures, however blurred or shaken,
are stronger.
"""

import cv2
import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core.blend import smooth
from gpend.core.photo import Plane
from gpend.core.report import Verdict
from gpend.core.sharpness import FACE, SIDE
from gpend.core.triage import Doubt

_SHADE = 6.0  # pixels: what is coarser is no fine pattern
_COARSEST = 0.08  # cycles a pixel
_AROUND = 21  # frequencies along each axis that tell what a picture has there
_STANDS_OUT = 40.0  # times the geometric mean around it; noise reaches 20 or so by chance
_INWARD = 0.65  # of its frequency: there a picture is stronger
_NEARBY = 5  # frequencies that the middle of it is told from
_NO_POWER = 1e-12
_LEAST = 4.5 / 255  # root mean square; screens that were photographed show less, and are the better for it
_SHARE = 0.3  # of all fine power: veils and print have 0.5 and more, no blurred face has 0.1


def doubt(crop: Plane) -> Doubt | None:
    """Why a face is left alone, by the luma of its crop (SIDE, SIDE), 0 to 1, as photographed; or None."""
    level, share = strength(crop)
    if level < _LEAST or share < _SHARE:
        return None
    return Doubt(Verdict.COVERED, "a fine regular pattern lies over it, as of a net or of print")


def strength(crop: Plane) -> tuple[float, float]:
    """Root mean square of what repeats itself in a luma (SIDE, SIDE), 0 to 1, and its share of all fine power."""
    face = crop[FACE]
    line, column = (np.hanning(side) for side in face.shape)
    window = np.asarray(line[:, None] * column[None], np.float32)
    seen = fft.fft2((face - smooth(face, _SHADE)) * window, (SIDE, SIDE))
    power = np.asarray(fft.fftshift(seen.real**2 + seen.imag**2), np.float32)
    down, across = (np.asarray(axis, np.float32) for axis in np.mgrid[:SIDE, :SIDE] - SIDE // 2)
    fine = np.hypot(down, across) > _COARSEST * SIDE
    patterned = fine & _stands_out(power, across, down)
    total = float(power[fine].sum()) + _NO_POWER
    found = float(power[patterned].sum())
    return float(np.sqrt(found / float((window**2).sum())) / SIDE), found / total


def _stands_out(power: Plane, across: Plane, down: Plane) -> NDArray[np.bool_]:
    """(SIDE, SIDE): which frequencies are far stronger than those around them, and than those nearer to the middle."""
    usual = np.exp(cv2.blur(np.log(power + _NO_POWER), (_AROUND, _AROUND)))
    nearby = cv2.blur(power, (_NEARBY, _NEARBY))
    middle = SIDE // 2
    inward = cv2.remap(nearby, middle + _INWARD * across, middle + _INWARD * down, cv2.INTER_LINEAR)
    return np.asarray((power > _STANDS_OUT * usual) & (nearby > 2 * inward))
