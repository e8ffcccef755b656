"""What blurred the faces of one photo: asked of the network, of blurred light, of each other, and of their spectra."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gpend.core import align, blur, deconvolution, light
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.camera_shake import Part, agreed, beside, may_be_shared
from gpend.core.direction import along, followed, told_by, told_either_way, turned
from gpend.core.measured import Measured
from gpend.core.networks import EstimateBlur
from gpend.core.photo import Face, Plane
from gpend.core.photo_shake import as_all_of_photo
from gpend.core.pixels import PhotoPixels
from gpend.core.seen import Seen
from gpend.core.straight_shake import is_straight, told_exactly

_LOOKED_AROUND = 3  # faces: four parts of the photo each, and the network is asked about all


@dataclass(frozen=True)
class Blurring:
    """What blurred faces of one photo."""

    blurs: Mapping[Face, Blur]
    in_light: Mapping[Face, light.Known]  # whether light was blurred, by the blur that the network told first


def of_faces(pixels: PhotoPixels, asked: Mapping[Face, Measured], estimate: EstimateBlur) -> Blurring:
    """What blurred each of the faces of a photo."""
    if not asked:
        return Blurring({}, {})
    crops = {face: luma(one.clean) for face, one in asked.items()}
    told = dict(zip(asked, told_by(list(crops.values()), estimate), strict=True))
    in_light = _in_light(pixels, asked, told)
    told |= {face: known.blur for face, known in in_light.items()}
    in_tones = _in_tones(crops, in_light)
    crops |= in_tones
    again = zip(in_tones, told_either_way(list(in_tones.values()), estimate), strict=True)
    told |= {face: replace(along(found, told[face]), first=told[face]) for face, found in again}
    faces = [Part(crops[face], asked[face].transform, followed(crops[face], told[face])) for face in asked]
    blurs = dict(zip(asked, agreed(faces, _beside(pixels, faces, estimate)), strict=True))
    lines = {face: seen(pixels, face, one, asked[face]) for face, one in blurs.items() if is_straight(one)}
    blurs |= dict(zip(lines, told_exactly(list(lines.values())), strict=True))
    return Blurring(as_all_of_photo(pixels, asked, blurs), in_light)


def seen(pixels: PhotoPixels, face: Face, found: Blur, one: Measured) -> Seen:
    """The face as the filter takes it, in a crop of `blur.SIDE`, with what blurred it."""
    return pixels.seen(face, found, one.measure.terms, blur.SIDE)


def _in_light(
    pixels: PhotoPixels, asked: Mapping[Face, Measured], told: Mapping[Face, Blur]
) -> dict[Face, light.Known]:
    """Whether light was blurred, where there is a blur to be taken out, and that drawn the way that light tells too."""
    found = {face: seen(pixels, face, one, asked[face]) for face, one in told.items() if deconvolution.helps(one)}
    return {face: turned(one, light.compared(one)) for face, one in found.items()}


def _in_tones(crops: Mapping[Face, Plane], known: Mapping[Face, light.Known]) -> dict[Face, Plane]:
    """Crops, (SIDE, SIDE) luma, 0 to 1, of those whose light was blurred, as if their tones had been."""
    darker = {face: light.in_tones(crops[face], one.told) for face, one in known.items()}
    return {face: crop for face, crop in darker.items() if crop is not None}


def _beside(pixels: PhotoPixels, faces: list[Part], estimate: EstimateBlur) -> list[Part]:
    """What lies around the largest faces that may have been shaken with all of the photo."""
    shaken = sorted((one for one in faces if may_be_shared(one.blur)), key=lambda one: align.scale_of(one.transform))
    size = (pixels.header.width, pixels.header.height)
    around = [transform for one in shaken[:_LOOKED_AROUND] for transform in beside(one.transform, size)]
    crops = [pixels.cut(transform, blur.SIDE, luma) for transform in around]
    return [Part(*one) for one in zip(crops, around, told_either_way(crops, estimate), strict=True)]
