"""JPEG behind the common face of all formats; how it is kept whole is tested in the files beside this one."""

import numpy as np
import pytest

from gpend.core import codec
from gpend.core.formats.jpeg import container as jpeg
from gpend.errors import IncompleteError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges


@pytest.mark.parametrize(("width", "height"), [(1000, 700), (401, 1023), (100, 80), (17, 9)])
@pytest.mark.parametrize("long_side", [50, 120, 130, 640, 5000])
def test_the_overview_has_the_size_asked_for_at_whatever_scale_it_is_decoded(
    width: int, height: int, long_side: int
) -> None:
    photo = photos.jpeg(waves(width, height), quality=98)
    header = codec.identify(photo, PhotoSettings())
    small = codec.overview(photo, header, long_side)
    assert max(small.shape[:2]) == min(long_side, max(width, height))
    assert np.abs(small.astype(int) - waves(small.shape[1], small.shape[0])).max() <= 12
    assert np.abs(small.astype(int) - waves(small.shape[1], small.shape[0])).mean() < 2


def waves(width: int, height: int) -> photos.Picture:
    """The same soft picture at whatever size, so that any shift or stretch would show."""
    rows, columns = (np.mgrid[:height, :width] + 0.5) / np.array([height, width])[:, None, None]
    wave = 128 + 60 * np.sin(2 * np.pi * rows) + 60 * np.cos(2 * np.pi * columns)
    return np.repeat(np.rint(wave).astype(np.uint8)[..., None], 3, axis=2)


def test_grey_is_told() -> None:
    for picture, grey in ((photos.portrait(), False), (photos.grey(photos.portrait())[..., 0], True)):
        photo = photos.jpeg(photos.samples_of(picture))
        assert codec.decode(photo, codec.identify(photo, PhotoSettings())).grey == grey


def test_what_cannot_be_patched_is_kept_from_the_first_look_on() -> None:
    with pytest.raises(UnsupportedError, match="CMYK"):
        jpeg.header(photos.cmyk())


def test_what_is_cut_off_is_incomplete_even_in_small() -> None:
    photo = photos.jpeg(photos.portrait(400, 500))
    header = jpeg.header(photo)
    with pytest.raises(IncompleteError):
        jpeg.overview(photo[:-3], header, 50)


def test_a_result_can_be_given_another_name() -> None:
    photo = photos.jpeg(photos.portrait())
    pixels = jpeg.decode(photo, jpeg.header(photo)).pixels
    encoded = jpeg.patched(photo, judges.brightened(pixels), judges.blob(pixels), "restored", ".jpg")
    assert encoded.suffix == ".jpg"
    assert b"restored" in encoded.photo
