"""Which boxes a picture has, and where what is no box begins."""

import pytest

from gpend.core.formats import isobmff
from gpend.core.formats.reader import InMemory
from gpend.errors import IncompleteError, PhotoError
from tests import photos
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
