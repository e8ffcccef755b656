"""Pixels of any kind as a small 8-bit RGB picture."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.photo import Pixels

BAND = 256  # rows worked on at once: what a picture of any size needs beyond itself stays small


def reduced(pixels: Pixels, long_side: int) -> NDArray[np.uint8]:
    """(h, w) or (h, w, channels) as (h, w, 3) uint8 RGB, long side at most `long_side`; transparency is dropped.

    Each pixel is the mean of its area.
    """
    return reduced_by_bands(lambda top, bottom: pixels[top:bottom], pixels.shape[1], pixels.shape[0], long_side)


def reduced_by_bands(
    band: Callable[[int, int], NDArray[Any]], width: int, height: int, long_side: int
) -> NDArray[np.uint8]:
    """The same for a picture that is not an array.

    `band` gives its rows from one number up to another, (rows, w) or (rows, w, channels) uint8 or uint16.
    """
    scale = long_side / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(eight_bits(in_colour(contiguous(band(0, height)))))
    narrow, low = max(1, round(width * scale)), max(1, round(height * scale))
    across = np.empty((height, narrow, 3), np.uint8)
    for top in range(0, height, BAND):
        rows = eight_bits(in_colour(contiguous(band(top, min(height, top + BAND)))))
        across[top : top + BAND] = cv2.resize(
            np.ascontiguousarray(rows), (narrow, len(rows)), interpolation=cv2.INTER_AREA
        )
    return np.asarray(cv2.resize(across, (narrow, low), interpolation=cv2.INTER_AREA), np.uint8)


def rows_of(image: Image.Image) -> Callable[[int, int], NDArray[Any]]:
    """The bands of Pillow's image, (rows, w) uint16 or (rows, w, 3) uint8, which is not copied as a whole."""

    def band(top: int, bottom: int) -> NDArray[Any]:
        part = image.crop((0, top, image.width, bottom))
        return np.asarray(part).astype(np.uint16) if part.mode.startswith("I") else np.asarray(part.convert("RGB"))

    return band


def contiguous(pixels: NDArray[Any]) -> Pixels:
    """The same array in one piece of memory: of any shape, uint16 where it is that, else uint8."""
    if pixels.dtype == np.uint16:
        return np.ascontiguousarray(pixels, np.uint16)
    return np.ascontiguousarray(pixels, np.uint8)


def in_colour(pixels: Pixels) -> Pixels:
    """(h, w) or (h, w, channels), uint8 or uint16, as (h, w, 3) of that type: grey repeated, transparency dropped."""
    if pixels.ndim == 2:  # noqa: PLR2004 - no channel axis
        pixels = pixels[..., None]
    if pixels.shape[2] < 3:  # noqa: PLR2004 - grey, or grey and alpha
        pixels = contiguous(np.repeat(pixels[..., :1], 3, axis=2))
    colours: Pixels = pixels[..., :3]
    return colours


def eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """The most significant 8 bits of each sample: uint8 or uint16 of any shape as uint8."""
    return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else np.asarray(pixels, np.uint8)
