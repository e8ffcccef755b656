"""Where faces are looked for: in the photo made small, made smaller, otherwise turned, and at each unsure face."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gpend.core import align, codec, orientation, triage
from gpend.core.networks import DetectFaces
from gpend.core.photo import Face, Landmarks, Pixels, Plane
from gpend.core.report import Verdict
from gpend.settings import TriageSettings

_SMALLER = 480  # pixels: large faces under strong blur or noise are found only in a small picture
_TURNS = (6, 8, 3)  # EXIF orientations for a quarter to the right, a quarter to the left, and upside down
_ALONE = 320  # side of the picture in which one face is looked at again, in pixels
_WIDTHS = (
    104,
    64,
)  # of the face in it, the second only where the first does not find it; larger, an animal's face passes too
_SHARE = 0.52  # a face's width of the FFHQ crop around it
_ASTRAY = 0.3  # root mean square distance of the landmarks from where they were, in eye distances
_ASKED = 4  # faces of a photo that are asked about
_MUCH_SURER = 1.3  # so much more must speak for another turn than for one in which faces stand upright
_MANY_MORE = 3.0  # times as many certain faces are never seen in a larger picture of a turn that is the right one
_CERTAIN = 0.998  # scores from here on need no second look
_CERTAIN_AT_ONCE = 0.98  # the same in the first look, which is smaller
_SCREENED, _TURNED = 640, 320  # long sides of the pictures of the first look, in pixels: upright, and in every turn
_FAINT = 0.5  # the score below which nothing is told of by a full look; in the first one it may be a face

AGREES = 0.7
"""Score of the second look from which it confirms the first: on animals and things it stays below 0.65."""

Cut = Callable[[align.Transform, int], Plane]
"""(side, side, 3), 0 to 1: what lies in the photo under a crop of this transform."""

Alone = Callable[[Face], float]
"""How sure the detector is of a face alone."""


@dataclass(frozen=True)
class _Look:
    """A picture that is shown to the detector, turned."""

    picture: Pixels
    turn: int  # as EXIF tells it

    def found(self, detect: DetectFaces) -> list[Face]:
        """Faces in the upright picture."""
        upright = np.ascontiguousarray(orientation.upright(self.picture, self.turn))
        return triage.faces_of(detect(np.asarray(upright, np.uint8)))

    def stored(self, found: Sequence[Face], header: codec.Header) -> list[Face]:
        """The same faces in coordinates of the stored photo."""
        size = (self.picture.shape[1], self.picture.shape[0])
        shrunk = (size[0] / header.width, size[1] / header.height)
        return [_enlarged(orientation.stored(face, self.turn, size), shrunk) for face in found]


def faces(
    overview: Pixels, header: codec.Header, cut: Cut, detect: DetectFaces, settings: TriageSettings
) -> list[Face]:
    """All faces of a photo, in stored coordinates; `overview` is (h, w, 3) uint8 RGB, as it is stored.

    A photo whose orientation tag lies is looked at as stored too. Where nothing upright is surely found, as in a scan
    that lies on its side, or most of it is doubtful, the other turns are tried.
    """
    own = _own_turns(header)
    first: list[Face] = []
    for look in _looks(overview, own):
        found = look.found(detect)
        stored = look.stored(found, header)
        if _certainty(found, settings) and _stand_alone(stored, cut, detect):
            sure = _sure(found, stored, lambda one: score_alone(one, cut, detect), settings)
            if look.turn != 1 or sure is None:
                return stored
            return otherwise(overview, header, cut, detect, settings, least=_MUCH_SURER * sure) or stored
        first = first or stored
    return otherwise(overview, header, cut, detect, settings, seen=first) or first


def _looks(overview: Pixels, turns: Sequence[int]) -> Iterator[_Look]:
    """The photo in all of these turns, then made smaller, which is done only if somebody asks."""
    yield from (_Look(overview, turn) for turn in turns)
    smaller = _smaller(overview)
    yield from (_Look(smaller, turn) for turn in turns)


def screened(
    seen: Pixels, header: codec.Header, screen: DetectFaces, settings: TriageSettings, alone: Alone | None = None
) -> list[Face] | None:
    """All faces of a photo, in stored coordinates, where a quick look settles it; None where it does not.

    `seen` is (h, w, 3) uint8 RGB, as it is stored. It is settled where there is not even a doubtful face in any turn,
    and where every face is certain, upright and seen from the front. What is faint beside such faces is none if it is
    not found `alone` either; who does not say how sure the detector is of that has the photo looked at in full.
    """
    small = _shrunk(_halved(seen, _SCREENED), _SCREENED)
    look = _Look(small, header.orientation)
    found = look.found(screen)
    if not found:
        sheet = np.asarray(_in_every_turn(_shrunk(small, _TURNED)), np.uint8)
        return None if screen(sheet) else []
    certain = [face for face in found if face.score >= _CERTAIN_AT_ONCE and _is_plain(face, settings)]
    others = look.stored([face for face in found if face not in certain], header)
    if others and not (certain and alone is not None and _are_none(others, alone)):
        return None
    return look.stored(certain, header)


def _are_none(doubtful: Sequence[Face], alone: Alone) -> bool:
    """Whether what may be faces are none: a few, faint, and not found alone."""
    is_faint = len(doubtful) <= _ASKED and all(face.score < _FAINT for face in doubtful)
    return is_faint and all(alone(face) < _FAINT for face in doubtful)


def closer(found: Sequence[Face], cut: Cut, detect: DetectFaces) -> list[Face] | None:
    """The same faces as they are seen each alone; None where they are too many, or one is not surely found again."""
    if len(found) > _ASKED:
        return None
    again = [_alone(_WIDTHS[0], face, cut, detect) for face in found]
    sure = [
        Face(face.box, face.landmarks, max(face.score, first.score))  # it was certain; the second look agrees
        for first, face in zip(found, again, strict=True)
        if face and face.score >= AGREES
    ]
    return sure if len(sure) == len(found) else None


def _in_every_turn(picture: Pixels) -> Pixels:
    """One picture of four, as there is room for them: each lies another way."""
    height, width = picture.shape[:2]
    side = max(height, width)
    sheet = np.zeros((2 * side, height + width, 3), np.uint8)
    sheet[:height, :width] = picture
    sheet[side : side + height, :width] = picture[::-1, ::-1]
    turned = picture.swapaxes(0, 1)
    sheet[:width, width:] = turned[:, ::-1]
    sheet[side : side + width, width:] = turned[::-1]
    return sheet


def otherwise(  # noqa: PLR0913 - those of `faces`, and how much must speak for another turn
    overview: Pixels,
    header: codec.Header,
    cut: Cut,
    detect: DetectFaces,
    settings: TriageSettings,
    *,
    least: float = 0.0,
    seen: Sequence[Face] = (),
) -> list[Face]:
    """The faces of a photo that lies on its side or its head, in stored coordinates; none where it stands upright.

    `overview`: (h, w, 3) uint8 RGB in stored orientation.
    The turn with the most certain upright faces wins, if the surest of them is a face when it is looked at alone, and
    its certainty is more than `least`. Where there is none, small ones are looked for too: in all turns if any face was
    `seen`, however doubtful, else in those in which one is surely there, however it lies.
    """
    turns = [turn for turn in _TURNS if turn not in _own_turns(header)]
    best, turned, sure = _otherwise_turned(_smaller(overview), turns, detect, settings)
    if _certainty(turned, settings) > least / _MANY_MORE:
        best, turned = _looked_at_again(_Look(overview, best.turn), (best, turned), detect, settings)
    elif not turned and (seen or sure):
        best, turned, _ = _otherwise_turned(overview, turns if seen else sure, detect, settings)
    stored = best.stored(turned, header)
    is_surer = bool(turned) and _certainty(turned, settings) > least
    return stored if is_surer and _stand_alone(stored, cut, detect) else []


def _own_turns(header: codec.Header) -> tuple[int, ...]:
    return (header.orientation,) if header.orientation == 1 else (header.orientation, 1)


def _sure(found: Sequence[Face], stored: Sequence[Face], alone: Alone, settings: TriageSettings) -> float | None:
    """How much speaks for a turn in which some faces may be none; None where nothing speaks against it.

    The surest has been looked at alone before; of the others, those that are not found again do not count.
    """
    pairs = sorted(zip(found, stored, strict=True), key=lambda pair: pair[1].score, reverse=True)
    counted = [
        upright.score
        for place, (upright, one) in enumerate(pairs)
        if _is_plain(upright, settings)
        and (place == 0 or place >= _ASKED or one.score >= _CERTAIN or alone(one) >= AGREES)
    ]
    return sum(counted) if len(counted) < len(found) else None


def _stand_alone(stored: Sequence[Face], cut: Cut, detect: DetectFaces) -> bool:
    """Whether the surest is found again alone: a face that lies on its side may be found as if it stood upright."""
    return score_alone(max(stored, key=lambda face: face.score), cut, detect) >= AGREES


def _otherwise_turned(
    picture: Pixels, turns: Sequence[int], detect: DetectFaces, settings: TriageSettings
) -> tuple[_Look, list[Face], list[int]]:
    """The look with the most certain upright faces, and them, or none; and the turns in which one is surely there."""
    looks = [_Look(picture, turn) for turn in turns]
    found = [look.found(detect) for look in looks]
    best = max(range(len(looks)), key=lambda place: _certainty(found[place], settings))
    sure = [
        look.turn
        for look, some in zip(looks, found, strict=True)
        if any(face.score >= settings.minimum_score for face in some)
    ]
    return looks[best], found[best] if _certainty(found[best], settings) else [], sure


def _looked_at_again(
    larger: _Look, before: tuple[_Look, list[Face]], detect: DetectFaces, settings: TriageSettings
) -> tuple[_Look, list[Face]]:
    """The faces of a larger picture, turned the same way, or those `before` where it shows none upright."""
    again = larger.found(detect)
    return (larger, again) if _certainty(again, settings) else before


def _certainty(found: Sequence[Face], settings: TriageSettings) -> float:
    """How much speaks for this turn: the scores of faces that are surely there, upright and seen from the front."""
    return sum(face.score for face in found if _is_plain(face, settings))


def _is_plain(face: Face, settings: TriageSettings) -> bool:
    across, down = np.mean(face.landmarks[3:], axis=0) - np.mean(face.landmarks[:2], axis=0)
    is_upright = bool(down > abs(across))
    return is_upright and face.score >= settings.minimum_score and triage.pose_doubt(face) is None


def confirmed(face: Face, cut: Cut, detect: DetectFaces, settings: TriageSettings) -> Face:
    """The face, with the score of a second look where the first was unsure and the second finds the same face.

    Only what has a face's landmarks and enough pixels is looked at again.
    """
    if face.score >= settings.minimum_score or face.width < settings.minimum_face_px or triage.pose_doubt(face):
        return face
    score = score_alone(face, cut, detect)
    return Face(face.box, face.landmarks, max(score, settings.minimum_score)) if score >= AGREES else face


def doubt_alone(face: Face, cut: Cut, detect: DetectFaces) -> triage.Doubt | None:
    """Why what was found is no face after all, or None: a blurred dog passes for one in its surroundings only."""
    if face.score >= _CERTAIN or triage.pose_doubt(face) or score_alone(face, cut, detect) >= AGREES:
        return None
    return triage.Doubt(Verdict.UNSURE, "looked at alone, it is not surely a face")


def score_alone(face: Face, cut: Cut, detect: DetectFaces) -> float:
    """How sure the detector is of this very face where it stands upright, at sizes of its own; 0 where it sees none."""
    first, second = _WIDTHS
    score = _score_at(first, face, cut, detect)
    return score if score >= AGREES else max(score, _score_at(second, face, cut, detect))


def _score_at(width: int, face: Face, cut: Cut, detect: DetectFaces) -> float:
    found = _alone(width, face, cut, detect)
    return found.score if found else 0.0


def _alone(width: int, face: Face, cut: Cut, detect: DetectFaces) -> Face | None:
    """This very face as it is found in a picture of its own, in which it is so wide; None where it is not."""
    side = width / _SHARE
    target = _shifted(align.scaled(align.FFHQ_TEMPLATE, round(side)), (_ALONE - side) / 2)
    transform = align.similarity(face.landmarks, target)
    picture = np.asarray(np.rint(cut(transform, _ALONE) * 255), np.uint8)
    eyes = target[1][0] - target[0][0]
    near = [one for one in detect(picture) if _apart(one.landmarks, target) <= _ASTRAY * eyes]
    best = max(near, key=lambda one: one.score, default=None)
    return _carried(best, align.inverted(transform)) if best else None


def _carried(face: Face, transform: align.Transform) -> Face:
    """The face after a transform; its box stays upright, or lies on its side."""
    one, two, three, four, five = ((float(x), float(y)) for x, y in align.moved(face.landmarks, transform))
    scale, is_on_side = align.scale_of(transform), abs(transform[1, 0]) > abs(transform[0, 0])
    width, height = (face.height, face.width) if is_on_side else (face.width, face.height)
    ((x, y),) = align.moved([((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2)], transform).tolist()
    half, tall = scale * width / 2, scale * height / 2
    return Face((x - half, y - tall, x + half, y + tall), (one, two, three, four, five), face.score)


def _apart(landmarks: Landmarks, others: Landmarks) -> float:
    gap = np.asarray(landmarks) - np.asarray(others)
    return float(np.sqrt((gap**2).sum(1).mean()))


def _shifted(landmarks: Landmarks, margin: float) -> Landmarks:
    one, two, three, four, five = ((x + margin, y + margin) for x, y in landmarks)
    return one, two, three, four, five


def _smaller(overview: Pixels) -> Pixels:
    return _shrunk(overview, _SMALLER)


def _halved(picture: Pixels, side: int) -> Pixels:
    """Halved while it stays as large as `side`: by whole steps, an area's mean costs a tenth."""
    height, width = picture.shape[:2]
    while max(height, width) >= 2 * side and min(height, width) > 1:
        height, width = height // 2, width // 2
        even = picture[: 2 * height, : 2 * width]
        picture = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return picture


def _shrunk(picture: Pixels, side: int) -> Pixels:
    height, width = picture.shape[:2]
    share = min(1.0, side / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    # by less than half every pixel is seen by going in between too, which takes a sixth of the time
    between = cv2.INTER_LINEAR if share > 0.5 else cv2.INTER_AREA  # noqa: PLR2004 - a half
    return np.asarray(cv2.resize(picture, size, interpolation=between), np.uint8)


def _enlarged(face: Face, shrunk: tuple[float, float]) -> Face:
    across, down = shrunk
    one, two, three, four, five = (((x + 0.5) / across - 0.5, (y + 0.5) / down - 0.5) for x, y in face.landmarks)
    x0, y0, x1, y1 = face.box
    box = (x0 / across, y0 / down, x1 / across, y1 / down)
    return Face(box, (one, two, three, four, five), face.score)
