"""Animations of a single frame, as some converters write what stands still."""

import io

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats.webp import animation, riff
from gpend.errors import UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos import XMP, Picture

WIDE, TALL = 120, 150
LOSSLESS = photos.webp(photos.portrait(), lossless=True)
LOSSY = photos.saved(photos.alpha(photos.portrait()), "WEBP", quality=90)


def animated(picture: bytes, *, left: int = 0, frames: int = 1, flags: int = 0) -> bytes:
    """An animation of the chunks of a picture, with EXIF and XMP."""
    kinds = (b"VP8 ", b"VP8L", b"ALPH")
    chunks = b"".join(picture[each.start : each.end] for each in riff.walk(picture) if each.kind in kinds)
    sides = (WIDE - 1).to_bytes(3, "little") + (TALL - 1).to_bytes(3, "little")
    frame = photos.riff(b"ANMF", (left // 2).to_bytes(3, "little") + bytes(3) + sides + bytes(4) + chunks)
    return photos.riff_file(
        photos.riff(b"VP8X", bytes([animation.ANIMATED | flags | 0x0C, 0, 0, 0]) + sides)
        + photos.riff(b"ANIM", bytes(6))
        + frame * frames
        + photos.riff(b"EXIF", photos.exif(1))
        + photos.riff(b"XMP ", XMP)
    )


def shown(photo: bytes) -> Picture:
    with Image.open(io.BytesIO(photo)) as image:
        return np.array(image.convert("RGBA"))


@pytest.mark.parametrize("picture", [LOSSLESS, LOSSY], ids=["lossless", "lossy, with alpha"])
def test_one_of_a_single_frame_becomes_a_picture_that_stands_still(picture: bytes) -> None:
    photo = animated(picture, flags=0x10 if picture is LOSSY else 0) + b"what stands behind it"
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    assert np.array_equal(pixels, shown(photo)[..., :3])
    changed = judges.blob(pixels)
    encoded = codec.encode(photo, header, judges.brightened(pixels), changed, "a history")
    assert animation.STILL in encoded.notes
    assert encoded.photo.endswith(b"what stands behind it")
    with Image.open(io.BytesIO(encoded.photo)) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.info["xmp"] == XMP
        assert image.getexif()[0x010F] == "Canon"
        assert image.getexif()[0x9213] == "a history"
    after = shown(encoded.photo)
    assert np.array_equal(after[..., 3], shown(photo)[..., 3])
    if picture is LOSSLESS:
        assert np.array_equal(after[~changed], shown(photo)[~changed])
    assert codec.overview(photo, header, 60).shape == (60, 48, 3)


@pytest.mark.parametrize("photo", [animated(LOSSLESS, frames=2), animated(LOSSLESS, left=4)], ids=["two", "beside"])
def test_any_other_is_kept(photo: bytes) -> None:
    with pytest.raises(UnsupportedError, match="animated"):
        codec.identify(photo, PhotoSettings())


def test_an_ordinary_picture_stays_as_it_is() -> None:
    assert animation.still(LOSSLESS) == (LOSSLESS, "")
