"""OpenCV's decoder: it keeps 16 bits, and needs no more memory than the pixels themselves."""

import cv2
import numpy as np

from gpend.core.formats.scaling import contiguous
from gpend.core.photo import Pixels
from gpend.errors import PhotoError

GREY = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH
COLOUR = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
WHOLE = cv2.IMREAD_UNCHANGED
"""What is wanted of a picture: its grey, its colours, or all its channels."""

BAND = 256  # rows turned at once: in place, and yet without a second picture


def read(data: bytes, wanted: int, width: int, height: int) -> Pixels:
    """(height, width) or (height, width, channels) with red first, uint8 or uint16 as stored, in stored orientation.

    Raises PhotoError where the picture cannot be decoded or is of another size.
    """
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), wanted | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None or decoded.shape[:2] != (height, width):
        raise PhotoError("the file is corrupt: its picture cannot be decoded")
    pixels = contiguous(decoded)
    if pixels.ndim == 3:  # noqa: PLR2004 - there are channels
        for top in range(0, height, BAND):
            pixels[top : top + BAND, :, :3] = pixels[top : top + BAND, :, 2::-1].copy()
    return pixels
