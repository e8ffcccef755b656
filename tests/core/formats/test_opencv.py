"""OpenCV's decoder, with red first."""

import numpy as np
import pytest

from gpend.core.formats import opencv
from gpend.errors import PhotoError
from tests import photos


def test_red_comes_first_and_alpha_last() -> None:
    picture = photos.portrait(60, 600)
    assert np.array_equal(opencv.read(photos.png(picture), opencv.COLOUR, 60, 600), picture)
    clear = photos.alpha(picture)
    assert np.array_equal(opencv.read(photos.png(clear, photos.RGBA), opencv.WHOLE, 60, 600), clear)


def test_grey_has_no_channels() -> None:
    grey = photos.grey(photos.portrait())
    assert np.array_equal(opencv.read(photos.png(grey, photos.GREY), opencv.GREY, 120, 150), grey[..., 0])


def test_orientation_is_not_obeyed() -> None:
    picture = photos.portrait()
    photo = photos.png(picture, around=([photos.chunk(b"eXIf", photos.exif(6))], ()))
    assert np.array_equal(opencv.read(photo, opencv.COLOUR, 120, 150), picture)


@pytest.mark.parametrize("photo", [b"no photo", photos.png(photos.portrait(60, 60))])
def test_what_is_no_picture_or_another_is_an_error(photo: bytes) -> None:
    with pytest.raises(PhotoError):
        opencv.read(photo, opencv.COLOUR, 120, 150)
