"""The shake of a whole photo, read from what lies around its largest shaken face.

A hand that shakes moves all of a photo along one path. Where the network is not sure of it, blind deconvolution reads
it from hundreds of edges instead of one face. A camera blurs light and apps blur tones, so it is read as both, and how
well each explains the face in light decides. What is read stands in for what was told where it is a shake, and about as
far, for what stands still around somebody who moved tells of none; where the filter leaves no more detail with it
around the face, for echoes are detail too; where what lies near the face tells the same, for a camera may have rolled;
and where a face does not speak against it: somebody may have moved otherwise, or stand out of focus.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gpend.core import align, blind_deconvolution, blur, camera_shake, direction, light, shake
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.measured import Measured
from gpend.core.photo import Box, Face, Plane
from gpend.core.pixels import PhotoPixels
from gpend.core.seen import Seen

_SIDE, _LEAST_SIDE = 512, 320  # pixels of what is read: more takes longer, in less there are too few edges
_AS_FAR, _AS_FAR_LINE = 0.45, 0.75
"""How far the light of what is read must lie from its middle, for that of what was told, and where that is a line:
where it is less, the face alone moved."""
_NOISY = 2 / 255  # standard deviation of noise from which on it misleads what is read
_LONGER, _MORE = 1.4, 3  # how far a kernel may reach, for what was told, and so many pixels more
_MOST_REACH = 45  # pixels
_MOST_CARRIED = 100  # pixels of the crop of `blur.SIDE`, within which a kernel must lie there
_REACH_OF_SIDE = 6  # times that what is read must be larger
_DARK = 0.02  # of a kernel's brightest pixel: less does not count for its reach
_ROUGHER, _ROUGHER_LINE = 0.15, 0.05  # how much more detail may be left than by what was told; where that is a line
_LINE = 5.0  # the longer axis of a kernel for the shorter one, from which on it is one
_SURE_LINE = 0.98  # confidence from which on such a line is not read again
_AGAINST_IT = 7.0  # log-odds by which the face may speak more against it, as it does against the wrong way round
_SAME, _SAME_FAR = 0.0045, 0.0075
"""The error between what is read near the face and all around, and for that of no shake, where that is more: up to
.007 of it in 23 of 28 photos of which none rolled by more than .3 degrees, .009 and more in 8 of 10 rolled by 1.6."""
_NOSE = 2  # of the landmarks
_OF_LIGHT = 0.5  # share from which on light was blurred, by the kernel that is read of light
_CONFIDENCE = 0.985  # of what is read, for the filter: a network that is so sure errs as little
_CUT = 0.02  # of a kernel's light: more of it beyond what a kernel holds, and it cannot be told in that crop
_AGAINST, _FOR = -0.12, 0.05
"""How far ahead of its own kernel what is read must be for a face: of one that was shaken, and of one that was told to
be out of focus, or surely another path."""


@dataclass(frozen=True)
class _Part:
    """A part of the photo, not turned."""

    transform: align.Transform  # from the photo to it
    plane: Plane  # (side, side) luma, 0 to 1


def as_all_of_photo(
    pixels: PhotoPixels, faces: Mapping[Face, Measured], blurs: Mapping[Face, Blur]
) -> dict[Face, Blur]:
    """What blurred each of the faces, by all that lies around the largest one that was shaken.

    Where a kernel is replaced, the blur as it was is in `told`, and it is not known whether the face is there twice.
    """
    shaken = [face for face, one in blurs.items() if camera_shake.may_be_shared(one) and not _is_sure_line(one)]
    if not shaken:
        return dict(blurs)
    largest = max(shaken, key=lambda face: face.width)
    is_noisy = pixels.noise(largest, align.scale_of(faces[largest].transform)).level >= _NOISY
    around = None if is_noisy else _around(pixels, faces[largest].transform, largest.box)
    if around is None:
        return dict(blurs)
    read = _read(pixels, largest, faces[largest], blurs[largest], around)
    return {
        face: one if read is None else _taken(faces[face], one, (read, around.transform)) for face, one in blurs.items()
    }


def _is_line(told: Blur) -> bool:
    long, short, _ = told.axes()
    return long > _LINE * short


def _is_sure_line(told: Blur) -> bool:
    """Is it a straight path that is told well enough? What is read errs as much."""
    return _is_line(told) and told.confidence >= _SURE_LINE


def _around(pixels: PhotoPixels, transform: align.Transform, box: Box) -> _Part | None:
    """A square around a face, in the pixels of its crop of `blur.SIDE` or, where that is enlarged, the photo's."""
    scale = min(1.0, align.scale_of(transform))
    wide, high = ((length - 1) * scale for length in (pixels.header.width, pixels.header.height))
    side = int(min(_SIDE, wide, high))
    if side < _LEAST_SIDE:
        return None
    x0, y0, x1, y1 = (edge * scale for edge in box)
    left = float(np.clip((x0 + x1 - side) / 2, 0, wide - side))
    above = float(np.clip((y0 + y1 - side) / 2, 0, high - side))
    there = np.array([[scale, 0, -left], [0, scale, -above]])
    return _Part(there, np.clip(pixels.cut(there, side, luma), 0, 1))


@dataclass(frozen=True)
class _Reading:
    """What was read of light, or of tones."""

    plane: Plane  # (side, side), 0 to 1: the one or the other
    kernel: Plane  # in its pixels
    seen: Seen  # the face, with this kernel
    explained: light.Told  # by it


def _read(pixels: PhotoPixels, face: Face, one: Measured, told: Blur, around: _Part) -> Plane | None:
    """The kernel that the part of the photo tells, in its pixels; None where the one that was told is as good."""
    onwards = around.transform[:, :2] @ np.linalg.inv(one.transform[:, :2])
    own, lost = camera_shake.carried(told.kernel, onwards)
    if lost > _CUT:
        return None
    reach = min(int(_LONGER * _reach_of(own) + _MORE), _MOST_REACH, around.plane.shape[0] // _REACH_OF_SIDE)

    def explained(found: Blur) -> tuple[Seen, light.Told]:
        seen = pixels.seen(face, found, one.measure.terms, blur.SIDE)
        return seen, light.compared(seen)

    def read_of(plane: Plane) -> _Reading | None:
        kernel = blind_deconvolution.kernel_of(plane, reach)
        found = _carried(kernel, told, np.linalg.inv(onwards))
        return _Reading(plane, kernel, *explained(found)) if found else None

    reading = read_of(light.light_of(around.plane))
    if reading and reading.explained.share < _OF_LIGHT:
        reading = read_of(around.plane)
    if reading is None or not _is_shake_as_far(reading.seen.blur, told):
        return None
    rougher = blind_deconvolution.roughness(reading.plane, reading.kernel)
    rougher -= blind_deconvolution.roughness(reading.plane, own)
    against = direction.against(reading.seen, reading.explained) - direction.against(*explained(told))
    is_borne_out = rougher <= (_ROUGHER_LINE if _is_line(told) else _ROUGHER) and against <= _AGAINST_IT
    return reading.kernel if is_borne_out and _is_same_near(reading, face, around) else None


def _is_same_near(reading: _Reading, face: Face, around: _Part) -> bool:
    """Is it the same shake near the face? Where the camera rolled too, it is another from place to place."""
    x, y = (float(one) for one in align.moved([face.landmarks[_NOSE]], around.transform)[0])
    near = blind_deconvolution.kernel_of(reading.plane, reading.kernel.shape[0] // 2, (x, y))
    there, here = camera_shake.transfer(reading.kernel), camera_shake.transfer(near)
    far = camera_shake.error(np.ones_like(there), there)
    return camera_shake.error(here, there) <= max(_SAME, _SAME_FAR * far)


def _is_shake_as_far(found: Blur, told: Blur) -> bool:
    """Is it a shake, and about as far as was told? What stands still around somebody who moved tells of none."""
    least = _AS_FAR_LINE if _is_line(told) else _AS_FAR
    return camera_shake.may_be_shared(found) and found.spread >= least * told.spread


def _carried(kernel: Plane, told: Blur, onwards: camera_shake.Linear) -> Blur | None:
    """The blur by this kernel of the part, in the pixels of a crop, with its light around the middle: as if unmoved.

    None where it is too long there: of so small a face nothing would come back.
    """
    reach = kernel.shape[0] // 2
    needed = math.ceil(math.sqrt(2 * abs(np.linalg.det(onwards))) * _reach_of(kernel)) + 1
    if needed > _MOST_CARRIED:
        return None
    places = np.arange(-reach, reach + 1)
    across, down = (float((kernel.sum(axis=axis) * places).sum()) for axis in (0, 1))
    room = max(0, needed - reach, told.kernel.shape[0] // 2 - reach)
    here, lost = camera_shake.carried(np.pad(kernel, room), onwards, (across, down))
    if lost > _CUT:
        return None
    confidence = max(told.confidence, _CONFIDENCE)
    return replace(told, kernel=here, confidence=confidence, doubled=-math.inf, told=told)


def _reach_of(kernel: Plane) -> int:
    """How far the light of a kernel lies from its middle, along rows or columns, in pixels."""
    middle = kernel.shape[0] // 2
    return int(np.abs(np.argwhere(kernel > _DARK * kernel.max()) - middle).max())


def _taken(one: Measured, told: Blur, read: tuple[Plane, align.Transform]) -> Blur:
    """What is read, for a face that does not speak against it, or its own blur."""
    kernel, there = read
    onwards = one.transform[:, :2] @ np.linalg.inv(there[:, :2])
    found = _carried(kernel, told, onwards)
    if found is None:
        return told
    evidence = shake.evidence_of(luma(one.clean))
    ahead = shake.misfit(evidence, told.kernel) - shake.misfit(evidence, found.kernel)
    return found if ahead > (_AGAINST if camera_shake.may_be_shared(told) else _FOR) else told
