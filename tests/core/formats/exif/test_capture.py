"""Camera, lens and capture date are read whatever the EXIF is like, and nothing that is broken costs more than that."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats.described import described
from gpend.core.formats.exif.capture import Capture, capture_of
from gpend.core.formats.jpeg import read_header
from tests import photos
from tests.photos_jpeg import ASCII, Directory, Maker, encoded, phone_photo, segment

PICTURE = photos.synthetic(40, 40)
BLOCKS = {maker: read_header(phone_photo(maker, PICTURE).photo).exif for maker in Maker}


def block(main: dict[int, str | bytes], details: dict[int, str | bytes] | None = None, order: str = "<") -> bytes:
    """A block of these texts."""
    first, below = Directory(order), Directory(order)
    for directory, told in ((first, main), (below, details or {})):
        for tag, text in told.items():
            data = text.encode() if isinstance(text, str) else text
            directory.add(tag, ASCII, data + b"\0")
    first.add(0x8769, 4, 600)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return (head + first.packed(8)).ljust(600, b"\0") + below.packed(600)


@pytest.mark.parametrize("maker", Maker)
def test_a_phones_photo_tells_its_camera_lens_and_time(maker: Maker) -> None:
    assert capture_of(BLOCKS[maker]) == Capture(f"{maker} Model 7", "back camera 5.7mm f/1.8", "2024-02-29 12:34:56")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("make", "model", "told"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON Z 6", "NIKON Z 6"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("", "Kamera", "Kamera"),
        ("Maker", "", "Maker"),
        ("  spaced\t", " out\x1b[31m ", "spaced out [31m"),
        ("海鸥", "DC-33", "海鸥 DC-33"),
    ],
)
def test_a_maker_is_named_once_and_in_plain_letters(make: str, model: str, told: str, order: str) -> None:
    assert capture_of(block({0x010F: make, 0x0110: model}, order=order)).camera == told


def test_the_time_has_its_zone_where_the_photo_tells_one() -> None:
    when = {0x9003: "2023:07:08 09:10:11", 0x9011: "+02:00"}
    assert capture_of(block({0x0132: "2024:01:01 00:00:00"}, {**when})).taken == "2023-07-08 09:10:11+02:00"
    assert capture_of(block({0x0132: "2024:01:01 00:00:00"}, {0x9011: "+02:00"})).taken == "2024-01-01 00:00:00"
    assert capture_of(block({}, {0x9003: "0000:00:00 00:00:00"})).taken == ""
    assert capture_of(block({}, {0x9003: "yesterday"})).taken == ""


def test_an_entry_of_four_gigabytes_costs_nothing() -> None:
    whole = bytearray(block({0x010F: "Canon"}))
    whole += struct.pack("<H", 1) + struct.pack("<HHII", 0x9286, 1, 0xFFFFFFF0, 8) + bytes(4)
    place = whole.index(struct.pack("<HHI", 0x8769, 4, 1)) + 8
    struct.pack_into("<I", whole, place, len(whole) - 18)
    assert capture_of(bytes(whole)) == Capture("Canon")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_format_tells(kind: str) -> None:
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, kind, exif=b"Exif\0\0" + BLOCKS[Maker.CANON])
    assert described(stream.getvalue()).camera == "Canon Model 7"


@pytest.mark.parametrize("photo", [b"", b"no photo", b"\xff\xd8\xff\xe1\0", encoded(PICTURE), b"II*\0\xff\xff\xff\xff"])
def test_what_tells_nothing_is_an_empty_answer(photo: bytes) -> None:
    assert described(photo) == Capture()


@given(st.data())
def test_a_broken_block_is_survived(data: st.DataObject) -> None:
    damaged = bytearray(BLOCKS[data.draw(st.sampled_from(list(Maker)))])
    for place in data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    told = capture_of(bytes(damaged))
    assert all(text.isprintable() for text in (told.camera, told.lens, told.taken))
    described(encoded(PICTURE)[:20] + segment(0xE1, b"Exif\0\0" + bytes(damaged)))


def test_a_film_tells_nothing() -> None:
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x0cmdatfilm"
    assert described(film) == Capture()
