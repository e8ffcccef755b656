"""AV1 pictures decoded and encoded: those of 8 bits a sample by Pillow, deeper ones by OpenCV.

What OpenCV writes has colours in full range, and shared by four pixels (4:2:0).
"""

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile

from gpend.core.formats import opencv
from gpend.core.formats.scaling import contiguous
from gpend.core.photo import Pixels
from gpend.errors import PhotoError

DEEP, DEEPEST, GREY, HALVED = 0x40, 0x20, 0x10, 0x0C  # flags in av1C's third byte (AV1 in ISO base media, 2.3.3)
SUBSAMPLINGS = {0x0C: "4:2:0", 0x08: "4:2:2"}  # by the flags HALVED, across and down; without them 4:4:4
WHOLE = 16  # bits of a sample of a deep picture, as all of gpend has it
BLACK, WHITE = 16, 235  # of limited range, as it counts 8 bits
SPEED = 6  # of libaom, from 0 to 10; Pillow's own default


@dataclass(frozen=True)
class Coding:
    """What av1C tells: its first four bytes."""

    content: bytes

    @property
    def bits(self) -> int:
        """Of a sample: 8, 10 or 12."""
        deep = 12 if self.content[2] & DEEPEST else 10
        return deep if self.content[2] & DEEP else 8

    @property
    def is_deep(self) -> bool:
        """More than 8 bits for a sample."""
        return self.bits > 8  # noqa: PLR2004 - what all programs have

    @property
    def grey(self) -> bool:
        """No chroma."""
        return bool(self.content[2] & GREY)

    @property
    def subsampling(self) -> str:
        """As Pillow calls it."""
        return SUBSAMPLINGS.get(self.content[2] & HALVED, "4:4:4")

    @property
    def is_written(self) -> bool:
        """Whether a picture can be encoded so; where OpenCV was built without AVIF, no deep one can."""
        return not self.is_deep or ((self.grey or self.subsampling == "4:2:0") and cv2.haveImageWriter(".avif"))


def opened(photo: bytes, width: int, height: int) -> AvifImageFile:
    """A file of this size, decoded as 8 bits. Raises PhotoError where it is of another."""
    image = AvifImageFile(BytesIO(photo))
    if image.size != (width, height):
        raise PhotoError("the file is corrupt: its picture is not of the size that its header promises")
    image.load()
    return image


def decoded(photo: bytes, coding: Coding, width: int, height: int, *, limited: bool = False) -> Pixels:
    """(h, w), (h, w, 3) or (h, w, 4) as stored: uint8, or uint16 over the whole range. Raises PhotoError.

    `limited`: its samples are in that range, of which OpenCV takes no notice where a deep picture is grey.
    """
    if not coding.is_deep:
        return np.array(opened(photo, width, height), np.uint8)
    samples = opencv.read(photo, opencv.GREY if coding.grey else opencv.COLOUR, width, height)
    if coding.grey and limited:
        return contiguous(_widened(coding.bits)[samples])
    up = WHOLE - coding.bits
    return contiguous(samples << up | samples >> coding.bits - up)


def _widened(bits: int) -> NDArray[np.uint16]:
    """What each sample of so many bits in limited range is over the whole one of 16."""
    shares = (np.arange(1 << bits) / (1 << bits - 8) - BLACK) / (WHITE - BLACK)
    return np.round(np.clip(shares, 0, 1) * ((1 << WHOLE) - 1)).astype(np.uint16)


def encoded(samples: Pixels, coding: Coding, quality: int, *, limited: bool) -> bytes:
    """An AVIF of (h, w, 3) RGB samples, as `decoded` has them, coded as another is; `limited`: in that range.

    quality: as libavif has it, up to 100. Deep ones are in full range whatever is asked for. Raises PhotoError.
    """
    picture = contiguous(samples[..., 0] if coding.grey else samples)
    if coding.is_deep:
        return _deep(contiguous(picture >> WHOLE - coding.bits), coding.bits, quality)
    stream = BytesIO()
    subsampling = "4:0:0" if coding.grey else coding.subsampling
    span = "limited" if limited else "full"
    Image.fromarray(picture).save(stream, "AVIF", quality=quality, subsampling=subsampling, range=span)
    return stream.getvalue()


def _deep(samples: Pixels, bits: int, quality: int) -> bytes:
    asked = (cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, quality, cv2.IMWRITE_AVIF_SPEED, SPEED)
    is_written, found = cv2.imencode(".avif", samples if samples.ndim == 2 else samples[..., ::-1], asked)  # noqa: PLR2004 - no colours
    if not is_written:
        raise PhotoError("the restored picture could not be coded; gpend left the photo as it is")
    return found.tobytes()
