"""The small picture inside of a photo's EXIF, kept true to the photo."""

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.parsed import parse
from gpend.core.formats.jpeg.picture import decode, replaced
from gpend.core.formats.jpeg.splice import splice
from gpend.core.photo import Mask

VISIBLE = 3.0
"""A change of fewer levels at the thumbnail's size is not seen."""

_SOFTER = (0.0, 0.35, 0.5, 0.7, 1.0, 1.4)
"""Smoothing, in pixels of the thumbnail, that is tried in turn to make it fit its place."""

_SAME = 20.0
"""A thumbnail that is further than this from its photo, in levels on the average, shows something else."""

_LARGEST = 1 << 20
"""More pixels than this are no thumbnail."""

_Area: TypeAlias = tuple[slice, slice]


def refreshed(thumbnail: bytes, pixels: NDArray[np.uint8], change: Difference) -> bytes:
    """The thumbnail with the photo's change put in; the same bytes where that is not seen or does not fit.

    The change is softened a little where that makes it no longer than it was: then it can stay in its place.
    `pixels` (h, w, 3) uint8 are the new photo's. Raises PhotoError for a thumbnail that gpend cannot decode or write.
    """
    small = parse(thumbnail)
    if small.frame.width * small.frame.height > min(_LARGEST, pixels.shape[0] * pixels.shape[1]):
        return thumbnail
    old = decode(small)
    area = _area(old, pixels)
    if area is None:
        return thumbnail
    new, changed = _changed(old, area, change)
    if not changed.any():
        return thumbnail
    results: list[bytes] = []
    for sigma in _SOFTER:
        soft = _softened(new, changed, sigma)
        results.append(splice(thumbnail, small.layout, replaced(small, soft, changed, keeps_steps=True).coded).photo)
        if len(results[-1]) <= len(thumbnail):
            return results[-1]
    return results[0]


def _softened(pixels: NDArray[np.uint8], changed: Mask, sigma: float) -> NDArray[np.uint8]:
    if sigma == 0:
        return pixels
    smooth = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
    return np.where(changed[:, :, None], smooth, pixels)


def _changed(old: NDArray[np.uint8], area: _Area, change: Difference) -> tuple[NDArray[np.uint8], Mask]:
    height, width = old[area].shape[:2]
    shift = change(width, height)
    new, changed = old.copy(), np.zeros(old.shape[:2], np.bool_)
    if np.abs(shift).max() >= VISIBLE:
        new[area] = np.rint(np.clip(old[area] + shift, 0, 255)).astype(np.uint8)
        changed[area] = (new[area] != old[area]).any(-1)
    return new, changed


def _area(thumbnail: NDArray[np.uint8], photo: NDArray[np.uint8]) -> _Area | None:
    """Which part of the thumbnail shows the photo: all of it, or what lies between bars. None: it shows another."""
    fits = {_distance(thumbnail[area], photo): area for area in _areas(thumbnail, photo)}
    nearest = min(fits)
    return fits[nearest] if nearest <= _SAME else None


def _areas(thumbnail: NDArray[np.uint8], photo: NDArray[np.uint8]) -> Iterator[_Area]:
    height, width = thumbnail.shape[:2]
    scale = min(height / photo.shape[0], width / photo.shape[1])
    tall, wide = max(1, round(photo.shape[0] * scale)), max(1, round(photo.shape[1] * scale))
    top, left = (height - tall) // 2, (width - wide) // 2
    yield np.s_[:, :]
    yield np.s_[top : top + tall, left : left + wide]


def _distance(shown: NDArray[np.uint8], photo: NDArray[np.uint8]) -> float:
    """The mean absolute difference of two pictures at the first one's size, in levels."""
    height, width = shown.shape[:2]
    every = max(1, min(photo.shape[0] // height, photo.shape[1] // width) // 2)
    small = Image.fromarray(np.ascontiguousarray(photo[::every, ::every])).resize((width, height), Image.Resampling.BOX)
    return float(np.abs(np.asarray(small, np.int16) - shown).mean())
