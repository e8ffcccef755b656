"""What is known before anything is decoded."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import container, frame
from gpend.core.formats.jpeg.segments import survey
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from tests.core.formats.jpeg.material import Coding, coded, picture
from tests.photos_jpeg import Maker, phone_photo

PHONE = phone_photo(Maker.APPLE, picture(48, 64))


@pytest.mark.parametrize("maker", Maker)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phones_photo_tells_size_and_orientation(maker: Maker, orientation: int) -> None:
    header = jpeg.read_header(phone_photo(maker, picture(48, 64), orientation=orientation).photo)
    assert (header.width, header.height, header.orientation) == (64, 48, orientation)
    assert (header.components, header.precision, header.grey, header.progressive) == (3, 8, False, False)


def test_only_what_stands_before_the_picture_is_read() -> None:
    photo = PHONE.photo
    scan = survey(photo).segments[-1]
    assert jpeg.read_header(photo[: scan.end]) == jpeg.read_header(photo)


def test_a_photo_without_exif_stands_upright() -> None:
    header = jpeg.read_header(coded(picture(8, 8, grey=True), Coding("grey", progressive=True)))
    assert (header.orientation, header.exif, header.grey, header.progressive) == (1, b"", True, True)


def test_kinds_that_are_refused_are_read_all_the_same() -> None:
    output = io.BytesIO()
    Image.fromarray(picture(8, 9)).convert("CMYK").save(output, "JPEG")
    assert jpeg.read_header(output.getvalue()).components == 4
    with pytest.raises(UnsupportedError, match="CMYK"):
        frame.refuse_unpatchable(jpeg.parse(output.getvalue()).frame)


def test_the_end_of_the_picture_is_where_the_next_one_begins() -> None:
    assert PHONE.photo[jpeg.parse(PHONE.photo).layout.end :] == PHONE.gain_map


@given(share=st.floats(0, 0.999))
def test_a_cut_off_photo_is_incomplete(share: float) -> None:
    photo = coded(picture(48, 64), Coding())
    cut = photo[: min(int(share * len(photo)), len(photo) - 3)]
    with pytest.raises(IncompleteError if len(cut) >= 2 else PhotoError):
        container.header(cut)
