"""What is known of one photo: its faces in stored coordinates, judged, and its pixels, decoded as late as can be."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import align, blur, codec, deconvolution, occlusion, orientation, sharpness, triage
from gpend.core.blend import luma
from gpend.core.blockiness import blockiness
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.core.photo import Face, Landmarks, Pixels, Plane
from gpend.core.report import FaceReport
from gpend.settings import CoreSettings, TriageSettings

LONG_SIDE = 1280
"""Faces are looked for in the photo at this size, in pixels."""

_SECOND_LOOK = 480  # large faces under strong blur or noise are found only in a small picture


@dataclass(frozen=True)
class JudgedFace:
    """One face in coordinates of the stored photo, and what was decided about it."""

    face: Face
    report: FaceReport
    plan: triage.Plan = triage.NOTHING
    crop: Plane | None = None  # as it was measured: (SIDE, SIDE, 3), 0 to 1, FFHQ-aligned; None if it was not
    terms: sharpness.Terms | None = None  # of its measure
    blur: Blur | None = None  # what the network found; None if it was not asked


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
        return self.cut(transform, side), transform

    def cut(self, transform: align.Transform, side: int) -> Plane:
        """(side, side, 3), 0 to 1: what lies under a crop of this transform."""
        pixels, shrunk = self._enough(align.scale_of(transform))
        return align.crop(pixels, _for_shrunk(transform, shrunk), side)

    def noise(self, face: Face, scale: float) -> Noise:
        """What is not picture in the pixels that a crop of this scale is taken from, told for the photo's own."""
        under, shrunk = self._under(face, scale)
        quantisation = self.header.quantisation
        return Noise(noise_level(under) / shrunk, quantisation_power(quantisation) if quantisation else ())

    def blockiness(self, face: Face, scale: float) -> float:
        """How far JPEG's blocks show in the pixels that a crop of this scale is taken from."""
        under, _ = self._under(face, scale)
        return blockiness(under) if under.size else 0.0

    def _under(self, face: Face, scale: float) -> tuple[Pixels, float]:
        """The pixels under the face's box that a crop of this scale is taken from, and how far they are shrunk."""
        pixels, shrunk = self._enough(scale)
        x0, y0, x1, y1 = (max(0, round(edge * shrunk)) for edge in face.box)
        return pixels[y0:y1, x0:x1], shrunk

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
    found = _found(overview, header, networks)
    doubts = {face: triage.doubt(face, settings.triage) for face in found}
    measured = {face: _measured(analysis, face) for face, doubt in doubts.items() if doubt is None}
    blurs = _blurs(measured, networks, settings.triage)
    judged = [
        JudgedFace(face, triage.without_measure(face, doubt))
        if doubt
        else _judged(face, measured[face], blurs.get(face), header.orientation, settings.triage)
        for face, doubt in doubts.items()
    ]
    analysis.faces = [_shown(one, header) for one in judged]
    return analysis


def _shown(one: JudgedFace, header: codec.Header) -> JudgedFace:
    """With its box told in the photo as it is shown."""
    box = orientation.upright_box(one.report.box, header.orientation, (header.width, header.height))
    return replace(one, report=replace(one.report, box=box))


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


@dataclass(frozen=True)
class _Measured:
    """A face whose sharpness is known."""

    crop: Plane
    transform: align.Transform
    measure: sharpness.Measure


def _measured(analysis: PhotoAnalysis, face: Face) -> _Measured:
    crop, transform = analysis.crop(face, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE), sharpness.SIDE)
    scale = align.scale_of(transform)
    return _Measured(crop, transform, sharpness.measure(crop, scale, analysis.blockiness(face, scale)))


def _blurs(measured: dict[Face, _Measured], networks: Networks, settings: TriageSettings) -> dict[Face, Blur]:
    """What blurred the faces below the threshold; nothing without a network that finds it."""
    limit = settings.sharpness_threshold
    asked = [face for face, one in measured.items() if one.measure.sharpness < limit or limit >= 1]
    if networks.estimate is None or not asked:
        return {}
    found = networks.estimate(np.stack([luma(measured[face].crop) for face in asked]))
    told = zip(asked, found.kernels, found.confidence, strict=True)
    return {face: Blur(kernel, float(confidence)) for face, kernel, confidence in told}


def _judged(face: Face, one: _Measured, found: Blur | None, turn: int, settings: TriageSettings) -> JudgedFace:
    words = blur.described(found, one.transform, turn) if found and deconvolution.helps(found) else ""
    findings = triage.Findings(one.measure, occlusion.log_odds(one.crop), triage.pose_doubt(face), words)
    judged = triage.judged(face, findings, settings)
    return JudgedFace(face, judged.report, judged.plan, one.crop, one.measure.terms, found)
