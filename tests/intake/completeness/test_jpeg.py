"""A JPEG ends with its own end of image, not with its thumbnail's, and may have a trailer."""

import pytest

from gpend.intake.completeness import Completeness, completeness
from tests.intake.completeness.pictures import Held, encoded, ending

PHOTO = encoded("JPEG")
THUMBNAIL = encoded("JPEG", quality=10)
WITH_THUMBNAIL = encoded("JPEG", exif=b"Exif\0\0" + THUMBNAIL)


@pytest.mark.parametrize(
    "trailer",
    [b"\0" * 5000, b"\0\0\0\x18ftypmp42" + b"\x55" * 5000, b"SEFH\x6a\0\0\0SEFT", encoded("JPEG", quality=20), b"\xff"],
    ids=["padding", "motion photo", "Samsung", "second picture", "stray byte"],
)
def test_a_trailer_is_allowed(trailer: bytes) -> None:
    assert ending(PHOTO + trailer) is Completeness.COMPLETE
    assert ending(PHOTO + trailer, hole=len(PHOTO)) is not Completeness.UNKNOWN


def test_a_hole_in_the_padding_behind_a_picture_does_not_matter() -> None:
    assert ending(PHOTO + b"\0" * 5000, hole=len(PHOTO) + 100) is Completeness.COMPLETE
    assert ending(PHOTO + b"\0" * 5000, hole=len(PHOTO) - 1) is Completeness.INCOMPLETE


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    cut = WITH_THUMBNAIL[: WITH_THUMBNAIL.index(b"\xff\xd9") + 2]
    assert cut.endswith(b"\xff\xd9")
    assert ending(cut) is Completeness.INCOMPLETE


def test_the_end_marker_inside_a_segment_between_scans_is_not_the_end() -> None:
    progressive = encoded("JPEG", progressive=True)
    second_scan = progressive.rindex(b"\xff\xda")
    comment = b"\xff\xfe\x00\x06\xff\xd9\xff\xd9"
    with_comment = progressive[:second_scan] + comment + progressive[second_scan:]
    assert ending(with_comment) is Completeness.COMPLETE
    assert ending(with_comment[: second_scan + len(comment) + 40]) is Completeness.PERHAPS


def test_restart_markers_stuffed_bytes_and_fill_are_passed() -> None:
    head = PHOTO[: PHOTO.index(b"\xff\xda")]
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    data = b"\x12\xff\x01\xff\x00\xff\xd0\x34\xff\xff\xff\x00\xff\xd7"
    assert ending(head + b"\xff\xff" + scan[1:] + data + b"\xff\xff\xd9tail") is Completeness.COMPLETE
    assert ending(head + scan + data + b"tail") is Completeness.INCOMPLETE


@pytest.mark.parametrize("missing", [1, 2, 3, 1000])
def test_whether_a_scan_without_end_is_whole_is_for_the_decoder_unless_it_has_a_hole(missing: int) -> None:
    assert ending(PHOTO[:-missing]) is Completeness.PERHAPS
    assert ending(PHOTO[:-missing], hole=len(PHOTO) - 2000) is Completeness.INCOMPLETE
    assert ending(PHOTO[:-missing] + bytes(9)) is Completeness.INCOMPLETE


@pytest.mark.parametrize("shift", [-3, -2, -1, 0, 1, 2])
def test_an_end_marker_is_found_across_the_pieces_in_which_it_is_read(shift: int) -> None:
    head = PHOTO[: PHOTO.index(b"\xff\xda")] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    for chunks in (1, 2):
        data = b"\x55" * (chunks * (1 << 20) + shift)
        assert ending(head + data + b"\xff\xd9" + b"trailer") is Completeness.COMPLETE


def test_only_a_file_that_does_not_end_as_a_jpeg_is_read_through() -> None:
    whole, trailing = Held(PHOTO), Held(PHOTO + b"\0" * 10)
    assert completeness(whole) is completeness(trailing) is Completeness.COMPLETE
    assert whole.bytes_read < trailing.bytes_read


def test_segments_without_end_are_for_the_decoder() -> None:
    assert ending(b"\xff\xd8" + b"\xff\xfe\0\2" * 100_001) is Completeness.UNKNOWN


def test_something_that_only_begins_like_a_jpeg_is_for_the_decoder() -> None:
    assert ending(b"\xff\xd8" + b"text that goes on and on") is Completeness.UNKNOWN
