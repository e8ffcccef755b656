"""Which way a shaken face was drawn (pure): a kernel or its mirror image through the middle.

The power spectrum of a photo is the same for both, so a network that reads it finds the one or the other. The photo
itself tells them apart: with the wrong one the filter leaves an echo beside each edge, and echoes are edges too. A
camera blurs light, which spreads farther from what is bright: in the tones that a photo stores, that looks like an
echo. So both are filtered as blurred tones and as blurred light, and what comes of the four decides. Fitted by
`python -m tests.benchmarks.direction FACES PHOTOS --fit`, and rounded.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, deconvolution, light, shake
from gpend.core.blend import luma
from gpend.core.blur import SIDE, Blur
from gpend.core.networks import EstimateBlur
from gpend.core.noise import noise_level
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_SAME = 0.02  # of a kernel's light: so little lies elsewhere in the mirror image that both restore alike
_OTHER = 0.1  # the same, from which on it is worth asking what blurred light tells: below, next to nothing is lost
_STRENGTH = 1.5  # how many times noise counts in the filter: weak, so that echoes are seen
_SPARSE = 0.8  # the power of differences that is summed: few strong edges count less than many weak ones
_FAINT = 1e-4
_BORDER = 8  # pixels of the crop that the filter's border may disturb


def blurs_of(crops: Sequence[Plane], estimate: EstimateBlur) -> list[Blur]:
    """What blurred each of the crops (SIDE, SIDE), luma, 0 to 1, along the path that its photo tells."""
    return [followed(crop, blur) for crop, blur in zip(crops, told_by(crops, estimate), strict=True)]


def told_by(crops: Sequence[Plane], estimate: EstimateBlur) -> list[Blur]:
    """What the network tells to have blurred each of the crops (SIDE, SIDE), luma, 0 to 1, or its mirror image."""
    return [directed(crop, blur) for crop, blur in zip(crops, told_either_way(crops, estimate), strict=True)]


def told_either_way(crops: Sequence[Plane], estimate: EstimateBlur) -> list[Blur]:
    """What the network tells of crops (SIDE, SIDE), luma, 0 to 1: for whom a kernel and its mirror image are one."""
    if not crops:
        return []
    found = estimate(np.stack(crops))
    told = zip(found.kernels, found.confidence, found.enlarged, found.doubled, strict=True)
    return [
        Blur(kernel, float(confidence), float(enlarged), float(twice)) for kernel, confidence, enlarged, twice in told
    ]


def followed(crop: Plane, blur: Blur) -> Blur:
    """The blur, with the path of a hand that shook along a curve found more exactly in a crop (SIDE, SIDE), 0 to 1."""
    return shake.refined(crop, blur) if deconvolution.helps(blur) and shake.is_curved(blur) else blur


def directed(crop: Plane, blur: Blur) -> Blur:
    """The blur, or with its kernel mirrored through the middle where that explains the crop better.

    `crop` is (SIDE, SIDE) luma, 0 to 1, of the face as it was photographed.
    """
    mirrored = _mirrored(blur)
    if _apart(mirrored, blur) < _SAME:
        return blur
    level = noise_level(np.dstack([np.asarray(np.rint(crop * 255), np.uint8)] * 3))
    margin = round(SIDE * deconvolution.MARGIN)
    padded = cv2.copyMakeBorder(crop, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    seen_through = deconvolution.luma_either_way(np.asarray(padded, np.float32), blur, level, _STRENGTH)
    straight, turned = (_edges(deconvolution.middle(one)) for one in seen_through)
    return mirrored if turned < straight else blur


def turned(seen: Seen, told: light.Told) -> light.Known:
    """The blur, or its mirror image where that explains the face better, as blurred tones and as blurred light.

    `seen` is the face in a crop of SIDE, and `told` what `light.compared` tells of it by its own blur.
    """
    mirrored = replace(seen, blur=_mirrored(seen.blur))
    if _apart(seen.blur, mirrored.blur) < _OTHER:
        return light.Known(seen.blur, told)
    otherwise = light.compared(mirrored)
    is_other = against(seen, told) > against(mirrored, otherwise)
    return light.Known(mirrored.blur, otherwise) if is_other else light.Known(seen.blur, told)


def against(seen: Seen, told: light.Told) -> float:
    """How much speaks against the kernel of a face, in log-odds: to be compared among kernels of one face.

    `told` is what `light.compared` tells of the face by that kernel.
    """
    return float(values(seen, told) @ np.asarray(coefficients.DIRECTION))


def values(seen: Seen, told: light.Told) -> NDArray[np.float64]:
    """(6,) float64: what the fit asks of a face and a blur, as light and as tones; `told` is `light.compared`'s."""
    in_tones, level = luma(seen.padded), seen.noise.level
    ways = ((told.of_light, in_tones - told.brighter), (told.of_tones, in_tones))
    return np.array(
        [
            each
            for found, plane in ways
            for each in (found.leftover, found.gradients, _edges_by(plane, seen.blur, level))
        ]
    )


def _edges_by(padded: Plane, blur: Blur, level: float) -> float:
    """Logarithm of the differences in what the filter finds in luma (1.5 SIDE, 1.5 SIDE)."""
    (found,) = deconvolution.lumas_without(padded, blur, level, [_STRENGTH])
    return float(np.log(_edges(deconvolution.middle(found))))


def along(blur: Blur, other: Blur) -> Blur:
    """The blur, or its mirror image where that is more like another one that the same face was told."""
    mirrored = _mirrored(blur)
    return mirrored if _apart(mirrored, other) < _apart(blur, other) else blur


def _mirrored(blur: Blur) -> Blur:
    return replace(blur, kernel=np.ascontiguousarray(blur.kernel[::-1, ::-1]))


def _apart(blur: Blur, other: Blur) -> float:
    """0 to 1: how much of a kernel's light lies elsewhere in another one."""
    return float(np.abs(blur.kernel - other.kernel).sum() / 2)


def _edges(plane: Plane) -> float:
    """The sum of differences, each to the power of less than 1, as natural pictures have few (Levin et al. 2007)."""
    inner = plane[_BORDER:-_BORDER, _BORDER:-_BORDER]
    return sum(float(((np.abs(np.diff(inner, axis=axis)) + _FAINT) ** _SPARSE).mean()) for axis in (0, 1))
