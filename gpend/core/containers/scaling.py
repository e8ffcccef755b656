"""Pixels of any kind as a small 8-bit RGB picture."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Pixels


def reduced(pixels: Pixels, long_side: int) -> NDArray[np.uint8]:
    """(h, w) or (h, w, channels) as (h, w, 3) RGB of 8 bits, long side at most `long_side`; transparency is dropped.

    Each pixel is the mean of its area.
    """
    scale = long_side / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        pixels = contiguous(shrunk.reshape(size[1], size[0], *pixels.shape[2:]))
    return np.ascontiguousarray(eight_bits(in_colour(pixels)))


def contiguous(pixels: NDArray[Any]) -> Pixels:
    """The same array, in one piece of memory."""
    if pixels.dtype == np.uint16:
        return np.ascontiguousarray(pixels, np.uint16)
    return np.ascontiguousarray(pixels, np.uint8)


def in_colour(pixels: Pixels) -> Pixels:
    """(h, w) or (h, w, channels) as (h, w, 3): grey repeated, transparency dropped."""
    if pixels.ndim == 2:  # noqa: PLR2004 - no channel axis
        pixels = pixels[..., None]
    if pixels.shape[2] < 3:  # noqa: PLR2004 - grey, or grey and alpha
        pixels = contiguous(np.repeat(pixels[..., :1], 3, axis=2))
    colours: Pixels = pixels[..., :3]
    return colours


def eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """The most significant 8 bits of each sample."""
    return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else np.asarray(pixels, np.uint8)
