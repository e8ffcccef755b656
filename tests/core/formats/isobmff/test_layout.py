"""Which boxes a picture has, and where what is no box begins."""

import numpy as np
import pytest

from gpend.core import codec
from gpend.core.formats import isobmff
from gpend.core.formats.reader import CutBehindError, InMemory
from gpend.errors import IncompleteError, PhotoError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos_heif import MPVD, VIDEO

PHOTO = photos.avif(photos.synthetic())


def kinds(photo: bytes) -> list[bytes]:
    """The picture's boxes."""
    return [box.kind for box in isobmff.survey(InMemory(photo)).boxes]


def test_a_video_in_a_box_is_one_of_the_pictures_and_a_file_behind_them_is_another() -> None:
    assert kinds(PHOTO + MPVD) == [*kinds(PHOTO), b"mpvd"]
    assert kinds(PHOTO + VIDEO) == kinds(PHOTO)
    layout = isobmff.survey(InMemory(PHOTO + VIDEO + b"!"))
    assert layout.end == len(PHOTO + VIDEO)
    assert layout.picture(PHOTO + VIDEO + b"!") == PHOTO


@pytest.mark.parametrize("cut", [1, 100, len(VIDEO)])
def test_a_box_that_is_still_arriving_is_waited_for(cut: int) -> None:
    with pytest.raises(IncompleteError):
        isobmff.end(InMemory((PHOTO + MPVD)[:-cut]))
    layout = isobmff.survey(InMemory((PHOTO + MPVD)[:-cut]))  # the picture itself is there
    assert layout.is_cut
    assert layout.picture(PHOTO + MPVD) == PHOTO


def test_what_is_no_box_is_a_trailer_behind_a_whole_picture_alone() -> None:
    assert isobmff.end(InMemory(PHOTO + b"\xff" * 16)) == len(PHOTO)
    with pytest.raises(PhotoError, match="no box begins"):
        isobmff.end(InMemory(PHOTO[:32] + b"\xff" * 16))
    with pytest.raises(IncompleteError):
        isobmff.end(InMemory(PHOTO[:32] + bytes(16)))


def test_an_item_that_lies_behind_the_last_box_is_not_there() -> None:
    photo = PHOTO.replace(b"mdat", b"free")
    assert isobmff.end(InMemory(photo)) == len(photo)
    at = PHOTO.index(b"mdat") - 4
    with pytest.raises(IncompleteError):
        isobmff.end(InMemory(PHOTO[:at] + b"\0\0\0\x08free" + b"vendor's own words"))


def told_too_long(photo: bytes, by: int = 10) -> bytes:
    """The photo with a box of data that is said to be so much longer than the file is."""
    at = photo.index(b"mdat") - 4
    return photo[:at] + (int.from_bytes(photo[at : at + 4], "big") + by).to_bytes(4, "big") + photo[at + 4 :]


def test_a_box_of_data_whose_length_is_wrong_holds_all_that_is_said_to_lie_in_it() -> None:
    photo = told_too_long(PHOTO)
    layout = isobmff.survey(InMemory(photo))
    assert layout.end == len(photo)
    assert layout.picture(photo) == photo
    with pytest.raises(CutBehindError):  # it may still be growing
        isobmff.end(InMemory(photo))


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_one_that_lacks_anything_of_it_is_incomplete(cut: int) -> None:
    with pytest.raises(IncompleteError, match="ends before"):
        isobmff.survey(InMemory(told_too_long(PHOTO)[:-cut]))


def test_one_whose_space_is_reserved_and_still_empty_is_incomplete() -> None:
    with pytest.raises(IncompleteError, match="ends before"):
        isobmff.survey(InMemory(told_too_long(PHOTO)[:-1000] + bytes(1000)))


def test_an_avif_whose_box_of_data_is_said_to_be_too_long_is_restored() -> None:
    photo = told_too_long(PHOTO)
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    after = codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), "a history").photo
    assert np.abs(judges.by_pillow(after).astype(int) - judges.by_pillow(photo)).mean() < 5
    assert not np.array_equal(judges.by_pillow(after), judges.by_pillow(photo))
