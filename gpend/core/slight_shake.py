"""A face that counts as sharp, and that a hand shook all the same: the network tells, the photo bears it out.

Detail across the path of a short shake is as fine as ever, so the measure of sharpness takes it for that of a sharp
face. Along the path it is gone, which the spectrum of the face shows. Where another face of the photo was surely
shaken, and the network tells nearly the same of this one, it need not be sure.
"""

import numpy as np

from gpend.core import agreement, align, deconvolution, evidence
from gpend.core.blur import Blur
from gpend.core.seen import Seen
from gpend.core.sharpness import Measure

_SHARPEST = 0.97
"""The sharpness, by the less of both measures, up to which a face is asked: by the first, 79 % of 1,770 sharp ones are
above it, and 10 % of 326 that were shaken by 5.5 to 11 px of 256 and count as sharp."""

_SURE = 0.97  # the network's confidence: of half hidden faces, and those in veils, it tells shakes less surely
_DOUBTED, _SURE_OF_DOUBTED = (0.5, _SHARPEST), (0.87, _SURE)
"""The same where neither measure takes the face for crisp, by the sharpness that core.overlooked tells: of 788 sharp
faces 5 are told shaken so, of 170 shaken ones that count as sharp 71. Of a curved shake the network is seldom surer."""

_CRISPER = 0.995
"""The sharpness from which on a face is not asked beside a shaken one either: noise reduction that keeps edges leaves
.9996 and more, and a shake is told of some such faces; of those that were told with others it was .68 to .993."""

_BORNE_OUT = 0.03  # ahead of any round blur, in the face alone and in all of the crop, together
_DESPITE_BLOCKS = 0.16  # the same where compression was hard: 4 sharp faces that it made look shaken were at .04 to .15
_NOT_DENIED = -0.02  # in the face alone: 9 of 214 shaken faces were below, and the one of 2,967 sharp ones that passed
_ALIKE = 0.6
"""Of what luma bears out, green alone bears out so much: of shaken faces .83 and more, where colours lie apart .45 and
less."""

_SAFE = -0.5  # log-odds that taking it out makes it worse; no sharp face below reached -0.01 of these


def may_be(measure: Measure, limit: float) -> bool:
    """May a face of this measure, which passes for sharp by `limit`, be shaken?

    With a limit of 1 none passes. Whoever lowers it wants fewer faces restored, and none with 0: so with these.
    """
    passes = limit <= measure.sharpness and limit < 1
    return passes and min(measure.sharpness, measure.beneath) < min(_SHARPEST, 2 * limit)


def may_be_with_others(measure: Measure, limit: float) -> bool:
    """May it, where another face of the photo surely was? Not if it is so crisp as noise reduction leaves faces."""
    return may_be(measure, limit) and measure.sharpness < _CRISPER


def is_told(blur: Blur, measure: Measure) -> bool:
    """Does the network tell a shake, surely enough for the photo to be asked?

    Less surely where both measures doubt the face: noise reduction that keeps edges is a shake by one of them.
    """
    is_doubted = measure.sharpness < _SHARPEST
    sure = np.interp(measure.beneath, _DOUBTED, _SURE_OF_DOUBTED) if is_doubted else _SURE
    return bool(blur.is_stretched and blur.confidence >= sure and deconvolution.helps(blur))


def is_borne_out(seen: Seen) -> bool:
    """Does the photo bear it out, the face alone and with what is around it, and may it be taken out?

    Green alone is asked as well: a hand shakes all colours alike. Where a lens or a print has laid them beside each
    other, luma has lost detail one way as if it had been shaken, and none of the colours has.
    """
    if not _is_explained(seen):
        return False
    found = deconvolution.deconvolve(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))
    return agreement.judgement(found, seen.crop, seen.blur, seen.noise, seen.terms).worsens <= _SAFE


def is_sure(seen: Seen) -> bool:
    """Was a face, be it sharp or blurred, so surely shaken that the others of its photo are asked with less proof?"""
    return seen.blur.is_stretched and deconvolution.helps(seen.blur) and _is_explained(seen)


def _is_explained(seen: Seen) -> bool:
    in_face, ahead = _told(seen)
    least = _DESPITE_BLOCKS if seen.noise.is_of_hard_compression else _BORNE_OUT
    return in_face >= _NOT_DENIED and ahead >= least and _told(seen.in_green)[1] >= _ALIKE * ahead


def _told(seen: Seen) -> tuple[float, float]:
    """How far the photo is ahead of any round blur: in the face alone, and in face and crop together."""
    in_face = evidence.borne_out_in_face(seen)
    return in_face, in_face + evidence.explanation(seen).ahead
