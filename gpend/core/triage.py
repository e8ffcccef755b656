"""Choose the faces worth restoring, and say why the rest are not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpend.core import align
from gpend.core.blend import LEAST, BlendWeights, blend_weights
from gpend.core.photo import Box, Face
from gpend.core.report import FaceReport, Verdict
from gpend.core.sharpness import Measure
from gpend.settings import TriageSettings

_SHARED = 0.5  # share of the smaller of two boxes from which both stand for one face, or one for a part of it
_POSE_SIDE = 256  # of the crop in which the landmarks' fit is judged, in pixels
_EYES_APART = 0.246  # of the FFHQ template, in sides of its crop
_HEAD = 0.7  # a head's width for its height: a box that is cut at the photo's edge is too narrow
_EYES_TO_BOX = (0.22, 0.75)  # eye distance against the box's width: below it a profile, above it no face
_GONE = -0.42  # below this much left of the features, a Gaussian blur of about a twentieth of the face is passed
_LARGE = -0.7  # log2 of the crop's scale: the face has so many more pixels than the network works with
_TURN = 0.55  # nose off the middle of eyes and mouth, in eye distances: from here on a profile
_MISFIT = 0.20  # landmarks off the template, in eye distances

COVERED = 0.0
"""Log-odds, as `occlusion.log_odds` tells them, from which something is taken to lie before a face."""


@dataclass(frozen=True)
class Doubt:
    """Why a detection is not to be restored, whatever its sharpness."""

    verdict: Verdict
    reason: str


def faces_of(found: Sequence[Face]) -> list[Face]:
    """Each face once: of boxes that share most of the smaller one, the surest stands.

    So an eye that was taken for a small face goes, and so does a second, looser box around one large face.
    """
    kept: list[Face] = []
    for face in sorted(found, key=lambda one: one.score, reverse=True):
        if not any(_shared(face, other) > _SHARED for other in kept):
            kept.append(face)
    return kept


def doubt(face: Face, settings: TriageSettings) -> Doubt | None:
    """The reason why a face cannot be restored, judged by its size, score and landmarks; None if there is none."""
    if face.score < settings.minimum_score:
        return Doubt(Verdict.UNSURE, f"the detector is only {face.score:.0%} sure that this is a face")
    if face.width < settings.minimum_face_px:
        return Doubt(Verdict.SMALL, f"{face.width:.0f} px wide; at least {settings.minimum_face_px} px are needed")
    return _pose_doubt(face)


@dataclass(frozen=True)
class Judged:
    """What was decided about a measured face."""

    report: FaceReport
    weights: BlendWeights  # how much of the network's change it would get


def judged(face: Face, measure: Measure, covered: float, settings: TriageSettings) -> Judged:
    """A measured face: restored (to be tried), sharp, too far gone, covered, or not to be improved.

    `covered` is what `occlusion.log_odds` says of it.
    """
    value, limit = measure.sharpness, settings.sharpness_threshold
    weights = _weights(measure, settings)
    below = f"sharpness {value:.2f} is below {limit:.2f}"
    decision = Doubt(Verdict.RESTORED, f"{below}; restored at {weights.strength:.0%} strength")
    if value >= limit and limit < 1:
        decision = Doubt(Verdict.SHARP, f"sharpness {value:.2f} reaches {limit:.2f}")
    elif measure.residual_detail < _GONE:
        decision = Doubt(Verdict.GONE, "so little of the face is left that the network would invent one")
    elif covered >= COVERED and limit < 1:
        decision = Doubt(Verdict.COVERED, "something lies before the face, and the network would paint over it")
    elif weights.part == 0:
        decision = Doubt(Verdict.REFUSED, f"sharpness {value:.2f}, but {_beyond(measure)}")
    told = _told(measure, covered, weights)
    return Judged(FaceReport(whole(face.box), face.score, value, decision.verdict, decision.reason, told), weights)


def _told(measure: Measure, covered: float, weights: BlendWeights) -> dict[str, float]:
    """What a person may read of the measure, by name; nothing is decided by it."""
    ours = {"residual_detail": measure.residual_detail, "covered": covered}
    return measure.terms.as_data() | ours | {"part": weights.part, "strength": weights.strength}


def _weights(measure: Measure, settings: TriageSettings) -> BlendWeights:
    """A threshold of 1 is a person's wish to restore every face: then none is left out for want of help."""
    weights = blend_weights(measure.terms)
    return weights.at_least(LEAST) if settings.sharpness_threshold >= 1 else weights


def _beyond(measure: Measure) -> str:
    if measure.terms.enlarged < _LARGE:
        return "so large and so slightly blurred that the network has no detail to add"
    return "spoiled in a way that the network does not improve"


def without_measure(face: Face, reason: Doubt) -> FaceReport:
    """The report of a face that was never measured."""
    return FaceReport(whole(face.box), face.score, 0.0, reason.verdict, reason.reason)


def whole(box: Box) -> Box:
    """The box in whole pixels."""
    x0, y0, x1, y1 = (float(round(edge)) for edge in box)
    return x0, y0, x1, y1


def _pose_doubt(face: Face) -> Doubt | None:
    points = np.asarray(face.landmarks)
    eyes = float(np.hypot(*(points[1] - points[0])))
    low, high = _EYES_TO_BOX
    if not low <= eyes / max(face.width, face.height * _HEAD, 1.0) <= high:
        return Doubt(Verdict.PROFILE, "eyes too near or too far apart for a face seen from the front")
    target = align.scaled(align.FFHQ_TEMPLATE, _POSE_SIDE)
    transform = align.similarity(face.landmarks, target)
    placed = align.moved(face.landmarks, transform)
    if not _in_order(placed):
        return Doubt(Verdict.PROFILE, "eyes, nose and mouth are not where a face has them")
    apart = float(np.hypot(*(placed[1] - placed[0])))
    if abs(_turn(placed)) > _TURN * apart:
        return Doubt(Verdict.PROFILE, "turned to the side")
    if align.residual(face.landmarks, transform, target) > _MISFIT * _POSE_SIDE * _EYES_APART:
        return Doubt(Verdict.PROFILE, "landmarks do not fit a face seen from the front")
    return None


def _in_order(placed: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    eyes, nose, mouth = placed[:2].mean(0), placed[2], placed[3:].mean(0)
    upright = bool(eyes[1] < nose[1] < mouth[1])
    return upright and bool(placed[0][0] < placed[1][0] and placed[3][0] < placed[4][0])


def _turn(placed: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    middle = (placed[0] + placed[1] + placed[3] + placed[4]) / 4
    return float(placed[2][0] - middle[0])


def _shared(face: Face, other: Face) -> float:
    """What part of the smaller box lies in the other."""
    x0, y0 = max(face.box[0], other.box[0]), max(face.box[1], other.box[1])
    x1, y1 = min(face.box[2], other.box[2]), min(face.box[3], other.box[3])
    inside = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    return inside / max(1e-6, min(face.width * face.height, other.width * other.height))
