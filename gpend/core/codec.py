"""Bytes to pixels and back, per format; whatever is not pixels is carried over."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from gpend.core.containers import Container, Decoded, Encoded, Format, Header, jpeg, plain, png, tiff, webp
from gpend.core.photo import Mask, Pixels
from gpend.errors import GpendError, IncompleteError, PhotoError, TransientError, UnsupportedError
from gpend.settings import PhotoSettings

__all__ = ["Decoded", "Encoded", "Format", "Header", "decode", "encode", "identify", "overview"]

CONTAINERS: dict[Format, Container] = {Format.JPEG: jpeg, Format.PNG: png, Format.WEBP: webp, Format.TIFF: tiff}
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def identify(photo: bytes, settings: PhotoSettings) -> Header:
    """Read the header. Raises PhotoError for what is no photo, is refused or is too large."""
    kind = _format(photo)
    with _named("its header cannot be read"):
        header = CONTAINERS[kind].header(photo) if kind in CONTAINERS else plain.header(photo, kind)
    megapixels = header.width * header.height / 1e6
    if megapixels > settings.maximum_megapixels:
        raise PhotoError(
            f"the picture has {megapixels:,.0f} megapixels, more than photo.maximum_megapixels "
            f"({settings.maximum_megapixels:,.0f}) allows; gpend left it as it is"
        )
    return header


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """The photo as (h, w, 3) RGB, stored orientation, long side at most `long_side`; decoded to its end."""
    with _named("it cannot be decoded"):
        return CONTAINERS.get(header.format, plain).overview(photo, header, long_side)


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels. Raises IncompleteError where the file ends too early, PhotoError where it is corrupt."""
    with _named("it cannot be decoded"):
        return CONTAINERS.get(header.format, plain).decode(photo, header)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """`photo` with the pixels under `changed` replaced and everything else kept; `history` is recorded if not empty."""
    with _named("the restored picture cannot be written in its format"):
        return CONTAINERS.get(header.format, plain).encode(photo, header, pixels, changed, history)


def _format(photo: bytes) -> Format:
    """Which format the first bytes tell of; a name is never trusted."""
    if not photo:
        raise IncompleteError("the file is empty")
    if photo[:3] == b"\xff\xd8\xff":
        return Format.JPEG
    if photo[:8] == b"\x89PNG\r\n\x1a\n":
        return Format.PNG
    if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
        return Format.WEBP
    if photo[:4] in (b"II*\0", b"MM\0*"):
        return Format.TIFF
    if photo[4:8] == b"ftyp" and photo[8:12] in (b"avif", b"avis"):
        return Format.AVIF
    if photo[4:8] == b"ftyp" and photo[8:12] in HEIF_BRANDS:
        raise UnsupportedError("HEIF photos need gpend[heif]")
    raise PhotoError("this is not a photo in a format that gpend reads (JPEG, PNG, WebP, TIFF, AVIF, HEIF)")


@contextmanager
def _named(what: str) -> Iterator[None]:
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
        raise PhotoError(f"{what}: {error or type(error).__name__}") from error
