"""Decoding, strictly."""

import numpy as np
import pytest
from hypothesis import given

from gpend.core.formats import jpeg
from gpend.core.formats.jpeg.frame import Colour
from gpend.core.formats.jpeg.parsed import coding
from gpend.core.formats.jpeg.segments import survey
from gpend.errors import IncompleteError, PhotoError
from tests.core.formats.jpeg.material import Coding, by_opencv, by_pillow, coded, codings, picture, sizes
from tests.photos_jpeg import Maker, phone_photo


@given(coding=codings, size=sizes)
def test_the_pixels_are_those_of_other_decoders(coding: Coding, size: tuple[int, int]) -> None:
    photo = coded(picture(*size, grey=coding.sampling == "grey"), coding)
    assert np.array_equal(jpeg.decode(photo), by_opencv(photo))


def test_a_shrunken_picture_looks_the_same() -> None:
    photo = coded(picture(160, 240), Coding())
    small = jpeg.decode(photo, 2)
    assert small.shape == (40, 60, 3)
    assert np.abs(small - by_pillow(photo).reshape(40, 4, 60, 4, 3).mean((1, 3))).mean() < 3


@pytest.mark.skipif(jpeg.lossless_library() is None, reason="libturbojpeg is not installed here")
def test_data_that_other_decoders_fill_up_with_grey_are_refused() -> None:
    photo = coded(picture(160, 240), Coding())
    half = photo[: len(photo) // 2] + b"\xff\xd9"
    assert by_pillow(half).shape == (160, 240, 3)
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(half)


def test_a_cut_off_file_is_incomplete() -> None:
    with pytest.raises(IncompleteError):
        jpeg.decode(coded(picture(160, 240), Coding())[:-9])


def test_the_picture_alone_decodes_to_the_same_pixels() -> None:
    phone = phone_photo(Maker.APPLE, picture(120, 160))
    alone = coding(phone.photo, survey(phone.photo), Colour.YCC)
    assert b"Exif" not in alone
    assert np.array_equal(by_pillow(alone), by_pillow(phone.photo))
