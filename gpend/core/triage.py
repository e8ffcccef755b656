"""Choose the faces worth restoring, and say why the rest are not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpend.core import align
from gpend.core.blend import LEAST, BlendWeights, weights_of
from gpend.core.fitted import CAUTIOUS, BlendFit
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
_NOISY = "noise or compression"
_UNWANTED = "restore.strength is 0, which leaves every face as it is"

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
    """The reason why a face cannot be restored, judged by its size and score; None if there is none."""
    if face.score < settings.minimum_score:
        return Doubt(Verdict.UNSURE, f"the detector is only {face.score:.0%} sure that this is a face")
    if face.width < settings.minimum_face_px:
        return Doubt(
            Verdict.SMALL, f"{math.floor(face.width)} px wide; at least {settings.minimum_face_px} px are needed"
        )
    return None


@dataclass(frozen=True)
class Plan:
    """How a face is to be restored."""

    sees: bool  # its blur is taken out first
    paints: bool  # the network may change it
    weights: BlendWeights | None  # how much of its change, where it works on the photo itself
    cleans: bool = False  # where no blur is taken out: noise and compression are
    turned: bool = False  # it is not painted as it is in profile, or half hidden

    @property
    def acts(self) -> bool:
        """Whether anything is to be tried."""
        return self.sees or self.paints or self.cleans


NOTHING = Plan(sees=False, paints=False, weights=None)
"""For faces that are left alone."""


@dataclass(frozen=True)
class Judged:
    """What was decided about a measured face."""

    report: FaceReport
    plan: Plan


@dataclass(frozen=True)
class Findings:
    """What is known of a measured face."""

    measure: Measure
    covered: float  # log-odds of `occlusion.log_odds`
    unpaintable: Doubt | None = None  # of `pose_doubt`, or of `information.paint_doubt`
    blur: str = ""  # in words, where one was found that can be taken out
    left: Doubt | None = None  # why it is left alone though it is blurred, whatever could be done for it
    fit: BlendFit = CAUTIOUS  # of the network that would restore it
    cleans: bool = False  # whether noise and compression can be taken out where no blur was found
    shaken: bool = False  # whether it was shaken, though it counts as sharp


def sharp(measure: Measure, settings: TriageSettings) -> Doubt:
    """Why a face that counts as sharp is left alone."""
    value, limit = _in_figures(measure.sharpness, settings.sharpness_threshold)
    return Doubt(Verdict.SHARP, f"sharpness {value} reaches {limit}")


def judged(face: Face, found: Findings, settings: TriageSettings, strength: float = 1.0) -> Judged:
    """A measured face: restored (to be tried), sharp, too far gone, turned away, covered, or not to be improved.

    `strength` is `restore.strength`: 0 leaves all alone, 1 is as fitted, 2 the network's whole change.
    """
    value, limit = found.measure.sharpness, settings.sharpness_threshold
    if value >= limit and limit < 1:
        is_tried = found.shaken and found.left is None and strength > 0
        return (
            _shaken(face, found, settings)
            if is_tried
            else _judged(face, found, sharp(found.measure, settings), NOTHING)
        )
    weights = _weights(found, settings).raised(strength)
    if strength <= 0:
        return _judged(face, found, Doubt(Verdict.DECIDED, _UNWANTED), Plan(sees=False, paints=False, weights=weights))
    if found.left is not None:
        return _judged(face, found, found.left, Plan(sees=False, paints=False, weights=weights))
    doubt = _paint_doubt(found, every_face=limit >= 1)
    told_value, told_limit = _in_figures(value, limit)
    why = f"is below {told_limit}" if limit < 1 else "does not matter, as you want it restored"
    below = f"sharpness {told_value} {why}"
    if found.blur or found.cleans:
        told = f"{below}: {found.blur or _NOISY}" + (f"; nothing is painted: {doubt.reason}" if doubt else "")
        turned = doubt is not None and doubt.verdict is not Verdict.GONE
        plan = Plan(bool(found.blur), doubt is None, weights, cleans=found.cleans, turned=turned)
        return _judged(face, found, Doubt(Verdict.RESTORED, told), plan)
    if doubt is None and weights.part == 0:
        doubt = Doubt(Verdict.REFUSED, f"sharpness {value:.2f}, but {_beyond(found.measure)}")
    if doubt is not None:
        return _judged(face, found, doubt, Plan(sees=False, paints=False, weights=weights))
    chosen = Doubt(Verdict.RESTORED, f"{below}; restored at {min(strength, 1) * weights.strength:.0%} strength")
    return _judged(face, found, chosen, Plan(sees=False, paints=True, weights=weights))


def _shaken(face: Face, found: Findings, settings: TriageSettings) -> Judged:
    """One that counts as sharp: its shake is taken out, as carefully as where nothing may be painted, and no more."""
    value, limit = _in_figures(found.measure.sharpness, settings.sharpness_threshold)
    told = Doubt(Verdict.RESTORED, f"sharpness {value} reaches {limit}, but the face is {found.blur}")
    return _judged(face, found, told, Plan(sees=True, paints=False, weights=None, turned=True))


def _paint_doubt(found: Findings, *, every_face: bool) -> Doubt | None:
    """Why the network must not paint this face, whatever else can be done for it."""
    if found.unpaintable is not None:
        return found.unpaintable
    if found.measure.residual_detail < _GONE:
        return Doubt(Verdict.GONE, "so little of the face is left that the network would invent one")
    if found.covered >= COVERED and not every_face:
        return Doubt(Verdict.COVERED, "something lies before the face, and the network would paint over it")
    return None


def _in_figures(value: float, limit: float) -> tuple[str, str]:
    """Both with two digits, or more: the limit where it has them, the value where they show on which side it lies."""
    told = f"{limit:.2f}" if limit == round(limit, 2) else f"{limit:g}"
    if limit >= 1:  # every face is wanted, and compared with nothing
        return f"{value:.2f}", told
    for digits in (2, 3, 4):
        if (round(value, digits) < limit) == (value < limit):
            return f"{value:.{digits}f}", told
    return f"{math.floor(value * 1e5) / 1e5:.5f}", told


def _judged(face: Face, found: Findings, decision: Doubt, plan: Plan) -> Judged:
    told = _told(found.measure, found.covered, plan.weights or _fitted(found))
    value = found.measure.sharpness
    return Judged(FaceReport(whole(face.box), face.score, value, decision.verdict, decision.reason, told), plan)


def _told(measure: Measure, covered: float, weights: BlendWeights) -> dict[str, float]:
    """What a person may read of the measure, by name; nothing is decided by it."""
    ours = {"residual_detail": measure.residual_detail, "covered": covered}
    return measure.terms.as_data() | ours | {"part": weights.part, "strength": weights.strength}


def _fitted(found: Findings) -> BlendWeights:
    return weights_of(found.fit.on_photo, found.measure.terms)


def _weights(found: Findings, settings: TriageSettings) -> BlendWeights:
    """A threshold of 1 is a person's wish to restore every face: then none is left out for want of help."""
    weights = _fitted(found)
    return weights.at_least(LEAST) if settings.sharpness_threshold >= 1 else weights


def _beyond(measure: Measure) -> str:
    if measure.terms.enlarged < _LARGE:
        return "so large and so slightly blurred that the network has no detail to add"
    return "spoiled in a way that the network does not improve"


def without_measure(face: Face, reason: Doubt) -> FaceReport:
    """The report of a face that was never measured."""
    return FaceReport(whole(face.box), face.score, None, reason.verdict, reason.reason)


def whole(box: Box) -> Box:
    """The box in whole pixels."""
    x0, y0, x1, y1 = (float(round(edge)) for edge in box)
    return x0, y0, x1, y1


def pose_doubt(face: Face) -> Doubt | None:
    """Why the network, which knows faces from the front, must not paint this one; None if it may."""
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
