"""process(): photo bytes in, outcome out. The whole purpose of gpend in a few lines."""

from collections import Counter
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import align, codec, orientation, paste, restore, sharpness, triage
from gpend.core.networks import Networks
from gpend.core.photo import Face, Landmarks, Pixels, Plane
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.settings import CoreSettings

LONG_SIDE = 1280
"""Faces are looked for in the photo at this size, in pixels."""

_SECOND_LOOK = 480  # large faces under strong blur or noise are found only in a small picture


def process(photo: bytes, networks: Networks, settings: CoreSettings) -> Outcome:
    """Restore what needs it. Same bytes, networks and settings: same outcome.

    Raises PhotoError (with IncompleteError and UnsupportedError) for bytes that cannot be processed.
    """
    case = _opened(photo, networks, settings)
    blurred = [place for place, report in enumerate(case.reports) if report.verdict is Verdict.RESTORED]
    if not blurred:
        return Kept(summary(case.reports), tuple(case.reports))
    return _restored(case, blurred, networks, settings)


def judge(photo: bytes, networks: Networks, settings: CoreSettings) -> Kept:
    """What `process` would find before it restores: `restored` is then the verdict of a face that would be tried."""
    case = _opened(photo, networks, settings)
    return Kept(summary(case.reports), tuple(case.reports))


@dataclass
class _Case:
    """One photo on its way: its faces, in coordinates of the stored photo, and what was said of each."""

    photo: bytes
    header: codec.Header
    overview: Pixels
    faces: list[Face]
    reports: list[FaceReport]
    _decoded: codec.Decoded | None = None

    @property
    def decoded(self) -> codec.Decoded:
        """All pixels, decoded once and only if somebody asks."""
        if self._decoded is None:
            self._decoded = codec.decode(self.photo, self.header)
        return self._decoded

    def crop(self, face: Face, target: Landmarks, side: int) -> tuple[Plane, align.Transform]:
        """The face aligned to `target`; from the overview where that holds enough pixels."""
        transform = align.similarity(face.landmarks, target)
        shrunk = self.overview.shape[1] / self.header.width
        if align.scale_of(transform) / shrunk <= 1.0:
            return align.crop(self.overview, _for_overview(transform, shrunk), side), transform
        return align.crop(self.decoded.pixels, transform, side), transform

    def grid(self, face: Face) -> float:
        """The trace of the JPEG grid under the face; 0 where the photo was not decoded at its own size."""
        own = self._decoded.pixels if self._decoded else self.overview
        if own.shape[1] != self.header.width:
            return 0.0
        x0, y0, x1, y1 = (max(0, round(edge)) for edge in face.box)
        return sharpness.blocking(own[y0:y1, x0:x1]) if x1 > x0 and y1 > y0 else 0.0


def _for_overview(transform: align.Transform, shrunk: float) -> align.Transform:
    offset = 0.5 / shrunk - 0.5
    result = align.shifted(transform, 0, 0)
    result[:, 2] += transform[:, :2] @ (offset, offset)
    result[:, :2] /= shrunk
    return result


def _opened(photo: bytes, networks: Networks, settings: CoreSettings) -> _Case:
    header = codec.identify(photo, settings.photo)
    overview = codec.overview(photo, header, LONG_SIDE)
    case = _Case(photo, header, overview, _found(overview, header, networks), [])
    case.reports = [_judged(case, face, settings) for face in case.faces]
    return case


def _found(overview: Pixels, header: codec.Header, networks: Networks) -> list[Face]:
    """Faces in stored coordinates. A photo whose orientation tag lies is looked at as stored too."""
    turns = [header.orientation] if header.orientation == 1 else [header.orientation, 1]
    for picture in (overview, _smaller(overview)):
        for turn in turns:
            upright = np.ascontiguousarray(orientation.upright(picture, turn))
            found = networks.detect(np.asarray(upright, np.uint8))
            if found:
                return _stored(triage.faces_of(found), turn, picture, header)
    return []


def _smaller(overview: Pixels) -> Pixels:
    height, width = overview.shape[:2]
    share = min(1.0, _SECOND_LOOK / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(overview, size, interpolation=cv2.INTER_AREA), np.uint8)


def _stored(found: list[Face], turn: int, picture: Pixels, header: codec.Header) -> list[Face]:
    size = (picture.shape[1], picture.shape[0])
    shrunk = (size[0] / header.width, size[1] / header.height)
    return [_enlarged(orientation.stored(face, turn, size), shrunk) for face in found]


def _enlarged(face: Face, shrunk: tuple[float, float]) -> Face:
    across, down = shrunk
    one, two, three, four, five = (((x + 0.5) / across - 0.5, (y + 0.5) / down - 0.5) for x, y in face.landmarks)
    x0, y0, x1, y1 = face.box
    box = (x0 / across, y0 / down, x1 / across, y1 / down)
    return Face(box, (one, two, three, four, five), face.score)


def _judged(case: _Case, face: Face, settings: CoreSettings) -> FaceReport:
    doubt = triage.doubt(face, settings.triage)
    if doubt is not None:
        return triage.without_measure(face, doubt)
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    crop, transform = case.crop(face, target, sharpness.SIDE)
    return triage.verdict(face, sharpness.measure(crop, align.scale_of(transform), case.grid(face)), settings.triage)


def _restored(case: _Case, chosen: list[int], networks: Networks, settings: CoreSettings) -> Outcome:
    side, template = networks.restore.size, networks.restore.template
    aligned = [case.crop(case.faces[place], template, side) for place in chosen]
    blurred = [_blurred(case.reports[place], *pair) for place, pair in zip(chosen, aligned, strict=True)]
    canvas = _canvas(case.decoded)
    weight = paste.mask(template, side)
    for place, (_, transform), attempt in zip(chosen, aligned, restore.attempts(blurred, networks), strict=True):
        if attempt.refusal:
            case.reports[place] = replace(case.reports[place], verdict=Verdict.REFUSED, reason=attempt.refusal)
        else:
            canvas.paste(attempt.difference, weight, transform)
    return _written(case, canvas, networks, settings)


def _blurred(report: FaceReport, crop: Plane, transform: align.Transform) -> restore.Blurred:
    return restore.Blurred(crop, align.scale_of(transform), report.terms["strength"])


def _canvas(decoded: codec.Decoded) -> paste.Canvas:
    return paste.Canvas(decoded.pixels.copy(), np.zeros(decoded.pixels.shape[:2], np.bool_))


def _written(case: _Case, canvas: paste.Canvas, networks: Networks, settings: CoreSettings) -> Outcome:
    reports = tuple(case.reports)
    if not canvas.changed.any():
        return Kept(summary(case.reports), reports)
    history = f"gpend: faces restored with {networks.restore.name}" if settings.photo.add_tags else ""
    encoded = codec.encode(case.photo, case.header, canvas.pixels, canvas.changed, history)
    return Restored(encoded.photo, encoded.suffix, summary(case.reports), reports, encoded.notes)


_WORDS = {
    Verdict.RESTORED: "restored",
    Verdict.SHARP: "sharp enough",
    Verdict.SMALL: "too small",
    Verdict.GONE: "too far gone",
    Verdict.PROFILE: "turned away or badly aligned",
    Verdict.UNSURE: "not surely a face",
    Verdict.REFUSED: "left as it was because the result was not better",
}


def summary(reports: list[FaceReport]) -> str:
    """One line for a person: how many faces, and what became of them."""
    if not reports:
        return "no faces found"
    counts = Counter(report.verdict for report in reports)
    parts = [f"{counts[verdict]} {words}" for verdict, words in _WORDS.items() if counts[verdict]]
    return f"{len(reports)} face{'s' if len(reports) > 1 else ''}: " + ", ".join(parts)
