"""The segments of a file."""

import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.jpeg.segments import end, survey
from gpend.errors import IncompleteError, PhotoError
from tests.core.formats.jpeg.material import Coding, coded, picture
from tests.photos_jpeg import segment


def test_a_progressive_file_with_restart_markers_is_walked_to_its_end() -> None:
    photo = coded(picture(90, 90), Coding(progressive=True, restart=1))
    layout = survey(photo + b"\xff\xd8 a trailer")
    assert layout.end == len(photo)
    assert sum(s.marker == 0xDA for s in layout.segments) > 5


def test_segments_lie_end_to_end() -> None:
    photo = coded(picture(90, 90), Coding(progressive=True, restart=1))
    layout = survey(photo)
    places = [2, *(s.scan_end for s in layout.segments)]
    assert [s.lead for s in layout.segments] == places[:-1]
    assert photo[places[-1] :] == b"\xff\xd9"


def test_pictures_inside_of_segments_do_not_end_the_file() -> None:
    photo = coded(picture(9, 9), Coding())
    nested = photo[:2] + segment(0xE0, b"JFXX\0\x10" + photo) + photo[2:]
    assert survey(nested).end == len(nested)


@given(before=st.binary(max_size=9).filter(lambda data: b"\xff" not in data), fill=st.integers(0, 5))
def test_fill_bytes_and_strays_before_a_marker_are_passed_over(before: bytes, fill: int) -> None:
    photo = coded(picture(9, 9), Coding())
    assert survey(photo[:20] + before + b"\xff" * fill + photo[20:]).end == len(photo) + len(before) + fill


@given(st.binary(max_size=300))
def test_anything_at_all_is_walked_or_refused(data: bytes) -> None:
    for photo in (data, b"\xff\xd8" + data, b"\xff\xd8\xff" + data):
        with contextlib.suppress(PhotoError):
            assert survey(photo).end <= len(photo)


@pytest.mark.parametrize("length", [0, 1])
def test_an_impossible_length_is_corrupt(length: int) -> None:
    with pytest.raises(PhotoError, match="impossible length"):
        survey(b"\xff\xd8\xff\xe0" + length.to_bytes(2, "big") + b"full" * 10)


@pytest.mark.parametrize("marker", [0x0E, 0xBF, 0xC8, 0xDF, 0xF0, 0xFD])
def test_a_segment_that_no_decoder_knows_is_corrupt(marker: int) -> None:
    with pytest.raises(PhotoError, match=f"0x{marker:02X}"):
        survey(b"\xff\xd8" + segment(marker, b"what is this"))


def test_a_flood_of_segments_is_refused_at_once() -> None:
    with pytest.raises(PhotoError, match="10,000 segments"):
        survey(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 1_000_000)


def test_a_second_picture_inside_of_the_first_is_corrupt() -> None:
    with pytest.raises(PhotoError, match="second picture"):
        survey(b"\xff\xd8\xff\xd8\xff\xd9")


@pytest.mark.parametrize("photo", [b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff\xe0\xff\xff", b"\xff\xd8\xff"])
def test_a_file_that_ends_early_is_incomplete(photo: bytes) -> None:
    with pytest.raises(IncompleteError):
        survey(photo)


@dataclass
class OnDisk:
    """A Reader that is asked for pieces, as a file on a disk is."""

    data: bytes

    @property
    def size(self) -> int:
        """As in Reader."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        return self.data[offset : offset + count]


def _judged(photo: bytes, *, on_disk: bool) -> str:
    try:
        if on_disk:
            end(OnDisk(photo))
        else:
            survey(photo)
    except PhotoError as error:
        return type(error).__name__
    return "whole"


PHOTO = coded(picture(40, 40), Coding(progressive=True, restart=1))


@given(st.integers(2, len(PHOTO)), st.binary(max_size=4), st.integers(0, len(PHOTO)))
def test_the_intake_never_calls_incomplete_what_the_core_can_follow(place: int, strays: bytes, cut: int) -> None:
    for photo in (PHOTO[:place] + strays + PHOTO[place:], PHOTO[:place] + strays + PHOTO[place + 4 :], PHOTO[:cut]):
        if _judged(photo, on_disk=True) != "whole":
            assert _judged(photo, on_disk=False) != "whole"


def test_a_marker_that_is_written_00_e1_hides_its_segment_and_not_the_picture() -> None:
    photo = coded(picture(40, 40), Coding())
    hidden = photo[:2] + b"\x00\xe1\x00\x10a text of 14 B" + photo[2:]
    assert _judged(b"\xff\xd8" + segment(0xFE, b"told") + hidden[2:], on_disk=True) == "whole"
    assert _judged(b"\xff\xd8" + segment(0xFE, b"told") + hidden[2:], on_disk=False) == "whole"
