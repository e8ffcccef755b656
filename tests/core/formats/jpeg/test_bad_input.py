"""Damaged and crafted files end in an error with a reason, or in a file that other decoders accept too."""

import struct
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from gpend.core.formats import jpeg
from gpend.errors import IncompleteError, PhotoError
from tests.core.formats.jpeg.material import Coding, coded, picture
from tests.photos_jpeg import Maker, phone_photo

SIDE = 48
FILES = [
    *(phone_photo(maker, picture(SIDE, SIDE), progressive=maker is Maker.APPLE).photo for maker in Maker),
    coded(picture(SIDE, SIDE), Coding("4:4:4", optimize=True)),
    coded(picture(SIDE, SIDE), Coding("4:1:1", progressive=True, restart=2)),
    coded(picture(SIDE, SIDE, grey=True), Coding("grey", restart=3)),
]


def tried(photo: bytes) -> str:
    """What became of it: the kind of error, or "patched" for a file that stands the test."""
    try:
        header = jpeg.read_header(photo)
        shape = min(header.height, 400), min(header.width, 400)
        if shape != (header.height, header.width):
            return "large"  # the caller's limit on megapixels
        changed = np.zeros(shape, np.bool_)
        changed[shape[0] // 3 : shape[0] // 2 + 1, shape[1] // 3 : shape[1] // 2 + 1] = True
        patched = jpeg.patch(photo, np.full((*shape, 3), 90, np.uint8), changed, "gpend").photo
    except PhotoError as error:
        return type(error).__name__
    assert _accepted(patched) or not _accepted(photo)
    return "patched"


def _accepted(photo: bytes) -> bool:
    return cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR) is not None


def flipped(count: int) -> Iterator[bytes]:
    """Files with one to four wrong bytes each, half of the damage where headers or the picture are."""
    random = np.random.default_rng(20)
    for number in range(count):
        damaged = bytearray(FILES[number % len(FILES)])
        ranges = [(0, len(damaged)), (0, min(1000, len(damaged))), (max(0, len(damaged) - 4000), len(damaged))]
        for _ in range(random.integers(1, 5)):
            damaged[random.integers(*ranges[random.integers(3)])] = random.integers(256)
        yield bytes(damaged)


def test_two_thousand_damaged_files_harm_nothing() -> None:
    outcomes = [tried(photo) for photo in flipped(2000)]
    assert {"patched", "PhotoError", "IncompleteError"} <= set(outcomes)
    assert outcomes.count("patched") > 200


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_file_cut_off_anywhere_is_incomplete(number: int) -> None:
    photo = FILES[number]
    end = jpeg.parse(photo).layout.end
    for percent in range(1, 100):
        with pytest.raises(IncompleteError):
            jpeg.patch(photo[: end * percent // 100], picture(SIDE, SIDE), np.ones((SIDE, SIDE), np.bool_), "gpend")


@pytest.mark.parametrize("number", range(len(FILES)))
@pytest.mark.parametrize("length", [0, 1, 2, 3, 9, 0x7FFF, 0xFFFF])
def test_crafted_lengths_harm_nothing(number: int, length: int) -> None:
    photo = FILES[number]
    for place in range(2, min(1000, len(photo) - 4)):
        if photo[place] == 0xFF and photo[place + 1] not in {0, 0xFF}:
            tried(photo[: place + 2] + struct.pack(">H", length) + photo[place + 4 :])


@pytest.mark.parametrize("number", range(3))
def test_crafted_offsets_in_exif_harm_nothing(number: int) -> None:
    photo = FILES[number]
    start = photo.index(b"Exif\0\0") + 6
    for place in range(start, start + 300, 2):
        for crafted in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x08\0\0\x08"):
            assert tried(photo[:place] + crafted + photo[place + 4 :]) == "patched"
