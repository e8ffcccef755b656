"""One bad entry does not make a block unreadable: what others read of it, gpend reads too."""

import io
import struct

import numpy as np
import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from gpend.core.formats import exif
from gpend.core.formats.exif.block import Block, UnreadableError

ORIENTATION, MAKE = 0x0112, 0x010F
BYTE, ASCII, SHORT, LONG, SBYTE, SSHORT, SLONG = 1, 2, 3, 4, 6, 8, 9
FORMS = {BYTE: "B", SHORT: "H", LONG: "I", SBYTE: "b", SSHORT: "h", SLONG: "i"}


def entry(order: str, tag: int, kind: int, count: int, value: bytes) -> bytes:
    """One entry of a directory, with its value inside."""
    return struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")


def block(order: str, entries: list[bytes], count: int | None = None, behind: bytes = bytes(4)) -> bytes:
    """A block of one directory that says it has `count` entries, and what follows them."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    told = len(entries) if count is None else count
    return head + struct.pack(order + "H", told) + b"".join(entries) + behind


def turned(order: str, kind: int = SHORT, *, count: int = 1, told: int = 6) -> bytes:
    """An entry that tells the orientation in numbers of any type."""
    return entry(order, ORIENTATION, kind, count, struct.pack(order + FORMS[kind] * count, *[told] * count))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", FORMS)
def test_the_orientation_is_read_whatever_the_type_of_its_number(order: str, kind: int) -> None:
    assert exif.orientation(block(order, [turned(order, kind)])) == 6


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "form"), [(5, "II"), (10, "ii")])
def test_the_orientation_may_be_a_fraction_that_is_whole(order: str, kind: int, form: str) -> None:
    def told(above: int, below: int) -> bytes:
        place = struct.pack(order + "I", 26)
        return block(
            order, [entry(order, 0x0112, kind, 1, place)], behind=bytes(4) + struct.pack(order + form, above, below)
        )

    assert exif.orientation(told(6, 1)) == 6
    assert exif.orientation(told(16, 2)) == 8
    assert exif.orientation(told(7, 2)) == 1
    assert exif.orientation(told(6, 0)) == 1
    assert exif.orientation(exif.upright(told(6, 1), 20, 10)) == 1
    assert exif.orientation(told(6, 1)[:-2]) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_of_two_numbers_the_first_is_the_orientation(order: str) -> None:
    assert exif.orientation(block(order, [turned(order, count=2, told=8)])) == 8


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("behind", [b"", b"\0", b"\0\0\0", b"\xff\xff\xff\x7f"])
def test_the_offset_of_the_next_directory_may_be_missing_or_point_nowhere(order: str, behind: bytes) -> None:
    read = block(order, [turned(order)], behind=behind)
    assert exif.orientation(read) == 6
    assert exif.thumbnail(read) == b""
    written = exif.with_history(read, "gpend: faces restored")
    assert exif.orientation(written) == 6
    assert b"gpend: faces restored" in written
    assert read[8:] in written


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("count", [3, 40, 0xFFFF])
def test_a_directory_that_says_it_is_longer_than_it_is_is_read_and_not_written(order: str, count: int) -> None:
    read = block(order, [entry(order, MAKE, ASCII, 4, b"ABC\0"), turned(order)], count)
    assert exif.orientation(read) == 6
    with pytest.raises(UnreadableError):
        exif.with_history(read, "gpend: faces restored")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bad", [(0xEE, 1), (ASCII, 5000)])
def test_a_bad_entry_hides_no_other_and_is_carried_over(order: str, bad: tuple[int, int]) -> None:
    wrong = entry(order, MAKE, *bad, b"\x7f\x7f\x7f\x7f")
    read = block(order, [wrong, turned(order)])
    assert exif.orientation(read) == 6
    written = exif.with_history(read, "gpend: faces restored")
    assert exif.orientation(written) == 6
    assert written.count(wrong) == 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_value_that_reaches_beyond_the_end_keeps_the_block_as_it_is(order: str) -> None:
    read = block(order, [entry(order, MAKE, ASCII, 50, struct.pack(order + "I", 20)), turned(order)])
    assert exif.orientation(read) == 6
    with pytest.raises(UnreadableError):
        exif.with_history(read, "gpend: faces restored")


def test_pillow_turns_the_picture_by_the_same_number() -> None:
    for kind in (SHORT, LONG, SSHORT):
        told = block("<", [turned("<", kind)])
        stream = io.BytesIO()
        Image.fromarray(np.zeros((8, 16, 3), np.uint8)).save(stream, "JPEG", exif=b"Exif\0\0" + told)
        with Image.open(stream) as image:
            assert ImageOps.exif_transpose(image).size == ((8, 16) if exif.orientation(told) == 6 else (16, 8))


@given(st.binary(max_size=200), st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_whatever_a_block_holds_it_is_read_or_refused(data: bytes, head: bytes) -> None:
    assert 1 <= exif.orientation(head + data) <= 8
    try:
        first = Block(head + data).first()
    except UnreadableError:
        return
    assert all(len(one.value) == 4 for one in first.entries)


@given(st.text("abc ", max_size=40), st.integers(1, 8))
def test_what_is_written_is_read_back_by_another_reader(history: str, told: int) -> None:
    written = exif.with_history(block("<", [turned("<", told=told)]), history)
    read = piexif.load(written)["0th"]
    assert read[ORIENTATION] == told
    assert read.get(0x9213, b"").decode() == history
