"""Wide colours that a HEIC names by a number are told to a JPEG's readers by a profile."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from gpend.core import codec
from gpend.core.formats.heif import profile
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges

BOX = (b"\0\0\0\x13colrnclx", 11)  # as libheif writes it: nclx and seven bytes


def named(primaries: int) -> bytes:
    """A HEIC without a profile whose colours are named."""
    photo = photos.heif(photos.portrait(), metadata=False)
    at = photo.index(BOX[0]) + len(BOX[0])
    return photo[:at] + primaries.to_bytes(2, "big") + photo[at + 2 :]


def restored(photo: bytes) -> bytes:
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), "").photo


def profile_in(jpeg: bytes) -> bytes:
    with Image.open(io.BytesIO(jpeg)) as image:
        return bytes(image.info.get("icc_profile", b""))


@pytest.mark.parametrize("primaries", sorted(profile.NAMED))
def test_wide_colours_are_told_by_a_profile(primaries: int) -> None:
    pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    assert profile_in(restored(named(primaries))) == profile.profile(primaries)


@pytest.mark.parametrize("primaries", [1, 2, 5, 6])
def test_ordinary_colours_need_none(primaries: int) -> None:
    pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    assert profile_in(restored(named(primaries))) == b""


@pytest.mark.parametrize(
    ("primaries", "corners"), [(9, ((0.708, 0.292), (0.17, 0.797))), (12, ((0.68, 0.32), (0.265, 0.69)))]
)
def test_a_profile_has_the_colours_that_the_number_stands_for(
    primaries: int, corners: tuple[tuple[float, float], ...]
) -> None:
    """Red and green as H.273 has them; white stays white and grey grey, as with the curve of sRGB."""
    read = ImageCms.getOpenProfile(io.BytesIO(profile.profile(primaries)))
    adapted, *columns = read.profile.chromatic_adaptation, read.profile.red_colorant, read.profile.green_colorant
    assert adapted is not None
    for column, corner in zip(columns, corners, strict=True):
        assert column is not None
        told = np.linalg.inv(np.reshape(adapted[0], (3, 3))) @ np.array(column[0])
        assert np.allclose(told[:2] / told.sum(), corner, atol=0.001)
    transform = ImageCms.buildTransform(read, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    greys = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2))
    shown = ImageCms.applyTransform(greys, transform)
    assert shown is not None
    assert np.abs(np.asarray(shown).astype(int) - np.asarray(greys)).max() <= 1
