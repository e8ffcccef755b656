"""HEIF and HEIC: the original stays what and where it is; a restored photo is written as a JPEG.

HEVC cannot be changed in part, takes long to encode, and gain maps and depth would go either way. The JPEG is made of
the photo as it was, with its EXIF, XMP and ICC profile, and then patched like any other.
"""

from dataclasses import replace
from io import BytesIO
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats import Decoded, Encoded, Format, Header, isobmff
from gpend.core.formats.jpeg.container import patched
from gpend.core.formats.reader import InMemory
from gpend.core.formats.scaling import contiguous, eight_bits, in_colour, reduced
from gpend.core.photo import Mask, Pixels
from gpend.errors import UnsupportedError

SUFFIX = ".jpg"
QUALITY = 95
BITS = 8
PREFIX = b"Exif\0\0"  # with which EXIF begins in a JPEG
LONGEST = {"exif": 65527, "xmp": 65502}  # bytes that a JPEG's segment has room for
STRETCHED = (16, 18)  # transfer characteristics of PQ and HLG
ORDINARY = (1, 2)  # colour primaries: those of sRGB, and none told


def header(photo: bytes) -> Header:
    """Size as decoded: upright, for HEIF's own turns are part of decoding."""
    if any(box.kind == b"moov" for box in isobmff.survey(InMemory(photo)).boxes):
        raise UnsupportedError("this is an animated HEIF; gpend keeps it as it is")
    picture = _opened(photo)
    colours = picture.info.get("nclx_profile") or {}
    if colours.get("transfer_characteristics") in STRETCHED:
        raise UnsupportedError("gpend keeps this HEIF as it is: a JPEG cannot hold its brightness (HDR)")
    if colours.get("color_primaries", 2) not in ORDINARY and not picture.info.get("icc_profile"):
        raise UnsupportedError("gpend keeps this HEIF as it is: a JPEG could not tell its wide colours")
    width, height = picture.size
    return Header(Format.HEIF, width, height, orientation=1)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:  # noqa: ARG001 - the form of Container
    """The whole picture, reduced."""
    return reduced(_pixels(_opened(photo)), long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels, of 8 bits, upright."""
    pixels = _pixels(_opened(photo))
    return Decoded(contiguous(in_colour(pixels)), grey=pixels.ndim == 2 or pixels.shape[2] < 3)  # noqa: PLR2004


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """A JPEG of `photo` with the pixels under `changed` replaced."""
    picture = _opened(photo)
    before = _pixels(picture)
    told = {name: picture.info.get(name) or b"" for name in ("exif", "xmp", "icc_profile")}
    _module().set_orientation(told)  # exactly once: the pixels are upright already
    if told["exif"] and not told["exif"].startswith(PREFIX):
        told["exif"] = PREFIX + told["exif"]
    too_long = [name for name, longest in LONGEST.items() if len(told[name]) > longest]
    grey = before.ndim == 2 or before.shape[2] < 3  # noqa: PLR2004 - grey, with or without alpha
    image = Image.fromarray(eight_bits(in_colour(before)).copy()).convert("L" if grey else "RGB")
    stream = BytesIO()
    options: dict[str, Any] = {name: data for name, data in told.items() if data and name not in too_long}
    image.save(stream, "JPEG", quality=QUALITY, subsampling="4:4:4", optimize=True, **options)
    encoded = patched(stream.getvalue(), pixels, changed, history, SUFFIX)
    lost = tuple(f"its {name.upper()} is too long for a JPEG and stays in the original alone" for name in too_long)
    return replace(encoded, notes=(*_notes(picture), *lost, *encoded.notes))


def _module() -> ModuleType:
    """pillow-heif, imported only when it is needed: it is an extra."""
    try:
        import pillow_heif  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UnsupportedError(
            "HEIC photos need the package pillow-heif, which is not installed; gpend left the photo as it is"
        ) from error
    module: ModuleType = pillow_heif
    return module


def _opened(photo: bytes) -> Any:  # noqa: ANN401 - of an untyped, optional library
    """The primary image, not yet decoded."""
    picture = isobmff.survey(InMemory(photo)).picture(photo)
    file = _module().open_heif(BytesIO(picture), convert_hdr_to_8bit=True)
    return file[file.primary_index]


def _pixels(picture: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - the same
    """(h, w) or (h, w, channels)."""
    return np.asarray(picture, np.uint8)


def _notes(picture: Any) -> tuple[str, ...]:  # noqa: ANN401 - the same
    """What the JPEG does not hold and the original does."""
    more = {
        f"its {picture.info['bit_depth']} bits a sample": picture.info["bit_depth"] > BITS,
        "its HDR gain map": any("hdrgainmap" in str(kind).lower() for kind in picture.info.get("aux", {})),
        "its depth": bool(picture.info.get("depth_images")),
        "its transparency": bool(picture.has_alpha),
    }
    return tuple(f"{thing}: only the original has it" for thing, there in more.items() if there)
