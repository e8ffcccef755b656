"""A photo of whose faces a person has a wish of their own: judged twice, and each face taken as it is wanted."""

from dataclasses import replace

from gpend.core import triage
from gpend.core.analysis import JudgedFace, PhotoAnalysis, analyse
from gpend.core.networks import Networks
from gpend.core.report import Verdict
from gpend.core.stages import Stages
from gpend.core.wish import Wish, eager, is_same
from gpend.settings import CoreSettings

_LEFT = "left alone, as you decided"
_WANTED = "as you decided"


def analyse_wished(
    photo: bytes, networks: Networks, settings: CoreSettings, wish: Wish, stages: Stages | None = None
) -> PhotoAnalysis:
    """As `analyse`, but faces that are wanted restored are judged as if none were sharp, and others may be left.

    What the network cannot do it is not asked for: a face of a few pixels, or one that is turned away, stays as it is
    and its report says why. Raises PhotoError as `analyse` does.
    """
    analysis = analyse(photo, networks, settings, stages)
    eagerly: list[JudgedFace] = []
    if any(wish.wants(one.report.box) for one in analysis.faces):
        eagerly = analyse(photo, networks, eager(settings), stages).faces
    analysis.faces = [_wished(one, eagerly, wish) for one in analysis.faces]
    return analysis


def _wished(one: JudgedFace, eagerly: list[JudgedFace], wish: Wish) -> JudgedFace:
    if wish.refuses(one.report.box):
        report = replace(one.report, verdict=Verdict.DECIDED, reason=_LEFT)
        return replace(one, report=report, plan=triage.NOTHING)
    if not wish.wants(one.report.box):
        return one
    found = next((other for other in eagerly if is_same(other.report.box, one.report.box)), one)
    if found.report.verdict is not Verdict.RESTORED:
        return found
    return replace(found, wished=True, report=replace(found.report, reason=f"{found.report.reason}; {_WANTED}"))
