"""How much of a face is there at all? Pixels across it that would hold the same, were none wasted on blur.

A face of 15 pixels that was enlarged to 200, or blurred that far, holds what 15 pixels hold, whatever its box says. The
kernel that blurred it tells how many: enlargement is a blur too. Two points nearer than the full width at half maximum
of a Gaussian as wide as the kernel are one, along its axis and across; so a face that was shaken keeps what lies across
the shake. And no more is there than stands out of the noise: the share of all frequencies at which a face, blurred by
that kernel, is stronger. From less than about ten pixels, as both tell them, nobody can tell whose face it is.
"""

import math

from gpend.core import align, deconvolution
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.core.report import Verdict
from gpend.core.triage import Doubt

_LEAST = 10.0  # pixels of real detail across a face
_PAINTABLE = 12.0  # the same along the blur: below it, on real photos, painting took away what the filter had gained
_BEYOND = 1.3  # a filter brings back so many times what is told apart as it is, where there is hardly any noise
_AXIS_WIDTH = math.sqrt(8 * math.log(2))  # at half maximum, for the spread along one axis
_TINY = 1e-6
_FULL_WIDTH = math.sqrt(8 * math.log(2) / 2)  # at half maximum, for the spread in two dimensions


def blur_width(blur: Blur, transform: align.Transform) -> float:
    """How far one point of the face is smeared, in pixels of the photo, 1 and above; `transform` as in `described`."""
    return max(1.0, _FULL_WIDTH * blur.spread / align.scale_of(transform))


def point_width(blur: Blur, noise: Noise, variance: float, transform: align.Transform) -> float:
    """How far apart points of the face must be to be told apart, in pixels of the photo, 1 and above.

    `variance` is that of the face's luma, 0 to 1; `noise` and `transform` as in `deconvolution.Noise` and `described`.
    """
    scale = align.scale_of(transform)
    long, short, _ = blur.axes()
    along, across = (max(1.0, _AXIS_WIDTH * axis / scale) for axis in (long, short))
    heard = deconvolution.share_heard(blur, noise, scale, variance)
    return max(1.0, math.sqrt(along * across), _BEYOND / (scale * math.sqrt(max(heard, _TINY))))


def paint_doubt(width: float, blur: Blur, transform: align.Transform) -> Doubt | None:
    """Why the network must not paint a face `width` wide, in pixels of the photo, that was blurred so; or None.

    What lies across a shake is kept, but eyes and mouth are drawn by what is left along it.
    """
    long, _, _ = blur.axes()
    detail = width / max(1.0, _AXIS_WIDTH * long / align.scale_of(transform))
    if detail >= _PAINTABLE:
        return None
    return Doubt(Verdict.GONE, f"along its blur it holds only about {math.floor(detail)} px of real detail")


def doubt(width: float, smeared: float) -> Doubt | None:
    """Why a face `width` wide whose blur is `smeared` wide, in pixels of the photo, is not restored; or None."""
    detail = width / smeared
    if detail >= _LEAST:
        return None
    told = f"it holds only about {detail:.0f} px of real detail, and the network would invent the rest"
    return Doubt(Verdict.GONE, told)
