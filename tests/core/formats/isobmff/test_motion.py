"""Where a motion photo's video is, and what is said of that."""

import struct

import pytest

from gpend.core.formats import isobmff
from gpend.core.formats.reader import InMemory
from tests.photos_heif import MPVD, VIDEO, VIVO, told_place, with_samsungs_part

PICTURE = struct.pack(">I", 16) + b"ftypavif" + bytes(4) + struct.pack(">I", 12) + b"meta" + bytes(4)
PICTURE += struct.pack(">I", 20) + b"mdat" + bytes(12)


def found(photo: bytes) -> isobmff.Film | None:
    return isobmff.film(photo, isobmff.survey(InMemory(photo)))


@pytest.mark.parametrize("behind", [MPVD, VIDEO, MPVD + VIVO, VIDEO + VIVO])
def test_a_video_is_found_in_its_box_or_as_a_file_behind_the_picture(behind: bytes) -> None:
    film = found(PICTURE + behind)
    assert film is not None
    assert (PICTURE + behind)[film.start : film.stop] == VIDEO
    assert film.stop == film.end


def test_what_samsung_puts_behind_it_is_no_part_of_it() -> None:
    photo = with_samsungs_part(PICTURE)
    film = found(photo)
    assert film is not None
    assert photo[film.start : film.stop] == VIDEO
    assert film.end == len(photo)


@pytest.mark.parametrize("video", [MPVD, VIDEO])
def test_a_video_that_is_cut_off_is_none(video: bytes) -> None:
    assert found(PICTURE + video[:-100]) is None


@pytest.mark.parametrize("behind", [b"", VIVO, struct.pack(">I", 20) + b"mpvd" + bytes(12), MPVD[:8]])
def test_what_is_no_video_is_not_taken_for_one(behind: bytes) -> None:
    head = struct.pack(">I", 8) + b"mpvd" if behind == MPVD[:8] else behind
    assert found(PICTURE + head) is None


def test_its_place_follows_where_it_is_told_and_nowhere_else() -> None:
    before = with_samsungs_part(PICTURE)
    longer = (
        PICTURE[:-20] + struct.pack(">I", 1020) + b"mdat" + before[-1012:]
    )  # tells the old place in its picture too
    moved = longer + before[len(PICTURE) :]
    after = isobmff.followed(moved, found(before), found(moved))
    assert after[told_place(after) :].startswith(VIDEO)
    assert after[: len(longer)] == longer
    assert isobmff.followed(before, found(before), found(before)) == before
    assert isobmff.followed(PICTURE, None, None) == PICTURE
