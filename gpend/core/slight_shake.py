"""A face that counts as sharp, and that a hand shook a little all the same: the network tells, the photo bears it out.

Detail across the path of a short shake is as fine as ever, so the measure of sharpness takes it for that of a sharp
face. Along the path it is gone, which the spectrum of the face shows.
"""

from gpend.core import agreement, align, deconvolution, evidence
from gpend.core.blur import Blur
from gpend.core.seen import Seen

_SHARPEST = 0.97
"""The sharpness up to which a face is asked: of 1,770 sharp ones 79 % are above it, and of 326 that were shaken by 5.5
to 11 px of 256 and count as sharp 10 %."""

_SURE = 0.97  # the network's confidence: of half hidden faces, and those in veils, it tells shakes less surely
_BORNE_OUT = 0.03  # ahead of any round blur, in the face alone and in all of the crop, together
_SAFE = -0.5  # log-odds that taking it out makes it worse; no sharp face below reached -0.01 of these


def may_be(sharpness: float, limit: float) -> bool:
    """May a face of this sharpness, which passes for sharp by `limit`, be shaken?

    With a limit of 1 none passes. Whoever lowers it wants fewer faces restored, and none with 0: so with these.
    """
    return limit < 1 and limit <= sharpness < min(_SHARPEST, 2 * limit)


def is_told(blur: Blur) -> bool:
    """Does the network tell a shake, surely enough for the photo to be asked?"""
    return blur.is_stretched and blur.confidence >= _SURE and deconvolution.helps(blur)


def is_borne_out(seen: Seen) -> bool:
    """Does the photo bear it out, the face alone and with what is around it, and may it be taken out?"""
    if evidence.borne_out_in_face(seen) + evidence.explanation(seen).ahead < _BORNE_OUT:
        return False
    found = deconvolution.deconvolve(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))
    return agreement.judgement(found, seen.crop, seen.blur, seen.noise, seen.terms).worsens <= _SAFE
