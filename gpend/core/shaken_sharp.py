"""Faces that count as sharp, and that a hand shook all the same: found by themselves, or with others of their photo."""

from collections.abc import Mapping

from gpend.core import align, occlusion, slight_shake, triage
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.blurring import seen
from gpend.core.camera_shake import Part, told_alike
from gpend.core.direction import followed, told_by
from gpend.core.measured import Measured
from gpend.core.networks import EstimateBlur
from gpend.core.photo import Face
from gpend.core.pixels import PhotoPixels

_MOST_SURE = 8  # blurred faces, the largest: they are asked whether they were so surely shaken that others were, too

Faces = Mapping[Face, Measured]
Blurs = Mapping[Face, Blur]


def told(faces: Faces, estimate: EstimateBlur, limit: float) -> dict[Face, Blur]:
    """What the network tells of the faces seen from the front that count as sharp and may be shaken all the same."""
    asked = [face for face, one in faces.items() if slight_shake.may_be(one.measure, limit) and _is_open(face, one)]
    found = told_by([luma(faces[face].clean) for face in asked], estimate)
    return dict(zip(asked, found, strict=True))


def are_told(faces: Faces, blurs: Blurs) -> dict[Face, Blur]:
    """Those of the faces of which the network tells a shake, with that."""
    return {face: found for face, found in blurs.items() if slight_shake.is_told(found, faces[face].measure)}


def alone(pixels: PhotoPixels, faces: Faces, blurs: Blurs) -> dict[Face, Blur]:
    """What blurred those of the faces that the photo itself bears out to be shaken; `blurs` is what `told` gave."""
    found = {
        face: seen(pixels, face, followed(luma(faces[face].clean), found), faces[face])
        for face, found in are_told(faces, blurs).items()
    }
    return {face: one.blur for face, one in found.items() if slight_shake.is_borne_out(one)}


def with_others(pixels: PhotoPixels, faces: Faces, known: Blurs, blurs: Blurs, limit: float) -> dict[Face, Blur]:
    """What blurred more of them, where another face of the photo was surely shaken alike.

    `known` is what blurred faces of the photo; `blurs` is what `told` gave.
    """
    asked = [
        face for face in blurs if face not in known and slight_shake.may_be_with_others(faces[face].measure, limit)
    ]
    largest = sorted(known, key=lambda face: align.scale_of(faces[face].transform))[:_MOST_SURE]
    surely = [face for face in largest if asked and slight_shake.is_sure(seen(pixels, face, known[face], faces[face]))]
    if not surely:
        return {}
    shaken = [Part(luma(faces[face].clean), faces[face].transform, known[face]) for face in surely]
    parts = {face: Part(luma(faces[face].clean), faces[face].transform, blurs[face]) for face in asked}
    alike = {face: told_alike(part, shaken) for face, part in parts.items()}
    return {
        face: found
        for face, found in alike.items()
        if found and slight_shake.is_borne_out(seen(pixels, face, found, faces[face]))
    }


def _is_open(face: Face, one: Measured) -> bool:
    """Is it seen from the front, with nothing before it?"""
    return triage.pose_doubt(face) is None and occlusion.log_odds(one.clean) < triage.COVERED
