"""A HEIF or AVIF ends after its description and its data."""

import pytest

from gpend.intake.ending import Ending
from tests.intake.ending.pictures import encoded, ending


def box(kind: bytes, content: bytes = b"", *, size: int | None = None) -> bytes:
    return (8 + len(content) if size is None else size).to_bytes(4) + kind + content


FTYP = box(b"ftyp", b"heic\0\0\0\0mif1heic")
META, MDAT = box(b"meta", b"\1" * 30), box(b"mdat", b"\2" * 300)


@pytest.mark.parametrize("content", [FTYP + META + MDAT, FTYP + MDAT + META, FTYP + box(b"moov", b"\1") + MDAT])
def test_description_and_data_may_come_in_either_order(content: bytes) -> None:
    assert ending(content) is Ending.COMPLETE


@pytest.mark.parametrize("content", [FTYP, FTYP + META, FTYP + MDAT])
def test_a_file_cut_between_two_boxes_is_incomplete(content: bytes) -> None:
    assert ending(content) is Ending.INCOMPLETE


def test_a_picture_that_lies_inside_its_description_is_complete() -> None:
    assert ending(FTYP + box(b"meta", b"\0\0\0\0" + box(b"idat", b"\3" * 40))) is Ending.COMPLETE


def test_a_box_without_length_reaches_to_the_end() -> None:
    assert ending(FTYP + META + box(b"mdat", b"\2" * 300, size=0)) is Ending.COMPLETE


def test_a_box_with_a_long_length_is_followed() -> None:
    large = (1).to_bytes(4) + b"mdat" + (16 + 300).to_bytes(8) + b"\2" * 300
    assert ending(FTYP + META + large) is Ending.COMPLETE
    assert ending(FTYP + META + large[:-1]) is Ending.INCOMPLETE


@pytest.mark.parametrize("trailer", [b"SEFHv\0\0\0\xff\xfe", bytes(64), b"\0\0\0\x10\xff\xff\xff\xffxxxxxxxx", b"xx"])
def test_a_trailer_is_allowed(trailer: bytes) -> None:
    assert ending(FTYP + META + MDAT + trailer) in {Ending.COMPLETE, Ending.INCOMPLETE}
    assert ending(encoded("HEIF") + bytes(64)) is Ending.COMPLETE


def test_a_motion_photos_video_that_is_still_arriving_is_waited_for() -> None:
    assert ending(FTYP + META + MDAT + box(b"mpvd", b"\4" * 20, size=5000)) is Ending.INCOMPLETE


def test_space_reserved_after_the_first_box_is_incomplete() -> None:
    assert ending(FTYP + bytes(1000)) is Ending.INCOMPLETE


def test_boxes_without_end_are_for_the_decoder() -> None:
    assert ending(FTYP + box(b"free") * 100_001) is Ending.UNKNOWN


def test_garbage_after_the_first_box_is_for_the_decoder() -> None:
    assert ending(FTYP + b"\0\0\0\2\xff\xfe\xfd\xfc" + bytes(8)) is Ending.UNKNOWN
