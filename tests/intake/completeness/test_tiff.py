"""A TIFF ends after its last directory and the last pixels that one names."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from gpend.intake.completeness import Completeness
from tests.intake.completeness.pictures import ending


def tiff(*entries: tuple[int, int, int, int], order: str = "<", after: bytes = b"") -> bytes:
    """A header, one directory of (tag, type, count, value) and what follows it."""
    mark = b"II" if order == "<" else b"MM"
    directory = b"".join(
        struct.pack(f"{order}HHI", *entry[:3])
        + (
            struct.pack(f"{order}HH", entry[3], 0)
            if entry[1] == 3 and entry[2] == 1
            else struct.pack(f"{order}I", entry[3])
        )
        for entry in entries
    )
    return mark + struct.pack(f"{order}HIH", 42, 8, len(entries)) + directory + bytes(4) + after


def saved(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], **options: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "TIFF", **options)
    return out.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_pixels_must_be_there_to_the_last(order: str) -> None:
    head = len(tiff((273, 4, 1, 0), (279, 4, 1, 0)))
    content = tiff((273, 4, 1, head), (279, 3, 1, 100), order=order, after=b"\1" * 100)
    assert ending(content) is Completeness.COMPLETE
    assert ending(content + b"trailer") is Completeness.COMPLETE
    assert ending(content[:-1]) is Completeness.INCOMPLETE


def test_tables_of_strips_are_followed() -> None:
    head = len(tiff((273, 4, 2, 0), (279, 4, 2, 0)))
    tables = struct.pack("<IIII", head + 16, head + 66, 50, 50)
    content = tiff((273, 4, 2, head), (279, 4, 2, head + 8), after=tables + b"\1" * 100)
    assert ending(content) is Completeness.COMPLETE
    assert ending(content[:-1]) is Completeness.INCOMPLETE
    assert ending(content[: head + 7]) is Completeness.INCOMPLETE
    assert ending(content[:head] + bytes(116), hole=head) is Completeness.INCOMPLETE


def test_black_pixels_in_a_hole_are_pixels_unless_the_picture_ends_in_one() -> None:
    pixels = np.zeros((64, 256), np.uint8)
    pixels[-1] = 200
    content = saved(pixels)
    assert ending(content, hole=4096) is Completeness.COMPLETE
    black = saved(np.zeros((64, 256), np.uint8))
    assert ending(black) is Completeness.COMPLETE
    assert ending(black, hole=4096) is Completeness.INCOMPLETE


@pytest.mark.parametrize(
    "content", [b"II*\0" + bytes(60), b"II*\0\x08\0\0\0" + bytes(60), b"II*\0\xff\xff\0\0" + bytes(60)]
)
def test_a_directory_that_is_not_there_yet_is_incomplete(content: bytes) -> None:
    assert ending(content) is Completeness.INCOMPLETE


def test_directories_that_lead_in_circles_end() -> None:
    content = tiff((256, 4, 1, 5))
    assert ending(content[:-4] + struct.pack("<I", 8)) is Completeness.COMPLETE


def test_all_pages_must_be_there() -> None:
    first = tiff((256, 4, 1, 5))
    assert ending(first[:-4] + struct.pack("<I", len(first))) is Completeness.INCOMPLETE
    second = struct.pack("<HHHII", 1, 256, 4, 1, 5) + bytes(4)
    assert ending(first[:-4] + struct.pack("<I", len(first)) + second) is Completeness.COMPLETE


@pytest.mark.parametrize(("tag", "verdict"), [(305, Completeness.COMPLETE), (273, Completeness.INCOMPLETE)])
def test_a_value_that_no_writer_can_have_meant_is_passed_unless_pixels_need_it(tag: int, verdict: Completeness) -> None:
    bad = (tag, 4, 500, 0x7F000000)
    assert ending(tiff((256, 4, 1, 5), bad, after=b"\1" * 50)) is verdict


def test_metadata_that_come_last_are_waited_for() -> None:
    head = len(tiff((273, 4, 1, 0), (279, 4, 1, 0), (305, 2, 9, 0)))
    content = tiff((273, 4, 1, head), (279, 4, 1, 50), (305, 2, 9, head + 50), after=b"\1" * 50 + b"software\0")
    assert ending(content) is Completeness.COMPLETE
    assert [ending(content[:-cut]) for cut in (1, 8, 9)] == [Completeness.INCOMPLETE] * 3
