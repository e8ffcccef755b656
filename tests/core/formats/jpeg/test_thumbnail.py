"""The thumbnail follows the photo where that can be seen."""

import numpy as np
import pytest
from PIL import Image

from gpend.core.formats import exif, jpeg
from gpend.core.formats.jpeg import thumbnail
from gpend.core.formats.jpeg.difference import of_pixels
from gpend.errors import PhotoError
from tests.core.formats.jpeg.material import Picture, by_pillow, picture, wanted
from tests.photos_jpeg import Maker, encoded, exif_with_raw_thumbnail, phone_photo, segment

PHOTO = picture(480, 640)
FACE = np.s_[120:300, 200:380]


def shrunk(pixels: Picture, width: int = 160, height: int = 120) -> Picture:
    return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


def changed_photo(levels: int = 50) -> Picture:
    new = PHOTO.copy()
    new[FACE] = np.clip(new[FACE].astype(np.int16) + levels, 0, 255)
    return new


def refreshed(old: bytes, new_photo: Picture) -> bytes:
    return thumbnail.refreshed(old, new_photo, of_pixels(PHOTO, new_photo))


def test_a_face_that_changed_changes_in_the_thumbnail_too() -> None:
    new = changed_photo()
    result = by_pillow(refreshed(encoded(shrunk(PHOTO)), new))
    assert np.abs(result.astype(np.int16) - shrunk(new)).mean() < 6


def test_the_rest_of_the_thumbnail_stays() -> None:
    old = encoded(shrunk(PHOTO))
    before, after = by_pillow(old), by_pillow(refreshed(old, changed_photo()))
    assert (before != after).any()
    assert np.array_equal(before[:, :30], after[:, :30])
    assert np.array_equal(before[:, 120:], after[:, 120:])


def test_a_change_too_small_to_be_seen_leaves_the_thumbnail_alone() -> None:
    old = encoded(shrunk(PHOTO))
    assert refreshed(old, changed_photo(2)) == old


def test_bars_beside_the_picture_stay_black() -> None:
    barred = np.zeros((160, 160, 3), np.uint8)
    barred[20:140] = shrunk(PHOTO)
    new = changed_photo()
    result = by_pillow(refreshed(encoded(barred), new))
    assert result[:16].max() < 20
    assert np.abs(result[20:140].astype(np.int16) - shrunk(new)).mean() < 6


def test_a_thumbnail_of_something_else_is_left_alone() -> None:
    other = encoded(picture(120, 160, seed=9))
    assert refreshed(other, changed_photo()) == other


def test_what_is_larger_than_its_photo_is_no_thumbnail() -> None:
    large = encoded(picture(500, 700))
    assert refreshed(large, changed_photo()) == large


@pytest.mark.parametrize("broken", [b"no JPEG", b"\xff\xd8\xff\xd9", encoded(shrunk(PHOTO))[:-40]])
def test_a_broken_thumbnail_is_an_error_to_the_one_who_asks(broken: bytes) -> None:
    with pytest.raises(PhotoError):
        refreshed(broken, changed_photo())


def test_a_broken_thumbnail_keeps_no_photo_from_being_written() -> None:
    phone = phone_photo(Maker.CANON, PHOTO)
    photo = phone.photo.replace(phone.thumbnail, b"\xff\xd8" + bytes(len(phone.thumbnail) - 2))
    everything = np.ones(PHOTO.shape[:2], np.bool_)
    result = jpeg.patch(photo, wanted(PHOTO, everything), everything, "a history")
    assert any("thumbnail" in note for note in result.notes)
    assert exif.thumbnail(jpeg.read_header(result.photo).exif) == exif.thumbnail(jpeg.read_header(photo).exif)


def test_a_thumbnail_that_is_no_jpeg_is_told_of() -> None:
    photo = encoded(PHOTO)
    photo = photo[:20] + segment(0xE1, b"Exif\0\0" + exif_with_raw_thumbnail()) + photo[20:]
    everything = np.ones(PHOTO.shape[:2], np.bool_)
    result = jpeg.patch(photo, wanted(PHOTO, everything), everything, "a history")
    assert result.notes == ("its EXIF thumbnail could not be brought up to date",)
    assert b"a history" in jpeg.read_header(result.photo).exif
