"""What is known of one photo: its faces in stored coordinates, judged."""

from dataclasses import dataclass, field, replace
from functools import cache

from gpend.core import (
    align,
    background,
    blur,
    blurring,
    codec,
    deconvolution,
    deliberate,
    information,
    light,
    occlusion,
    orientation,
    pattern,
    resolution,
    search,
    shaken_sharp,
    sharpness,
    triage,
)
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.formats.scaling import reduced
from gpend.core.measured import Measured, measured, surely_sharp
from gpend.core.networks import DetectFaces, Networks, RestoreFaces
from gpend.core.photo import Face, Plane
from gpend.core.pixels import PhotoPixels
from gpend.core.report import FaceReport, Verdict
from gpend.core.stages import Stage, Stages
from gpend.settings import Background, CoreSettings, SlightShakes, TriageSettings

LONG_SIDE = 1280
"""Faces are looked for in the photo at this size, in pixels."""


_DOUBTED = frozenset({Verdict.PROFILE, Verdict.COVERED, Verdict.GONE, Verdict.REFUSED, Verdict.UNSURE})
"""Where every face is one of these, the photo may lie on its side."""

_SURELY = 0.1  # so far above the threshold, a face measured at a quick look is sharp


@dataclass(frozen=True)
class JudgedFace:
    """One face in coordinates of the stored photo, and what was decided about it."""

    face: Face
    report: FaceReport
    plan: triage.Plan = triage.NOTHING
    crop: Plane | None = None  # as it was measured: (SIDE, SIDE, 3), 0 to 1, FFHQ-aligned; None if it was not
    terms: sharpness.Terms | None = None  # of its measure
    blur: Blur | None = None  # what the network found; None if it was not asked
    network: RestoreFaces | None = None  # the one that restores it, or would; None if it was not measured
    wished: bool = False  # whether a person wants it restored
    told: str = ""  # in words, what the report says to be taken out of it
    otherwise: triage.Doubt | None = None  # what is decided where that does not come about; None: that it was refused


@dataclass
class PhotoAnalysis(PhotoPixels):
    """One photo, its faces found and judged."""

    faces: list[JudgedFace] = field(default_factory=list)
    in_light: dict[Face, light.Known] = field(default_factory=dict)  # by the blur that the network told first


def analyse(photo: bytes, networks: Networks, settings: CoreSettings, stages: Stages | None = None) -> PhotoAnalysis:
    """The photo with its faces found and judged. Raises PhotoError for bytes that cannot be processed."""
    stages = stages or Stages()
    with stages.during(Stage.DECODE):
        header = codec.identify(photo, settings.photo)
        seen = codec.at_least(photo, header, LONG_SIDE)
    decode = cache(networks.decode or codec.decode)
    quick = analysis = PhotoAnalysis(photo, header, seen, stages, decode=decode)
    found = _at_first_look(quick, networks, settings.triage)
    if found is not None and _is_settled(quick, found, networks, settings):
        return quick
    wants_all = settings.triage.sharpness_threshold >= 1  # also those that are too small for a quick look
    found = search.closer(found, quick.cut, networks.detect) if found and not wants_all else None
    if found is None:
        analysis = PhotoAnalysis(photo, header, reduced(seen, LONG_SIDE), stages, decode=decode)
        found = _found(analysis, quick, networks.detect, settings.triage)
        analysis.faces = _all_judged(analysis, found, networks, settings, quick)
    else:
        analysis.holds = min(1.0, LONG_SIDE / max(seen.shape))  # they are measured as after a full look
        analysis.faces = _all_judged(analysis, found, networks, settings)
    if found and all(one.report.verdict in _DOUBTED for one in analysis.faces):
        turned = search.otherwise(
            reduced(analysis.overview, LONG_SIDE), header, analysis.cut, networks.detect, settings.triage
        )
        analysis.faces = _all_judged(analysis, turned, networks, settings) if turned else analysis.faces
    return analysis


def _at_first_look(analysis: PhotoAnalysis, networks: Networks, settings: TriageSettings) -> list[Face] | None:
    """All faces, where a quick look finds none but certain ones; None where the photo needs a full one."""

    def alone(face: Face) -> float:
        return search.score_alone(face, analysis.cut, networks.detect)

    seen, screen = analysis.overview, networks.screen
    return None if screen is None else search.screened(seen, analysis.header, screen, settings, alone)


def _is_settled(analysis: PhotoAnalysis, found: list[Face], networks: Networks, settings: CoreSettings) -> bool:
    """Whether none of the faces that a quick look found is to be restored; then they are judged."""
    triaged = settings.triage
    doubts = {face: doubt for face in found if (doubt := triage.doubt(face, triaged))}
    sharp = triaged.sharpness_threshold + _SURELY  # above 1 where every face is wanted
    faces: dict[Face, Measured] = {}
    for face in found:
        if face not in doubts:
            faces[face] = measured(analysis, face, sharp)
            if faces[face].measure.sharpness < sharp:
                return False
    if shaken_sharp.are_told(faces, _told(faces, networks, triaged)):
        return False
    turn = analysis.header.orientation
    judged = [
        JudgedFace(face, triage.without_measure(face, doubts[face]))
        if face in doubts
        else _judged(face, _Known(faces[face], networks.restore, None, None, cleans=False), turn, settings)
        for face in found
    ]
    analysis.faces = [_shown(one, analysis.header) for one in judged]
    return True


def _all_judged(
    analysis: PhotoAnalysis,
    found: list[Face],
    networks: Networks,
    settings: CoreSettings,
    quick: PhotoAnalysis | None = None,
) -> list[JudgedFace]:
    """All faces, judged; what is surely sharp in the pixels of a `quick` look is measured in them."""
    doubts = {face: triage.doubt(face, settings.triage) for face in found}
    sharp = settings.triage.sharpness_threshold + _SURELY
    faces = {
        face: (quick and surely_sharp(quick, face, sharp)) or measured(analysis, face)
        for face, doubt in doubts.items()
        if doubt is None
    }
    blurs, shaken = _blurred(analysis, faces, networks, settings.triage)
    left = _left_alone(analysis, faces, blurs, networks.detect, settings.triage)
    cleans = networks.estimate is not None and networks.refine is not None
    known = {
        face: _Known(
            one, _chosen(face, one, blurs.get(face), networks), blurs.get(face), left.get(face), cleans, face in shaken
        )
        for face, one in faces.items()
    }
    judged = [
        JudgedFace(face, triage.without_measure(face, doubt))
        if doubt
        else _judged(face, known[face], analysis.header.orientation, settings)
        for face, doubt in doubts.items()
    ]
    return [_shown(one, analysis.header) for one in judged]


def _shown(one: JudgedFace, header: codec.Header) -> JudgedFace:
    """With its box told in the photo as it is shown."""
    box = orientation.upright_box(one.report.box, header.orientation, (header.width, header.height))
    return replace(one, report=replace(one.report, box=box))


def _found(analysis: PhotoAnalysis, quick: PhotoAnalysis, detect: DetectFaces, settings: TriageSettings) -> list[Face]:
    """Faces in stored coordinates; those that the detector is not sure of were looked at twice, in `quick` pixels."""
    found = search.faces(analysis.overview, analysis.header, quick.cut, detect, settings)
    return [search.confirmed(face, quick.cut, detect, settings) for face in found]


def _blurred(
    analysis: PhotoAnalysis, faces: dict[Face, Measured], networks: Networks, settings: TriageSettings
) -> tuple[dict[Face, Blur], dict[Face, Blur]]:
    """What blurred the faces, of all that may be restored, and of those that count as sharp; nothing without a network.

    What was told of their light is kept in the analysis.
    """
    if networks.estimate is None:
        return {}, {}
    limit = settings.sharpness_threshold
    below = {face: one for face, one in faces.items() if not one.is_sharp(limit)}
    found = blurring.of_faces(analysis, below, networks.estimate)
    analysis.in_light = dict(found.in_light)
    told = _told(faces, networks, settings)
    shaken = shaken_sharp.alone(analysis, faces, told)
    known = {**found.blurs, **shaken}
    shaken |= shaken_sharp.with_others(analysis, faces, known, told, limit)
    return {**known, **shaken}, shaken


def _told(faces: dict[Face, Measured], networks: Networks, settings: TriageSettings) -> dict[Face, Blur]:
    """What the network tells of the faces that count as sharp, and may be shaken all the same, if that is asked for."""
    if networks.estimate is None or settings.slight_shakes is SlightShakes.LEAVE:
        return {}
    return shaken_sharp.told(faces, networks.estimate, settings.sharpness_threshold)


def _left_alone(
    analysis: PhotoAnalysis,
    faces: dict[Face, Measured],
    blurs: dict[Face, Blur],
    detect: DetectFaces,
    settings: TriageSettings,
) -> dict[Face, triage.Doubt]:
    """Why blurred faces are left alone for what little they hold, or for what is around them."""
    crisp = [face.width for face, one in faces.items() if one.measure.sharpness >= background.CRISP]
    doubts = {}
    for face, one in faces.items():
        found = blurs.get(face)
        if found is None and one.is_sharp(settings.sharpness_threshold):
            continue
        smeared = information.blur_width(found, one.transform) if found else 1.0
        doubts[face] = information.doubt(face.width, _apart(analysis, face, one, found) if found else 1.0)
        if settings.sharpness_threshold < 1:
            if settings.background is Background.LEAVE:
                doubts[face] = doubts[face] or background.doubt(face.width, smeared, crisp)
            doubts[face] = doubts[face] or pattern.doubt(luma(one.crop))
        doubts[face] = doubts[face] or _on_closer_look(analysis, face, detect, settings)
    return {face: doubt for face, doubt in doubts.items() if doubt is not None}


def _apart(analysis: PhotoAnalysis, face: Face, one: Measured, found: Blur) -> float:
    """How far apart the face's points must be to be told apart, in pixels of the photo."""
    noise = analysis.noise(face, align.scale_of(one.transform))
    return information.point_width(found, noise, float(luma(one.crop).var()), one.transform)


def _on_closer_look(
    analysis: PhotoAnalysis, face: Face, detect: DetectFaces, settings: TriageSettings
) -> triage.Doubt | None:
    """Why it is left alone as seen in the photo's own pixels; a hidden face is not where every face is wanted."""
    around = align.similarity(face.landmarks, deliberate.template())
    hidden = settings.sharpness_threshold < 1 and deliberate.doubt(analysis.cut(around, deliberate.SIDE, luma))
    return hidden or search.doubt_alone(face, analysis.cut, detect)


@dataclass(frozen=True)
class _Known:
    """All that is known of a measured face before it is decided about."""

    measured: Measured
    network: RestoreFaces  # the one that would restore it
    blur: Blur | None
    left: triage.Doubt | None  # why it is left alone, whatever could be done for it
    cleans: bool  # whether noise and compression can be taken out
    shaken: bool = False  # whether it counts as sharp, and was shaken all the same


def _chosen(face: Face, one: Measured, found: Blur | None, networks: Networks) -> RestoreFaces:
    return resolution.network_for(face, found, one.transform, networks.restorers)


def _judged(face: Face, known: _Known, turn: int, settings: CoreSettings) -> JudgedFace:
    one, found = known.measured, known.blur
    words = blur.described(found, one.transform, turn) if found and deconvolution.helps(found) else ""
    covered, doubt = occlusion.log_odds(one.clean), triage.pose_doubt(face)
    doubt = doubt or (information.paint_doubt(face.width, found, one.transform) if found else None)
    findings = triage.Findings(
        one.measure, covered, doubt, words, known.left, known.network.fit, known.cleans, known.shaken
    )
    judged = triage.judged(face, findings, settings.triage, settings.restore.strength)
    otherwise = triage.sharp(one.measure, settings.triage) if known.shaken else None
    return JudgedFace(
        face, judged.report, judged.plan, one.crop, one.measure.terms, found, known.network, told=words,
        otherwise=otherwise,
    )  # fmt: skip
