"""Pictures for tests, and the metadata that photos carry."""

import io
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from gpend.core.formats.jpeg import read_header
from tests.photos_jpeg import ASCII, Directory, Maker, phone_photo

Picture = NDArray[np.uint8]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

SAMPLES = Path(__file__).resolve().parents[1] / "gpend" / "samples"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' dc:source='a flea market'/></rdf:RDF></x:xmpmeta>"


def portrait(width: int = 120, height: int = 150, *, blurred: bool = False) -> Picture:
    """The public-domain portrait of Eileen Collins, (height, width, 3)."""
    name = "portrait-blurred.jpg" if blurred else "portrait-sharp.jpg"
    with Image.open(SAMPLES / name) as image:
        return np.array(image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def synthetic(width: int = 96, height: int = 64, seed: int = 0) -> Picture:
    """Soft shapes with some noise, (height, width, 3)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 15
    waves = [np.sin(rows * random.uniform(0, 2) + columns * random.uniform(0, 2) + random.uniform(0, 6)) for _ in "rgb"]
    return np.clip(np.stack(waves, -1) * 90 + 128 + random.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


@cache
def icc() -> bytes:
    """An sRGB profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@cache
def exif(orientation: int = 1) -> bytes:
    """A TIFF block as a camera writes it: GPS, a MakerNote with offsets of its own, a thumbnail."""
    return read_header(phone_photo(Maker.CANON, portrait(), orientation=orientation).photo).exif


def exif_without_orientation(order: str = ">") -> bytes:
    """A small TIFF block that Pillow's AVIF writer stores as it is."""
    main = Directory(order)
    main.add(271, ASCII, "a camera")
    main.add(0x8298, ASCII, "somebody")
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + main.packed(8)


def saved(picture: Samples, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """Written by Pillow."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, kind, **options)
    return stream.getvalue()


def samples_of(array: NDArray[Any]) -> Samples:
    """The same array, with a type that says what it is."""
    return array.astype(np.uint16, copy=False) if array.dtype == np.uint16 else array.astype(np.uint8, copy=False)


def grey(picture: Picture, bits: int = 8) -> Picture:
    """(height, width, 1), with so many bits."""
    levels = picture.mean(axis=2, keepdims=True).astype(np.uint8) >> (8 - bits)
    return np.asarray(levels, np.uint8)


def deep(picture: Picture) -> Samples:
    """The same with 16 bits."""
    return samples_of(picture.astype(np.uint16) * np.uint16(256) + np.uint16(77))


def alpha(picture: Samples) -> Samples:
    """With a fourth (or second) channel that is clear at the left and opaque at the right."""
    ramp = np.linspace(0, np.iinfo(picture.dtype).max, picture.shape[1]).astype(picture.dtype)
    return samples_of(np.concatenate((picture, np.broadcast_to(ramp[:, None], (*picture.shape[:2], 1))), axis=2))
