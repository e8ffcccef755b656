"""People out of focus on purpose: somebody small and much more blurred behind, or before, a crisp main face."""

from collections.abc import Iterable

from gpend.core.report import Verdict
from gpend.core.triage import Doubt

CRISP = 0.9
"""Sharpness from which a face can be the main one, beside which others are background."""

_SMALLER = 0.7  # of the main face's width: from here down a face can be background
_OF_MAIN = 0.02  # of the main face's width: a crisp face is smeared by half of that at most
_SMEARED = 4.0  # pixels of the photo: less is compression, or a lens, and hits all faces alike
_LITTLE = 30.0  # pixels of real detail across the face: with more, it is seen well enough to be meant


def doubt(width: float, smeared: float, crisp: Iterable[float]) -> Doubt | None:
    """Why a blurred face is left to the background, or None.

    It is `width` wide and `smeared` by as much as `information.blur_width` tells; `crisp` are the widths of the crisp
    faces beside it; all in pixels of the photo.
    """
    if smeared < _SMEARED or width > _LITTLE * smeared:
        return None
    if not any(width <= _SMALLER * main and smeared >= _OF_MAIN * main for main in crisp):
        return None
    return Doubt(Verdict.BACKGROUND, "out of focus behind a sharp main face, as it seems on purpose")
