"""Five landmarks to a similarity transform onto a template, the aligned crop, and the way back.

Templates are in the unit square: multiply by the crop's side. A transform is a 2 x 3 float64 matrix that takes
photo coordinates to crop coordinates; both count from the centre of the first pixel.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Box, Landmarks, Pixels, Plane, Point

Transform: TypeAlias = NDArray[np.float64]
"""(2, 3): times (x, y, 1), a point in pixels of one picture, it is that point in pixels of another."""

FFHQ_TEMPLATE: Landmarks = (
    (0.3768, 0.4686),
    (0.6229, 0.4691),
    (0.5012, 0.6133),
    (0.3931, 0.7254),
    (0.6115, 0.7249),
)
"""The FFHQ crop's mean landmarks; eyes 0.246 of the side apart."""

GPEN_TEMPLATE: Landmarks = (
    (0.3945, 0.4744),
    (0.6041, 0.4732),
    (0.5002, 0.5938),
    (0.4141, 0.7164),
    (0.5877, 0.7154),
)
"""The looser crop that the published GPEN checkpoints were made for; eyes 0.210 of the side apart."""

_PIXEL = 0.5  # standard deviation, in pixels, of what a pixel sees: one of the crop sees `factor` times as wide
_BACK = 0.35  # the same on the way back, where grain is to go whole; with less, what is too fine shows as steps
_TINY = 1e-6  # a scale of nothing
_AREA_FROM = 4.0  # shrinking by more than this begins with averaging by area, which is cheap
_AGAIN_FROM = 0.4  # crop pixels for each photo pixel: below, what is still missing is too coarse to be worth its time


def scaled(template: Landmarks, side: int) -> Landmarks:
    """The template's landmarks in a crop of `side` pixels."""
    first, second, third, fourth, fifth = ((x * side - 0.5, y * side - 0.5) for x, y in template)
    return first, second, third, fourth, fifth


def similarity(landmarks: Sequence[Point], target: Sequence[Point]) -> Transform:
    """The least-squares rotation, uniform scale and shift (Umeyama 1991, no reflection) that takes one to the other."""
    source = np.asarray(landmarks, np.float64) @ (1, 1j)
    wanted = np.asarray(target, np.float64) @ (1, 1j)
    centred = source - source.mean()
    spread = float((np.abs(centred) ** 2).sum())
    turn = complex((wanted * centred.conj()).sum() / spread) if spread > 0 else 1 + 0j
    shift = complex(wanted.mean() - turn * source.mean())
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def scale_of(transform: Transform) -> float:
    """Crop pixels for each photo pixel."""
    return float(np.hypot(transform[0, 0], transform[1, 0]))


def inverted(transform: Transform) -> Transform:
    """The transform from the crop back to the photo."""
    return np.asarray(cv2.invertAffineTransform(transform), np.float64)


def moved(points: Sequence[Point] | NDArray[np.float64], transform: Transform) -> NDArray[np.float64]:
    """The points after the transform, (count, 2)."""
    array = np.asarray(points, np.float64)
    return np.asarray(array @ transform[:, :2].T + transform[:, 2], np.float64)


def residual(landmarks: Landmarks, transform: Transform, target: Landmarks) -> float:
    """Root mean square distance of the transformed landmarks from their targets, in crop pixels."""
    gap = moved(landmarks, transform) - np.asarray(target)
    return float(np.sqrt((gap**2).sum(1).mean()))


def covered(transform: Transform, side: int, width: int, height: int) -> tuple[int, int, int, int]:
    """The photo rectangle under a crop, cut at the photo's edge: x0, y0, x1, y1 in whole pixels, the end outside."""
    corners: Box = (-0.5, -0.5, side - 0.5, side - 0.5)
    square = [(corners[x], corners[y]) for x in (0, 2) for y in (1, 3)]
    points = moved(square, inverted(transform))
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int) + 1
    return max(0, int(low[0])), max(0, int(low[1])), min(width, int(high[0])), min(height, int(high[1]))


def unit(pixels: Pixels) -> Plane:
    """Pixels (h, w, 3) uint8 or uint16 over the whole range as float32 of the same shape, 0 to 1."""
    return np.divide(pixels, np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)


def crop(pixels: Pixels, transform: Transform, side: int, seen: Callable[[Plane], Plane] | None = None) -> Plane:
    """The aligned crop, (side, side, 3) float32 0 to 1; edges are continued, shrinking is filtered by area.

    Only the rectangle under the crop is read, so the cost does not grow with the photo. With `seen`, which takes (h, w,
    3) to (h, w), 0 to 1, the crop is of that.
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = covered(transform, side, width, height)
    region = pixels[max(0, y0 - 4) : y1 + 4, max(0, x0 - 4) : x1 + 4]
    if region.size == 0:
        return np.zeros((side, side, 3) if seen is None else (side, side), np.float32)
    local = shifted(transform, max(0, x0 - 4), max(0, y0 - 4))
    low, high = (float(unit(extreme)) for extreme in (region.min(), region.max()))  # quicker told of whole numbers
    plane = unit(region) if seen is None else seen(unit(region))
    return _warped(plane, local, (side, side), cv2.BORDER_REPLICATE, (low, high))


def shifted(transform: Transform, x: int, y: int) -> Transform:
    """The same transform for coordinates that count from (x, y)."""
    result = transform.copy()
    result[:, 2] += transform[:, :2] @ (x, y)
    return result


def chained(second: Transform, first: Transform) -> Transform:
    """The transform that does `first`, then `second`."""
    result = np.empty((2, 3))
    result[:, :2] = second[:, :2] @ first[:, :2]
    result[:, 2] = second[:, :2] @ first[:, 2] + second[:, 2]
    return result


def warped(image: Plane, transform: Transform, size: tuple[int, int], border: int) -> Plane:
    """`image` (h, w) or (h, w, 3) through the transform, float32 of the same range: bicubic, filtered where it shrinks.

    `size` is the result's width and height, `border` what OpenCV is to see beyond the edge.
    """
    return _warped(image, transform, size, border, (float(image.min()), float(image.max())))


def back_projected(change: Plane, transform: Transform, size: tuple[int, int]) -> Plane:
    """What a picture must gain for its crop of `transform` to gain `change` (side, side, 3): (height, width, 3).

    `size` is the picture's width and height; no value is beyond those of `change`. Each way between the two smooths,
    and what neither lets through would stay in the picture, its grain above all: so the way back smooths less, only
    what a picture would show as steps, and what the crop then still lacks is added once (iterative back-projection,
    Irani and Peleg 1991).
    """
    found = _brought_back(change, transform, size)
    if scale_of(transform) >= _AGAIN_FROM:
        height, width = change.shape[:2]
        missing = change - warped(found, transform, (width, height), cv2.BORDER_REPLICATE)
        found += _brought_back(missing, transform, size)
    return np.clip(found, change.min(), change.max(), out=found)


def _brought_back(change: Plane, transform: Transform, size: tuple[int, int]) -> Plane:
    extremes = float(change.min()), float(change.max())
    return _warped(change, inverted(transform), size, cv2.BORDER_REPLICATE, extremes, pixel=_BACK)


def _warped(  # noqa: PLR0913, PLR0917
    image: Plane,
    transform: Transform,
    size: tuple[int, int],
    border: int,
    extremes: tuple[float, float],
    pixel: float = _PIXEL,
) -> Plane:
    """The same, with the least and the largest value of the image told, and what a pixel sees."""
    image, transform = _shrunk(image, transform, pixel)
    result = np.asarray(cv2.warpAffine(image, transform, size, flags=cv2.INTER_CUBIC, borderMode=border), np.float32)
    return np.clip(result, *extremes, out=result)


def _shrunk(image: Plane, transform: Transform, pixel: float) -> tuple[Plane, Transform]:
    """By area while that is far from the wanted scale, then smoothed to what its pixels can hold."""
    factor = 1.0 / max(scale_of(transform), _TINY)
    if factor > _AREA_FROM:
        height, width = image.shape[:2]
        small = (max(1, round(width / factor * _AREA_FROM)), max(1, round(height / factor * _AREA_FROM)))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.float32)
        transform = transform @ _from_resized((small[0] / width, small[1] / height))
        factor = _AREA_FROM
    if factor > 1.0:
        sigma = pixel * float(np.sqrt(factor**2 - 1))
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
    return image, transform


def _from_resized(zoom: tuple[float, float]) -> NDArray[np.float64]:
    """3 x 3: coordinates of a resized image to those of the image, pixel centres kept."""
    across, down = 1 / zoom[0], 1 / zoom[1]
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
