"""Bytes to pixels and back, per format; whatever is not pixels is carried over.

codec ─ formats ─┬ jpeg            as gpend.core.formats.jpeg keeps it whole
                 ├ png             chunks, scanlines, edit ─ palette
                 ├ webp            riff, vp8
                 ├ tiff            ifd, strips ─ compression
                 └ avif, heif      isobmff; heif ─ carried ─ xmp
"""

import codecs
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats import TOO_COARSE, Container, Decoded, Encoded, Format, Header, avif, signatures
from gpend.core.formats.heif import container as heif
from gpend.core.formats.jpeg import container as jpeg
from gpend.core.formats.jpeg import turbo
from gpend.core.formats.png import container as png
from gpend.core.formats.tiff import container as tiff
from gpend.core.formats.webp import container as webp
from gpend.core.photo import Mask, Pixels
from gpend.errors import GpendError, IncompleteError, PhotoError, TransientError, UnsupportedError
from gpend.settings import PhotoSettings

__all__ = [
    "Decoded",
    "Encoded",
    "Format",
    "Header",
    "at_least",
    "decode",
    "encode",
    "identify",
    "load_decoders",
    "named",
    "overview",
]

CONTAINERS: dict[Format, Container] = {
    Format.JPEG: jpeg,
    Format.PNG: png,
    Format.WEBP: webp,
    Format.TIFF: tiff,
    Format.AVIF: avif,
    Format.HEIF: heif,
}
ORDINARY_DEPTH = 32  # bits of a pixel; deeper ones count for more in maximum_megapixels, which is there to bound memory


_LAZY_MODULES = (
    *("PIL.ImageCms", "PIL.ImageColor", "PIL.ImageFilter", "PIL.ImagePalette"),
    *("numpy.fft", "numpy.random", "numpy.polynomial", "numpy.ma"),
)
"""What Pillow and NumPy import at its first use."""


def load_decoders() -> None:
    """Load what else the first photo of each format would: a process that is locked can load nothing any more."""
    Image.init()
    turbo.load()
    for module in _LAZY_MODULES:
        import_module(module)
    for encoding in ("ascii", "latin-1", "utf-16-le", "utf-16-be"):  # Python imports these at their first use
        codecs.lookup(encoding)
    with suppress(ImportError):  # an extra
        import_module("pillow_heif")


def identify(photo: bytes, settings: PhotoSettings) -> Header:
    """Read the header. Raises PhotoError for what is no photo, is refused or is too large."""
    container = CONTAINERS[_format(photo)]
    with named("its header cannot be read"):
        header = container.header(photo)
    megapixels = header.width * header.height / 1e6
    factor, limit = max(1.0, header.depth / ORDINARY_DEPTH), settings.maximum_megapixels
    if megapixels * factor > limit:
        counted = f" (counted {factor:.2g}-fold for their {header.depth} bits)" if factor > 1 else ""
        has, allowed = _told(megapixels, limit)
        raise PhotoError(
            f"the picture has {has} megapixels{counted}, more than photo.maximum_megapixels ({allowed}) allows; "
            "gpend left it as it is"
        )
    return header


def _told(megapixels: float, limit: float) -> tuple[str, str]:
    """Both, the first rounded up, so that it is more in figures too; in whole numbers where the limit is one."""
    if limit.is_integer():
        return f"{math.ceil(megapixels):,}", f"{limit:,.0f}"
    return f"{math.ceil(100 * megapixels) / 100:g}", f"{limit:g}"


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """The photo as (h, w, 3) uint8 RGB, stored orientation, long side at most `long_side`; decoded to its end."""
    with named("it cannot be decoded"):
        return CONTAINERS[header.format].overview(photo, header, long_side)


def at_least(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """The photo as (h, w, 3) RGB, stored orientation, at the size that costs least of those that hold `long_side`.

    Its overview of that size, or, where that would have been made from it, a picture up to twice as long.
    """
    if header.format is not Format.JPEG:
        return overview(photo, header, long_side)
    with named("it cannot be decoded"):
        return jpeg.at_least(photo, header, long_side)


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels. Raises IncompleteError where the file ends too early, PhotoError where it is corrupt."""
    with named("it cannot be decoded"):
        return CONTAINERS[header.format].decode(photo, header)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """`photo` with the pixels under `changed` replaced and everything else kept; `history` is recorded if not empty.

    pixels: (h, w, 3) uint8 or uint16 over the whole range; changed: (h, w) bool; both in stored orientation.
    The result has been decoded once and is of the same size and orientation. Raises PhotoError where that fails, and
    UnsupportedError where the photo's own tables round the whole change away.
    """
    with named("the restored picture cannot be written in its format"):
        encoded = CONTAINERS[header.format].encode(photo, header, pixels, changed, history)
        if changed.any() and encoded.photo == photo:
            raise UnsupportedError(TOO_COARSE)
        _verify(encoded, header)
        return encoded


def _verify(encoded: Encoded, header: Header) -> None:
    """Raise PhotoError unless the new file is a photo of the same size and orientation."""
    read = encoded.read_back or CONTAINERS[_format(encoded.photo)].header(encoded.photo)
    if (read.width, read.height, read.orientation) != (header.width, header.height, header.orientation):
        raise PhotoError("the restored picture did not read back as it was written; gpend left the photo as it is")


def _format(photo: bytes) -> Format:
    """Which format the first bytes tell of; a name is never trusted."""
    if not photo:
        raise IncompleteError("the file is empty")
    found = signatures.format_of(photo)
    if found is not None:
        return found
    name = signatures.name_of(photo)
    if name is not None:
        raise UnsupportedError(f"gpend does not change {name} pictures; it keeps this one as it is")
    raise PhotoError(f"this is not a photo in a format that gpend reads ({', '.join(Format)}); gpend left it as it is")


@contextmanager
def named(what: str) -> Iterator[None]:
    """Turn whatever a decoder raises into the error that says what gpend does next."""
    try:
        yield
    except GpendError:
        raise
    except MemoryError as error:
        raise TransientError("there is not enough memory for this photo at the moment") from error
    except Exception as error:
        if "truncated" in str(error):
            raise IncompleteError("the file ends before its picture does") from error
        raise PhotoError(f"{what}: {error or type(error).__name__}; gpend left the photo as it is") from error
