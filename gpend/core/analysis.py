"""What is known of one photo: its faces in stored coordinates, judged."""

from dataclasses import dataclass, field, replace
from functools import cache

from gpend.core import (
    align,
    background,
    blur,
    codec,
    deconvolution,
    deliberate,
    information,
    light,
    occlusion,
    orientation,
    overlooked,
    pattern,
    resolution,
    search,
    sharpness,
    slight_shake,
    triage,
)
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.camera_shake import Part, agreed, beside, may_be_shared, told_alike
from gpend.core.direction import along, followed, told_by, told_either_way, turned
from gpend.core.formats.scaling import reduced
from gpend.core.networks import DetectFaces, EstimateBlur, Networks, RestoreFaces
from gpend.core.photo import Face, Plane
from gpend.core.pixels import PhotoPixels
from gpend.core.report import FaceReport, Verdict
from gpend.core.seen import Seen
from gpend.core.stages import Stage, Stages
from gpend.core.straight_shake import is_straight, told_exactly
from gpend.settings import Background, CoreSettings, SlightShakes, TriageSettings

LONG_SIDE = 1280
"""Faces are looked for in the photo at this size, in pixels."""


_DOUBTED = frozenset({Verdict.PROFILE, Verdict.COVERED, Verdict.GONE, Verdict.REFUSED, Verdict.UNSURE})
"""Where every face is one of these, the photo may lie on its side."""

_LOOKED_AROUND = 3  # faces: four parts of the photo each, and the network is asked about all
_MOST_SURE = 8  # blurred faces, the largest: they are asked whether they were so surely shaken that others were, too
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
    measured: dict[Face, _Measured] = {}
    for face in found:
        if face not in doubts:
            measured[face] = _measured(analysis, face, sharp)
            if measured[face].measure.sharpness < sharp:
                return False
    if _told_shaken(measured, _told(measured, networks, triaged)):
        return False
    turn = analysis.header.orientation
    judged = [
        JudgedFace(face, triage.without_measure(face, doubts[face]))
        if face in doubts
        else _judged(face, _Known(measured[face], networks.restore, None, None, cleans=False), turn, settings)
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
    measured = {
        face: (quick and _surely_sharp(quick, face, sharp)) or _measured(analysis, face)
        for face, doubt in doubts.items()
        if doubt is None
    }
    blurs = _blurs(analysis, measured, networks, settings.triage.sharpness_threshold)
    told = _told(measured, networks, settings.triage)
    shaken = _shaken(analysis, measured, told)
    shaken |= _shaken_with_others(analysis, measured, blurs | shaken, told, settings.triage)
    blurs |= shaken
    left = _left_alone(analysis, measured, blurs, networks.detect, settings.triage)
    cleans = networks.estimate is not None and networks.refine is not None
    known = {
        face: _Known(
            one, _chosen(face, one, blurs.get(face), networks), blurs.get(face), left.get(face), cleans, face in shaken
        )
        for face, one in measured.items()
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


@dataclass(frozen=True)
class _Measured:
    """A face whose sharpness is known."""

    crop: Plane
    clean: Plane  # the same without what lies thinly before the face
    transform: align.Transform
    measure: sharpness.Measure


def _surely_sharp(quick: PhotoAnalysis, face: Face, sharp: float) -> _Measured | None:
    """The measure of a face that is surely sharp in the pixels of a quick look; None where these do not tell."""
    scale = align.scale_of(align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)))
    if not quick.suffices(scale):
        return None
    one = _measured(quick, face, sharp)
    return one if one.measure.sharpness >= sharp else None


def _measured(analysis: PhotoAnalysis, face: Face, least: float = 0.0) -> _Measured:
    """The face measured without specks; with them, where it does not even so reach the `least` that somebody wants."""
    crop, transform = analysis.crop(face, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE), sharpness.SIDE)
    scale = align.scale_of(transform)
    blocks = analysis.blockiness(face, scale)
    with_specks = sharpness.measure(crop, scale, blocks) if least else None
    if with_specks and with_specks.sharpness < least:
        return _Measured(crop, crop, transform, with_specks)
    clean, measure = overlooked.measured(crop, scale, blocks, with_specks)
    return _Measured(crop, clean, transform, measure)


def _blurs(
    analysis: PhotoAnalysis, measured: dict[Face, _Measured], networks: Networks, limit: float
) -> dict[Face, Blur]:
    """What blurred the faces below the threshold; nothing without a network that finds it."""
    asked = [face for face, one in measured.items() if not _is_sharp(one, limit)]
    if networks.estimate is None or not asked:
        return {}
    crops = {face: luma(measured[face].clean) for face in asked}
    told = dict(zip(asked, told_by(list(crops.values()), networks.estimate), strict=True))
    told, in_tones = _in_tones(analysis, measured, crops, told)
    crops |= in_tones
    again = zip(in_tones, told_either_way(list(in_tones.values()), networks.estimate), strict=True)
    told |= {face: replace(along(found, told[face]), first=told[face]) for face, found in again}
    faces = [Part(crops[face], measured[face].transform, followed(crops[face], told[face])) for face in asked]
    blurs = dict(zip(asked, agreed(faces, _beside(analysis, faces, networks.estimate)), strict=True))
    seen = {face: _seen(analysis, face, one, measured) for face, one in blurs.items() if is_straight(one)}
    return blurs | dict(zip(seen, told_exactly(list(seen.values())), strict=True))


def _seen(analysis: PhotoAnalysis, face: Face, found: Blur, measured: dict[Face, _Measured]) -> Seen:
    """The face as the filter takes it, in a crop of SIDE, with what blurred it."""
    return analysis.seen(face, found, measured[face].measure.terms, blur.SIDE)


def _in_tones(
    analysis: PhotoAnalysis, measured: dict[Face, _Measured], crops: dict[Face, Plane], told: dict[Face, Blur]
) -> tuple[dict[Face, Blur], dict[Face, Plane]]:
    """What blurred the faces, drawn the way that light tells too, and crops of those whose light was blurred.

    The crops, (SIDE, SIDE) luma, 0 to 1, are as if their tones had been.
    """
    blurs, found = dict(told), dict[Face, Plane]()
    for face, one in told.items():
        if deconvolution.helps(one):
            seen = _seen(analysis, face, one, measured)
            known = analysis.in_light[face] = turned(seen, light.compared(seen))
            blurs[face], crop = known.blur, light.in_tones(crops[face], known.told)
            found |= {} if crop is None else {face: crop}
    return blurs, found


def _beside(analysis: PhotoAnalysis, faces: list[Part], estimate: EstimateBlur) -> list[Part]:
    """What lies around the largest faces that may have been shaken with all of the photo."""
    shaken = sorted((one for one in faces if may_be_shared(one.blur)), key=lambda one: align.scale_of(one.transform))
    size = (analysis.header.width, analysis.header.height)
    around = [transform for one in shaken[:_LOOKED_AROUND] for transform in beside(one.transform, size)]
    crops = [analysis.cut(transform, blur.SIDE, luma) for transform in around]
    return [Part(*one) for one in zip(crops, around, told_either_way(crops, estimate), strict=True)]


def _told(measured: dict[Face, _Measured], networks: Networks, settings: TriageSettings) -> dict[Face, Blur]:
    """What the network tells of the faces seen from the front that count as sharp and may be shaken all the same."""
    limit = settings.sharpness_threshold
    if networks.estimate is None or settings.slight_shakes is SlightShakes.LEAVE:
        return {}
    asked = [face for face, one in measured.items() if slight_shake.may_be(one.measure, limit) and _is_open(face, one)]
    found = told_by([luma(measured[face].clean) for face in asked], networks.estimate)
    return dict(zip(asked, found, strict=True))


def _shaken(analysis: PhotoAnalysis, measured: dict[Face, _Measured], told: dict[Face, Blur]) -> dict[Face, Blur]:
    """What blurred the faces that count as sharp, and that a hand shook all the same."""
    seen = {
        face: _seen(analysis, face, followed(luma(measured[face].clean), found), measured)
        for face, found in _told_shaken(measured, told).items()
    }
    return {face: one.blur for face, one in seen.items() if slight_shake.is_borne_out(one)}


def _shaken_with_others(
    analysis: PhotoAnalysis,
    measured: dict[Face, _Measured],
    blurs: dict[Face, Blur],
    told: dict[Face, Blur],
    settings: TriageSettings,
) -> dict[Face, Blur]:
    """What blurred more faces that count as sharp, where another face of the photo was surely shaken alike."""
    limit = settings.sharpness_threshold
    asked = [
        face for face in told if face not in blurs and slight_shake.may_be_with_others(measured[face].measure, limit)
    ]
    largest = sorted(blurs, key=lambda face: align.scale_of(measured[face].transform))[:_MOST_SURE]
    surely = [face for face in largest if asked and slight_shake.is_sure(_seen(analysis, face, blurs[face], measured))]
    if not surely:
        return {}
    shaken = [Part(luma(measured[face].clean), measured[face].transform, blurs[face]) for face in surely]
    parts = {face: Part(luma(measured[face].clean), measured[face].transform, told[face]) for face in asked}
    alike = {face: told_alike(part, shaken) for face, part in parts.items()}
    return {
        face: found
        for face, found in alike.items()
        if found and slight_shake.is_borne_out(_seen(analysis, face, found, measured))
    }


def _is_open(face: Face, one: _Measured) -> bool:
    """Is it seen from the front, with nothing before it?"""
    return triage.pose_doubt(face) is None and occlusion.log_odds(one.clean) < triage.COVERED


def _told_shaken(measured: dict[Face, _Measured], told: dict[Face, Blur]) -> dict[Face, Blur]:
    """Those of the faces of which the network tells a shake, with that."""
    return {face: found for face, found in told.items() if slight_shake.is_told(found, measured[face].measure)}


def _is_sharp(one: _Measured, limit: float) -> bool:
    """A threshold of 1 is a person's wish to restore every face."""
    return one.measure.sharpness >= limit and limit < 1


def _left_alone(
    analysis: PhotoAnalysis,
    measured: dict[Face, _Measured],
    blurs: dict[Face, Blur],
    detect: DetectFaces,
    settings: TriageSettings,
) -> dict[Face, triage.Doubt]:
    """Why blurred faces are left alone for what little they hold, or for what is around them."""
    crisp = [face.width for face, one in measured.items() if one.measure.sharpness >= background.CRISP]
    doubts = {}
    for face, one in measured.items():
        found = blurs.get(face)
        if found is None and _is_sharp(one, settings.sharpness_threshold):
            continue
        smeared = information.blur_width(found, one.transform) if found else 1.0
        doubts[face] = information.doubt(face.width, _apart(analysis, face, one, found) if found else 1.0)
        if settings.sharpness_threshold < 1:
            if settings.background is Background.LEAVE:
                doubts[face] = doubts[face] or background.doubt(face.width, smeared, crisp)
            doubts[face] = doubts[face] or pattern.doubt(luma(one.crop))
        doubts[face] = doubts[face] or _on_closer_look(analysis, face, detect, settings)
    return {face: doubt for face, doubt in doubts.items() if doubt is not None}


def _apart(analysis: PhotoAnalysis, face: Face, one: _Measured, found: Blur) -> float:
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

    measured: _Measured
    network: RestoreFaces  # the one that would restore it
    blur: Blur | None
    left: triage.Doubt | None  # why it is left alone, whatever could be done for it
    cleans: bool  # whether noise and compression can be taken out
    shaken: bool = False  # whether it counts as sharp, and was shaken all the same


def _chosen(face: Face, one: _Measured, found: Blur | None, networks: Networks) -> RestoreFaces:
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
