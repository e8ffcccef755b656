"""The formats that gpend reads, and what is asked of each: one module per format fulfils `Container`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpend.core.photo import Mask, Pixels


class Format(StrEnum):
    """The formats that gpend reads."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIF = "HEIF"


SIGNED = "its C2PA signature no longer matches the picture"
"""The note on a photo that was signed."""

CLEAR = "all that would be restored is transparent, so that nothing would be seen of it; gpend keeps the picture"
"""Why a picture is kept of which nobody sees what changes."""

TOO_COARSE = "the picture is compressed so strongly that nothing would be seen of the restoration; gpend keeps it"
"""Why one is kept whose own steps round the change away."""

STEPS = 64
"""Of a table of quantisation: those of a block of 8 by 8 pixels."""


def even(step: float | None, share: float) -> tuple[float, ...]:
    """The table of a format whose step is the same at all frequencies; () where it is not told.

    `share` is how much of such a step its encoders lose, as measured: they choose what they keep, and coarse steps are
    as coarse where the picture holds next to nothing.
    """
    return () if step is None else (share * step,) * STEPS


@dataclass(frozen=True)
class Header:
    """What is known of a photo before its pixels are decoded."""

    format: Format
    width: int  # as stored, before orientation
    height: int
    orientation: int  # EXIF's, 1 to 8
    depth: int = 24  # bits of a pixel, all channels
    quantisation: tuple[float, ...] = ()  # of luma, 64 steps row by row; () where the file tells none


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
    read_back: Header | None = None  # the new file's header, where it has been read already


class Container(Protocol):
    """One format. Whatever a decoder raises on bad input may pass through: codec gives it a name."""

    def header(self, photo: bytes) -> Header:
        """Read the header without decoding; UnsupportedError for a kind that is kept as it is."""
        ...

    def overview(self, photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 RGB in stored orientation, long side at most `long_side`; read to the file's end."""
        ...

    def decode(self, photo: bytes, header: Header) -> Decoded:
        """All pixels."""
        ...

    def encode(self, photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
        """`photo` with its pixels replaced where `changed`, and everything else kept; the result was decoded once.

        pixels: (h, w, 3) uint8 or uint16 over the whole range; changed: (h, w) bool; both in stored orientation.
        """
        ...

    def coded(self, photo: bytes) -> Iterable[bytes | memoryview]:
        """What codes the picture, byte for byte, without decoding it: first how it is turned and formed, then its data.

        As long as only its metadata change, it is the same. Raises PhotoError, or anything, where it cannot be told.
        """
        ...

    def carried_over(self, photo: bytes, restored: bytes, history: str) -> bytes:
        """`photo` with the picture of `restored`, made of the same picture under other metadata; nothing is decoded.

        The thumbnail in its EXIF follows, and `history` is recorded if not empty. Raises PhotoError, or anything, where
        it cannot be done.
        """
        ...
