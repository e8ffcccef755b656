"""What is known of one photo: its faces in stored coordinates, judged, and its pixels, decoded as late as can be."""

from dataclasses import dataclass

import cv2
import numpy as np

from gpend.core import align, codec, occlusion, orientation, sharpness, triage
from gpend.core.blend import BlendWeights
from gpend.core.blockiness import blockiness
from gpend.core.networks import Networks
from gpend.core.photo import Face, Landmarks, Pixels, Plane
from gpend.core.report import FaceReport
from gpend.settings import CoreSettings

LONG_SIDE = 1280
"""Faces are looked for in the photo at this size, in pixels."""

_SECOND_LOOK = 480  # large faces under strong blur or noise are found only in a small picture


@dataclass(frozen=True)
class JudgedFace:
    """One face in coordinates of the stored photo, and what was decided about it."""

    face: Face
    report: FaceReport
    weights: BlendWeights | None = None  # how much of the network's change it would get; None if it was not measured


@dataclass
class PhotoAnalysis:
    """One photo, its faces found and judged."""

    photo: bytes
    header: codec.Header
    overview: Pixels
    faces: list[JudgedFace]
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
        pixels, shrunk = self._enough(align.scale_of(transform))
        return align.crop(pixels, _for_shrunk(transform, shrunk), side), transform

    def blockiness(self, face: Face, scale: float) -> float:
        """How far JPEG's blocks show in the pixels that a crop of this scale is taken from."""
        pixels, shrunk = self._enough(scale)
        x0, y0, x1, y1 = (max(0, round(edge * shrunk)) for edge in face.box)
        under = pixels[y0:y1, x0:x1]
        return blockiness(under) if under.size else 0.0

    def _enough(self, scale: float) -> tuple[Pixels, float]:
        """What a crop of this scale (its pixels for each photo pixel) can be taken from, and how far that is shrunk."""
        shrunk = self.overview.shape[1] / self.header.width
        holds_all = self.overview.shape[:2] == (self.header.height, self.header.width)
        return (self.overview, shrunk) if holds_all or scale <= shrunk else (self.decoded.pixels, 1.0)


def _for_shrunk(transform: align.Transform, shrunk: float) -> align.Transform:
    offset = 0.5 / shrunk - 0.5
    result = align.shifted(transform, 0, 0)
    result[:, 2] += transform[:, :2] @ (offset, offset)
    result[:, :2] /= shrunk
    return result


def analyse(photo: bytes, networks: Networks, settings: CoreSettings) -> PhotoAnalysis:
    """The photo with its faces found and judged. Raises PhotoError for bytes that cannot be processed."""
    header = codec.identify(photo, settings.photo)
    overview = codec.overview(photo, header, LONG_SIDE)
    analysis = PhotoAnalysis(photo, header, overview, [])
    analysis.faces = [_judged(analysis, face, settings) for face in _found(overview, header, networks)]
    return analysis


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


def _judged(analysis: PhotoAnalysis, face: Face, settings: CoreSettings) -> JudgedFace:
    doubt = triage.doubt(face, settings.triage)
    if doubt is not None:
        return JudgedFace(face, triage.without_measure(face, doubt))
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    crop, transform = analysis.crop(face, target, sharpness.SIDE)
    scale = align.scale_of(transform)
    measure = sharpness.measure(crop, scale, analysis.blockiness(face, scale))
    judged = triage.judged(face, measure, occlusion.log_odds(crop), settings.triage)
    return JudgedFace(face, judged.report, judged.weights)
