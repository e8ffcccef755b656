"""Bytes to pixels and back, per format; whatever is not pixels is carried over."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Mask, Pixels
from gpend.settings import PhotoSettings


class Format(StrEnum):
    """The formats that gpend reads."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIF = "HEIF"


@dataclass(frozen=True)
class Header:
    """What is known of a photo before its pixels are decoded."""

    format: Format
    width: int  # as stored, before orientation
    height: int
    orientation: int  # EXIF's, 1 to 8


@dataclass(frozen=True)
class Decoded:
    """The pixels of a photo, in stored orientation."""

    pixels: Pixels
    grey: bool  # stored without colour: the three channels are equal and must stay so


@dataclass(frozen=True)
class Encoded:
    """A whole new file."""

    photo: bytes
    suffix: str  # the ending that the file's name must change to, or ""
    notes: tuple[str, ...]  # what else a person should know


def identify(photo: bytes, settings: PhotoSettings) -> Header:
    """Read the header. Raises PhotoError for what is no photo, is refused or is too large."""
    raise NotImplementedError


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """The photo as (h, w, 3) RGB, stored orientation, long side at most `long_side`; decoded to its end."""
    raise NotImplementedError


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels. Raises IncompleteError where the file ends too early, PhotoError where it is corrupt."""
    raise NotImplementedError


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """`photo` with the pixels under `changed` replaced and everything else kept; `history` is recorded if not empty."""
    raise NotImplementedError
