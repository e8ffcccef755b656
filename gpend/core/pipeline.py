"""process(): photo bytes in, outcome out. The whole purpose of gpend in a few lines."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from gpend.core import align, codec, paste, restore
from gpend.core.case import Case, opened
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.core.strength import shares
from gpend.settings import CoreSettings


def process(photo: bytes, networks: Networks, settings: CoreSettings) -> Outcome:
    """Restore what needs it. Same bytes, networks and settings: same outcome.

    Raises PhotoError (with IncompleteError and UnsupportedError) for bytes that cannot be processed.
    """
    case = opened(photo, networks, settings)
    blurred = [place for place, report in enumerate(case.reports) if report.verdict is Verdict.RESTORED]
    if not blurred:
        return Kept(summary(case.reports), tuple(case.reports))
    return _restored(case, blurred, networks, settings)


def judge(photo: bytes, networks: Networks, settings: CoreSettings) -> Kept:
    """What `process` would find before it restores: `restored` is then the verdict of a face that would be tried."""
    case = opened(photo, networks, settings)
    return Kept(summary(case.reports), tuple(case.reports))


@dataclass(frozen=True)
class Examined:
    """One face as a person wants to see it before they decide: the report, and what it looks like before and after."""

    report: FaceReport
    before: Plane | None  # (side, side, 3), aligned; None if the face was not measured
    after: Plane | None  # what would become of it; None if nothing does


def examine(photo: bytes, networks: Networks, settings: CoreSettings) -> list[Examined]:
    """Every face; those that could be measured with their crop, those below the threshold with what becomes of it."""
    case = opened(photo, networks, settings)
    crops = {
        place: case.crop(case.faces[place], networks.restore.template, networks.restore.size)
        for place, report in enumerate(case.reports)
        if report.terms
    }
    chosen = [place for place in crops if case.reports[place].verdict is Verdict.RESTORED]
    tried = restore.attempts([_blurred(case.reports[place], *crops[place]) for place in chosen], networks)
    results = dict(zip(chosen, tried, strict=True))
    weight = paste.mask(networks.restore.template, networks.restore.size)
    return [
        _examined(report, crops[place][0] if place in crops else None, results.get(place), weight)
        for place, report in enumerate(case.reports)
    ]


def _examined(report: FaceReport, crop: Plane | None, attempt: restore.Attempt | None, weight: Plane) -> Examined:
    if crop is None or attempt is None:
        return Examined(report, crop, None)
    if attempt.refusal:
        return Examined(replace(report, verdict=Verdict.REFUSED, reason=attempt.refusal), crop, None)
    return Examined(report, crop, crop + attempt.difference * weight[:, :, None])


def _restored(case: Case, chosen: list[int], networks: Networks, settings: CoreSettings) -> Outcome:
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
    part = report.terms["part"]
    return restore.Blurred(crop, align.scale_of(transform), tuple(part * share for share in shares(report.terms)))


def _canvas(decoded: codec.Decoded) -> paste.Canvas:
    return paste.Canvas(decoded.pixels.copy(), np.zeros(decoded.pixels.shape[:2], np.bool_))


def _written(case: Case, canvas: paste.Canvas, networks: Networks, settings: CoreSettings) -> Outcome:
    reports = tuple(case.reports)
    if not canvas.changed.any():
        return Kept(summary(case.reports), reports)
    history = f"gpend: faces restored with {networks.restore.name}" if settings.photo.add_tags else ""
    encoded = codec.encode(case.photo, case.header, canvas.pixels, canvas.changed, history)
    return Restored(encoded.photo, encoded.suffix, summary(case.reports), reports, encoded.notes)


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
