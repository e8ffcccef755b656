"""How much of a face is there at all? Pixels across it that would hold the same, were none wasted on blur.

A face of 15 pixels that was enlarged to 200, or blurred that far, holds what 15 pixels hold, whatever its box says. The
kernel that blurred it tells how many: enlargement is a blur too. Two points nearer than the full width at half maximum
of a Gaussian of the kernel's spread are one. From less than about 8, nobody can tell whose face it is.
"""

import math

from gpend.core import align
from gpend.core.blur import Blur
from gpend.core.report import Verdict
from gpend.core.triage import Doubt

_LEAST = 8.0  # pixels of real detail across a face: with more, a strong blur can still be taken out where noise is low
_FULL_WIDTH = math.sqrt(8 * math.log(2) / 2)  # at half maximum, for the spread in two dimensions


def blur_width(blur: Blur, transform: align.Transform) -> float:
    """How far one point of the face is smeared, in pixels of the photo, 1 and above; `transform` as in `described`."""
    return max(1.0, _FULL_WIDTH * blur.spread / align.scale_of(transform))


def doubt(width: float, smeared: float) -> Doubt | None:
    """Why a face `width` wide whose blur is `smeared` wide, in pixels of the photo, is not restored; or None."""
    detail = width / smeared
    if detail >= _LEAST:
        return None
    told = f"it holds only about {detail:.0f} px of real detail, and the network would invent the rest"
    return Doubt(Verdict.GONE, told)
