"""process(): photo bytes in, outcome out. The whole purpose of gpend in a few lines."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gpend.core import align, codec, paste, restore
from gpend.core.analysis import JudgedFace, PhotoAnalysis, analyse
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.settings import CoreSettings


def process(photo: bytes, networks: Networks, settings: CoreSettings) -> Outcome:
    """Restore what needs it. Same bytes, networks and settings: same outcome.

    Raises PhotoError (with IncompleteError and UnsupportedError) for bytes that cannot be processed.
    """
    analysis = analyse(photo, networks, settings)
    if not any(_is_chosen(face) for face in analysis.faces):
        return _kept(analysis.faces)
    return _restored(analysis, networks, settings)


def judge(photo: bytes, networks: Networks, settings: CoreSettings) -> Kept:
    """What `process` would find before it restores: `restored` is then the verdict of a face that would be tried."""
    return _kept(analyse(photo, networks, settings).faces)


@dataclass(frozen=True)
class Examined:
    """One face as a person wants to see it before they decide: the report, and what it looks like before and after."""

    report: FaceReport
    before: Plane | None  # (side, side, 3), 0 to 1, aligned; None if the face was not measured
    after: Plane | None  # what would become of it; None if nothing does


def examine(photo: bytes, networks: Networks, settings: CoreSettings) -> list[Examined]:
    """Every face; those that could be measured with their crop, those below the threshold with what becomes of it."""
    analysis = analyse(photo, networks, settings)
    template, side = networks.restore.template, networks.restore.size
    weight = paste.mask(template, side)
    tried = {one.place: one for one in _tried(analysis, networks)}
    return [
        _examined(one, analysis.crop(one.face, template, side)[0], tried.get(place), weight)
        if one.weights
        else Examined(one.report, None, None)
        for place, one in enumerate(analysis.faces)
    ]


def _examined(one: JudgedFace, crop: Plane, tried: "_Tried | None", weight: Plane) -> Examined:
    if tried is None:
        return Examined(one.report, crop, None)
    if tried.attempt.refusal:
        return Examined(tried.report, crop, None)
    return Examined(tried.report, crop, crop + tried.attempt.difference * weight[:, :, None])


@dataclass(frozen=True)
class _Tried:
    """A chosen face after the network."""

    place: int  # among the photo's faces
    transform: align.Transform  # of its crop
    attempt: restore.Attempt
    report: FaceReport  # with the network's result judged


def _is_chosen(one: JudgedFace) -> bool:
    return one.report.verdict is Verdict.RESTORED


def _tried(analysis: PhotoAnalysis, networks: Networks) -> list[_Tried]:
    """What the network makes of every chosen face."""
    chosen = [(place, one) for place, one in enumerate(analysis.faces) if one.weights and _is_chosen(one)]
    aligned = [analysis.crop(one.face, networks.restore.template, networks.restore.size) for _, one in chosen]
    blurred = [
        restore.Blurred(crop, align.scale_of(transform), one.weights)
        for (_, one), (crop, transform) in zip(chosen, aligned, strict=True)
        if one.weights
    ]
    return [
        _Tried(place, transform, attempt, _after(one.report, attempt))
        for (place, one), (_, transform), attempt in zip(
            chosen, aligned, restore.attempts(blurred, networks), strict=True
        )
    ]


def _after(report: FaceReport, attempt: restore.Attempt) -> FaceReport:
    return replace(report, verdict=Verdict.REFUSED, reason=attempt.refusal) if attempt.refusal else report


def _restored(analysis: PhotoAnalysis, networks: Networks, settings: CoreSettings) -> Outcome:
    reports = [one.report for one in analysis.faces]
    tries = _tried(analysis, networks)  # all crops are taken before the first face is pasted
    canvas = _canvas(analysis.decoded)
    weight = paste.mask(networks.restore.template, networks.restore.size)
    for one in tries:
        reports[one.place] = one.report
        if not one.attempt.refusal:
            canvas.paste(one.attempt.difference, weight, one.transform)
    if not canvas.changed.any():
        return Kept(summary(reports), tuple(reports))
    history = _history(analysis.photo, networks) if settings.photo.add_tags else ""
    encoded = codec.encode(analysis.photo, analysis.header, canvas.pixels, canvas.changed, history)
    return Restored(encoded.photo, encoded.suffix, summary(reports), tuple(reports), encoded.notes)


def _history(photo: bytes, networks: Networks) -> str:
    """What an output says of itself; gpend.mirror.provenance knows it by these words, also without its attribute."""
    return f"gpend: faces restored with {networks.restore.name} from SHA-256 {hashlib.sha256(photo).hexdigest()}"


def _canvas(decoded: codec.Decoded) -> paste.Canvas:
    """The decoded pixels themselves where they can be written to: a copy of a large photo is 36 MB and more."""
    pixels = decoded.pixels if decoded.pixels.flags.writeable else decoded.pixels.copy()
    return paste.Canvas(pixels, np.zeros(pixels.shape[:2], np.bool_))


def _kept(faces: Sequence[JudgedFace]) -> Kept:
    reports = [one.report for one in faces]
    return Kept(summary(reports), tuple(reports))


WORDS = {
    Verdict.RESTORED: "restored",
    Verdict.SHARP: "sharp enough",
    Verdict.SMALL: "too small",
    Verdict.GONE: "too far gone",
    Verdict.PROFILE: "turned away or badly aligned",
    Verdict.COVERED: "partly covered",
    Verdict.UNSURE: "not surely a face",
    Verdict.REFUSED: "left alone because restoring would not make it better",
}
"""What a person reads for each verdict, after the number of faces."""


def summary(reports: list[FaceReport]) -> str:
    """One line for a person: how many faces, and what became of them."""
    if not reports:
        return "no faces found"
    counts = Counter(report.verdict for report in reports)
    parts = [f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict]]
    return f"{len(reports)} face{'s' if len(reports) > 1 else ''}: " + ", ".join(parts)
