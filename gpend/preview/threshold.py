"""A sharpness threshold for a person's own camera, from the sharpness of the faces in their own photos (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT = 0.5
ENOUGH = 30
"""Fewer faces than this say nothing about a camera."""

_REACH = 2.0  # log-odds on either side of the default within which the threshold may move
_STEP = 0.1
_MORE = 0.02  # at most this share of the faces more than at the default may be touched: who is soft stays soft
_WIDTH = 0.5  # of the smoothing, in log-odds
_MOST = 0.5  # more of the faces than this are blurred only in a folder of blurred photos


@dataclass(frozen=True)
class Proposal:
    """A threshold, and why."""

    threshold: float
    reason: str
    touched: float  # share of the measured faces below it
    doubt: str = ""  # why a person should look before they believe it, in words


def propose(sharpness: Sequence[float]) -> Proposal:
    """The emptiest place between the blurred and the sharp faces, near the default.

    Sharp photos of one camera lie close together on the scale of log-odds, and so the valley between them and the
    blurred ones is where the fewest decisions are close calls.
    """
    if len(sharpness) < ENOUGH:
        return _proposal(DEFAULT, f"fewer than {ENOUGH} faces were measured, so the default stands", sharpness)
    odds = [_log_odds(value) for value in sharpness]
    steps = round(2 * _REACH / _STEP)
    most = sum(value < DEFAULT for value in sharpness) + _MORE * len(sharpness)
    places = [-_REACH + _STEP * step for step in range(steps + 1)]
    places = [place for place in places if sum(value < place for value in odds) <= most]
    crowds = [_crowd(place, odds) for place in places]
    least = min(crowds)
    valley = min((place for place, crowd in zip(places, crowds, strict=True) if crowd <= least * 1.05), key=abs)
    reason = "fewest of your faces lie near it, so the fewest decisions are close calls"
    return _proposal(round(1 / (1 + math.exp(-valley)), 2), reason, sharpness)


def _proposal(threshold: float, reason: str, sharpness: Sequence[float]) -> Proposal:
    touched = sum(value < threshold for value in sharpness) / max(1, len(sharpness))
    return Proposal(threshold, reason, touched, _doubt(sharpness))


def _doubt(sharpness: Sequence[float]) -> str:
    blurred = sum(value < DEFAULT for value in sharpness) / max(1, len(sharpness))
    if blurred <= _MOST or len(sharpness) < ENOUGH:
        return ""
    return (
        f"{blurred:.0%} of these faces are blurred. The threshold lies between the sharp and the blurred faces of a "
        f"camera, and a folder of mostly blurred ones does not show where. Measure ordinary photos, or keep {DEFAULT}."
    )


def _log_odds(value: float) -> float:
    inside = min(max(value, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


def _crowd(place: float, odds: Sequence[float]) -> float:
    return sum(math.exp(-0.5 * ((value - place) / _WIDTH) ** 2) for value in odds) / len(odds)
