"""process(): photo bytes in, outcome out. The whole purpose of gpend in a few lines."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, codec, deconvolution, orientation, paste, resolution, restore, sharpness, visible
from gpend.core.analysis import LONG_SIDE, JudgedFace, PhotoAnalysis, analyse
from gpend.core.blend import luma
from gpend.core.blur import Blur, described
from gpend.core.formats.scaling import reduced
from gpend.core.networks import Networks
from gpend.core.photo import Landmarks, Plane
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict, summary_of
from gpend.core.seen import Seen
from gpend.core.stages import Stage, Stages
from gpend.core.wish import Wish
from gpend.core.wished import analyse_wished
from gpend.settings import CoreSettings

_WITHIN = 0.5  # of the weight of a change: from here on a place belongs to what was restored
_PUBLISHED = (512, 1024, 2048)  # sizes of the GPEN networks that there are


def process(
    photo: bytes,
    networks: Networks,
    settings: CoreSettings,
    wish: Wish | None = None,
    clock: Callable[[], float] | None = None,
) -> Outcome:
    """Restore what needs it, and what a person wishes. Same bytes, networks, settings and wish: same outcome.

    With a `clock`, which tells seconds, the outcome says how long each stage took. Raises PhotoError (with
    IncompleteError and UnsupportedError) for bytes that cannot be processed.
    """
    stages = Stages(clock)
    outcome = _processed(photo, stages.watched(networks), settings, wish, stages)
    return replace(outcome, seconds=stages.seconds)


def _processed(photo: bytes, networks: Networks, settings: CoreSettings, wish: Wish | None, stages: Stages) -> Outcome:
    with stages.during(Stage.JUDGE):
        analysis = (
            analyse(photo, networks, settings, stages)
            if wish is None
            else analyse_wished(photo, networks, settings, wish, stages)
        )
    if not any(face.report.verdict is Verdict.RESTORED for face in analysis.faces):
        return _kept(analysis.faces)
    with stages.during(Stage.RESTORE):
        return _restored(analysis, networks, settings)


def judge(photo: bytes, networks: Networks, settings: CoreSettings) -> Kept:
    """What `process` would find before it restores: `restored` is then the verdict of a face that would be tried."""
    return _kept(analyse(photo, networks, settings).faces)


@dataclass(frozen=True)
class Inspected:
    """A photo as a person sees it, with all its faces judged."""

    pixels: NDArray[np.uint8]  # (height, width, 3), upright, long side at most analysis.LONG_SIDE
    scale: float  # its pixels for each pixel of the photo: boxes of the reports times this
    faces: tuple[tuple[FaceReport, Blur | None], ...]  # with what blurred each


def inspect(photo: bytes, networks: Networks, settings: CoreSettings) -> Inspected:
    """What `judge` finds, with the picture that it is found in."""
    analysis = analyse(photo, networks, settings)
    overview = reduced(analysis.overview, LONG_SIDE)
    upright = orientation.upright(overview, analysis.header.orientation)
    scale = overview.shape[1] / analysis.header.width
    faces = tuple((_untried(one), one.blur) for one in analysis.faces)
    return Inspected(np.ascontiguousarray(upright, np.uint8), scale, faces)


@dataclass(frozen=True)
class Examined:
    """One face as a person wants to see it before they decide: the report, and what it looks like before and after."""

    report: FaceReport
    before: Plane | None  # (side, side, 3), 0 to 1, aligned; None if the face was not measured
    after: Plane | None  # what would become of it; None if nothing does
    blur: Blur | None = None  # what blurred it; None if that was not asked, or no network knows


def examine(photo: bytes, networks: Networks, settings: CoreSettings) -> list[Examined]:
    """Every face; those that could be measured with their crop, those below the threshold with what becomes of it."""
    analysis = analyse(photo, networks, settings)
    tried = {one.place: one for one in _tried(analysis, networks, settings)}
    return [_examined(one, tried.get(place)) for place, one in enumerate(analysis.faces)]


def _examined(one: JudgedFace, tried: "_Tried | None") -> Examined:
    if one.crop is None or tried is None:
        return Examined(one.report, one.crop, None, one.blur)
    if tried.attempt.refusal:
        return Examined(tried.report, one.crop, None, one.blur)
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    onwards = align.chained(align.similarity(one.face.landmarks, target), align.inverted(tried.attempt.transform))
    change = tried.attempt.change * tried.attempt.weight[:, :, None]
    side = (sharpness.SIDE, sharpness.SIDE)
    after = one.crop + align.warped(np.asarray(change, np.float32), onwards, side, cv2.BORDER_CONSTANT)
    blur = tried.attempt.blur or one.blur
    return Examined(tried.report, one.crop, np.asarray(np.clip(after, 0, 1), np.float32), blur)


@dataclass(frozen=True)
class _Tried:
    """A chosen face after all stages."""

    place: int  # among the photo's faces
    attempt: restore.Attempt
    report: FaceReport  # with the result judged


def _tried(analysis: PhotoAnalysis, networks: Networks, settings: CoreSettings) -> list[_Tried]:
    """What becomes of every chosen face."""
    chosen = [(place, one) for place, one in enumerate(analysis.faces) if one.plan.acts]
    blurred = [_blurred(analysis, one, networks, wanted=_is_wanted(one, settings)) for _, one in chosen]
    attempts = restore.attempts(blurred, networks, settings.restore.grain, settings.restore.strength)
    return [
        _judged(place, one, analysis, attempt, (networks, settings))
        for (place, one), attempt in zip(chosen, attempts, strict=True)
    ]


def _judged(
    place: int,
    one: JudgedFace,
    analysis: PhotoAnalysis,
    attempt: restore.Attempt,
    how: tuple[Networks, CoreSettings],
) -> _Tried:
    """The attempt, refused where nobody would see it, unless a person wants this face restored, or every face."""
    networks, settings = how
    if not attempt.refusal and not _is_wanted(one, settings) and not _is_noticed(analysis, attempt):
        attempt = replace(attempt, refusal=_invisible(one))
    return _Tried(place, attempt, _after(one, attempt, _maker(one, attempt, networks), analysis.header.orientation))


def _maker(one: JudgedFace, attempt: restore.Attempt, networks: Networks) -> str:
    """The network that made what is new in a face: the one that painted, where one did, else the last before it."""
    painter = one.network or networks.restore
    return painter.name if attempt.painted else (networks.refine or networks.estimate or painter).name


def _is_wanted(one: JudgedFace, settings: CoreSettings) -> bool:
    """Whether a person wants this face restored, or every face."""
    return one.wished or settings.triage.sharpness_threshold >= 1


def _is_noticed(analysis: PhotoAnalysis, attempt: restore.Attempt) -> bool:
    """Whether the change stands out, as `visible` tells: most do so far that it is seen in a quarter of the pixels."""
    seen = visible.side_for(attempt.weight.shape[0] / align.scale_of(attempt.transform))
    surely = visible.SURELY * visible.LEAST
    if _stands_out(analysis, attempt, seen // 2, surely, halved=True) >= surely:
        return True
    return _stands_out(analysis, attempt, seen, visible.LEAST, halved=False) >= visible.LEAST


def _stands_out(analysis: PhotoAnalysis, attempt: restore.Attempt, seen: int, enough: float, *, halved: bool) -> float:
    """How far, in a picture of `seen` pixels, as `visible.noticed_in_luma` tells."""
    side = attempt.weight.shape[0]
    transform = attempt.transform * (seen / side)
    transform[:, 2] += 0.5 * (seen / side - 1)
    before = analysis.cut(transform, seen, luma)
    change, where = (visible.resized(plane, seen) for plane in (luma(attempt.change), attempt.weight))
    return visible.noticed_in_luma(before, change * where, where > _WITHIN, enough, halved=halved)


def _invisible(one: JudgedFace) -> str:
    """Why a change that cannot be seen is not written, and which network would have more to add, if one would."""
    told = "nothing that could be seen would change"
    if one.network is None:
        return told
    transform = align.similarity(one.face.landmarks, _measured_template())
    lacks = one.face.width / resolution.spacing(one.blur, transform) / resolution.held(one.face, one.network)
    larger = next((size for size in _PUBLISHED if size >= lacks * one.network.size), _PUBLISHED[-1])
    if lacks <= 1 or larger <= one.network.size:
        return told
    return f"{told}: {one.network.name} has nothing to add at this size, a network of {larger} px would"


def _blurred(analysis: PhotoAnalysis, one: JudgedFace, networks: Networks, *, wanted: bool) -> restore.Blurred:
    network = one.network or networks.restore
    plan = one.plan
    if plan.paints:
        crop, transform = analysis.crop(one.face, network.template, network.size)
    else:
        crop = np.broadcast_to(np.float32(0), (network.size, network.size, 3))
        transform = align.similarity(one.face.landmarks, network.template)
    seen = _seen(analysis, one, one.blur, one.terms) if one.blur and one.terms else None
    asked = plan.paints, seen, plan.sees, plan.cleans, plan.turned, wanted
    return restore.Blurred(network, crop, transform, plan.weights, *asked, analysis.in_light.get(one.face))


def _seen(analysis: PhotoAnalysis, one: JudgedFace, blur: Blur, terms: sharpness.Terms) -> Seen:
    """The face as the filter takes it; where it may only judge, in the smallest crop."""
    scale = align.scale_of(align.similarity(one.face.landmarks, _measured_template()))
    side = deconvolution.side_for(blur, scale) if one.plan.sees or one.plan.cleans else sharpness.SIDE
    return analysis.seen(one.face, blur, terms, side)


def _measured_template() -> Landmarks:
    return align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)


def _after(one: JudgedFace, attempt: restore.Attempt, maker: str, turn: int) -> FaceReport:
    report, is_told = _told(one, attempt, turn), one.plan.sees or one.plan.cleans
    if not attempt.refusal:
        report = replace(report, network=maker)
        return replace(report, reason=f"{report.reason}; {', '.join(attempt.steps)}") if is_told else report
    if one.otherwise is not None:
        return replace(report, verdict=one.otherwise.verdict, reason=one.otherwise.reason)
    told = f"{report.reason}, but {attempt.refusal}" if is_told else attempt.refusal
    return replace(report, verdict=Verdict.REFUSED, reason=told)


def _told(one: JudgedFace, attempt: restore.Attempt, turn: int) -> FaceReport:
    """The report, of the blur that was taken out; with "perhaps" where none was: the photo may not have borne it out.

    `turn` is the photo's EXIF orientation.
    """
    if attempt.blur is None:
        return _untried(one)
    words = described(attempt.blur, align.similarity(one.face.landmarks, _measured_template()), turn)
    return replace(one.report, reason=one.report.reason.replace(one.told, words, 1))


def _untried(one: JudgedFace) -> FaceReport:
    """The same where nothing was tried: only whoever tries to take a blur out knows whether the photo bears it out."""
    if not (one.plan.sees and one.told):
        return one.report
    return replace(one.report, reason=one.report.reason.replace(one.told, f"perhaps {one.told}", 1))


def _restored(analysis: PhotoAnalysis, networks: Networks, settings: CoreSettings) -> Outcome:
    reports = [one.report for one in analysis.faces]
    tries = _tried(analysis, networks, settings)  # all crops are taken before the first face is pasted
    canvas = _canvas(analysis.decoded)
    for one in tries:
        reports[one.place] = one.report
        if not one.attempt.refusal:
            canvas.paste(one.attempt.change, one.attempt.weight, one.attempt.transform)
    if not canvas.changed.any():
        return Kept(summary(reports), tuple(reports))
    history = _history(analysis.photo, reports) if settings.photo.add_tags else ""
    with analysis.stages.during(Stage.ENCODE):
        encoded = codec.encode(analysis.photo, analysis.header, canvas.pixels, canvas.changed, history)
    return Restored(encoded.photo, encoded.suffix, summary(reports), tuple(reports), encoded.notes)


def _history(photo: bytes, reports: Sequence[FaceReport]) -> str:
    """What an output says of itself; gpend.mirror.inspect knows it by these words, also without its attribute."""
    names = " and ".join(dict.fromkeys(report.network for report in reports if report.network))
    return f"gpend: faces restored with {names} from SHA-256 {hashlib.sha256(photo).hexdigest()}"


def _canvas(decoded: codec.Decoded) -> paste.Canvas:
    """The decoded pixels themselves where they can be written to: a copy of a large photo is 36 MB and more."""
    pixels = decoded.pixels if decoded.pixels.flags.writeable else decoded.pixels.copy()
    return paste.Canvas(pixels, np.zeros(pixels.shape[:2], np.bool_))


def _kept(faces: Sequence[JudgedFace]) -> Kept:
    reports = [_untried(one) for one in faces]
    return Kept(summary(reports), tuple(reports))


def summary(reports: Sequence[FaceReport]) -> str:
    """One line for a person: how many faces, and what became of them."""
    return summary_of([report.verdict for report in reports])
