"""A HEIF or AVIF ends after its description and its data."""

import pytest

from gpend.core import codec
from gpend.core.formats import isobmff
from gpend.core.formats.reader import InMemory
from gpend.errors import IncompleteError
from gpend.intake.completeness import Completeness
from gpend.settings import PhotoSettings
from tests.intake.completeness.pictures import encoded, ending


def box(kind: bytes, content: bytes = b"", *, size: int | None = None) -> bytes:
    return (8 + len(content) if size is None else size).to_bytes(4) + kind + content


FTYP = box(b"ftyp", b"heic\0\0\0\0mif1heic")
META, MDAT = box(b"meta", b"\1" * 30), box(b"mdat", b"\2" * 300)


@pytest.mark.parametrize("content", [FTYP + META + MDAT, FTYP + MDAT + META, FTYP + box(b"moov", b"\1") + MDAT])
def test_description_and_data_may_come_in_either_order(content: bytes) -> None:
    assert ending(content) is Completeness.COMPLETE


@pytest.mark.parametrize("content", [FTYP, FTYP + META, FTYP + MDAT])
def test_a_file_cut_between_two_boxes_is_incomplete(content: bytes) -> None:
    assert ending(content) is Completeness.INCOMPLETE


def test_a_picture_that_lies_inside_its_description_is_complete() -> None:
    assert ending(FTYP + box(b"meta", b"\0\0\0\0" + box(b"idat", b"\3" * 40))) is Completeness.COMPLETE


def test_a_box_without_length_reaches_to_the_end() -> None:
    assert ending(FTYP + META + box(b"mdat", b"\2" * 300, size=0)) is Completeness.COMPLETE


def test_a_box_with_a_long_length_is_followed() -> None:
    large = (1).to_bytes(4) + b"mdat" + (16 + 300).to_bytes(8) + b"\2" * 300
    assert ending(FTYP + META + large) is Completeness.COMPLETE
    assert ending(FTYP + META + large[:-1]) is Completeness.INCOMPLETE


TRAILERS = {
    "Samsung's directory": b"SEFHv\0\0\0\xff\xfe" + bytes(20) + b"\x16\0\0\0SEFT",
    "Samsung's text": b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1688800211000",
    "vivo": b'vivo{"a":1}\0\0\0\x0bcameraalbum!',
    "padding": bytes(64),
    "something like a box": b"\0\0\0\x10\xff\xff\xff\xffxxxxxxxx",
    "two bytes": b"xx",
    "a video of its own": box(b"ftyp", b"mp42") + box(b"mdat", b"\5" * 90) + box(b"moov", b"\6" * 20),
}


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS.keys())
@pytest.mark.parametrize(
    "content", [FTYP + META + MDAT, encoded("HEIF"), encoded("AVIF")], ids=["plain", "HEIF", "AVIF"]
)
def test_a_trailer_is_allowed(content: bytes, trailer: bytes) -> None:
    assert ending(content + trailer) is Completeness.COMPLETE
    layout = isobmff.survey(InMemory(content + trailer))
    assert layout.picture(content + trailer) == content


def test_data_that_a_description_promises_must_be_there() -> None:
    """A box that reaches to the end of the file says nothing of how far that should be."""
    photo = encoded("AVIF")
    at = photo.index(b"mdat") - 4
    endless = photo[:at] + bytes(4) + photo[at + 4 :]
    assert ending(endless) is Completeness.COMPLETE
    assert ending(endless[:-1]) is Completeness.INCOMPLETE


def test_a_motion_photos_video_that_is_still_arriving_is_waited_for() -> None:
    cut = FTYP + META + MDAT + box(b"mpvd", b"\4" * 20, size=5000)
    assert ending(cut) is Completeness.PERHAPS
    assert ending(cut, hole=len(cut) - 5) is Completeness.INCOMPLETE


def test_space_reserved_after_the_first_box_is_incomplete() -> None:
    assert ending(FTYP + bytes(1000)) is Completeness.INCOMPLETE


def test_boxes_without_end_are_for_the_decoder() -> None:
    assert ending(FTYP + box(b"free") * 100_001) is Completeness.UNKNOWN


def test_garbage_after_the_first_box_is_for_the_decoder() -> None:
    assert ending(FTYP + b"\0\0\0\2\xff\xfe\xfd\xfc" + bytes(8)) is Completeness.UNKNOWN


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_space_reserved_for_a_picture_and_not_filled_to_its_end_is_incomplete(kind: str) -> None:
    photo = encoded(kind)
    for missing in (300, len(photo) // 2):
        reserved = photo[:-missing] + bytes(missing)
        assert ending(reserved) is Completeness.INCOMPLETE
        assert ending(reserved + TRAILERS["a video of its own"]) is Completeness.INCOMPLETE
    with pytest.raises(IncompleteError):
        codec.identify(reserved, PhotoSettings())


def test_a_picture_whose_data_are_cut_off_behind_a_film_is_incomplete() -> None:
    photo = encoded("AVIF")
    at = photo.index(b"mdat") - 4
    film = box(b"moov", b"\1" * 20) + box(b"mdat", b"\5" * 90)
    assert ending(photo[:at] + film + photo[at : at + 60]) is Completeness.INCOMPLETE
