"""Numbers in a TIFF's directory."""

import struct

import pytest

from gpend.core.formats.exif.block import Block, UnreadableError
from gpend.core.formats.reader import InMemory
from gpend.core.formats.tiff import ending, ifd
from gpend.errors import IncompleteError, PhotoError
from tests.photos_jpeg import ASCII, LONG, SHORT, Directory


def block(order: str = "<") -> Block:
    """One SHORT, three of them, one LONG, two of them, and a text."""
    made = Directory(order)
    made.add(1, SHORT, 7)
    made.add(2, SHORT, [1, 2, 3])
    made.add(3, LONG, 70_000)
    made.add(4, LONG, [5, 6])
    made.add(5, ASCII, "text")
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return Block(magic + struct.pack(order + "I", 8) + made.packed(8))


@pytest.mark.parametrize("order", "<>")
def test_numbers_are_read_wherever_they_stand(order: str) -> None:
    tiff = block(order)
    found = {tag: ifd.numbers(tiff, tiff.first(), tag) for tag in range(1, 5)}
    assert found == {1: (7,), 2: (1, 2, 3), 3: (70_000,), 4: (5, 6)}
    assert ifd.number(tiff, tiff.first(), 2) == 1
    assert ifd.number(tiff, tiff.first(), 9, 42) == 42
    assert ifd.numbers(tiff, tiff.first(), 9, (1, 1)) == (1, 1)


def test_what_is_missing_or_of_another_kind_is_an_error() -> None:
    tiff = block()
    with pytest.raises(PhotoError, match="tag 9 is missing"):
        ifd.number(tiff, tiff.first(), 9)
    with pytest.raises(PhotoError, match="tag 5 is of an unusual kind"):
        ifd.numbers(tiff, tiff.first(), 5)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("tag", "values"), [(1, [9]), (1, [70_000]), (2, [4, 5, 6]), (2, [1, 2, 1 << 20]), (3, [1]), (4, [1 << 31, 0])]
)
def test_other_numbers_are_read_back_and_all_the_rest_stays(order: str, tag: int, values: list[int]) -> None:
    tiff = block(order)
    before = {each: ifd.numbers(tiff, tiff.first(), each) for each in range(1, 5)}
    length = len(tiff.data)
    ifd.renumber(tiff, tiff.first(), tag, values)
    after = {each: ifd.numbers(tiff, tiff.first(), each) for each in range(1, 5)}
    assert after == before | {tag: tuple(values)}
    assert (len(tiff.data) > length) == (tag == 2 and max(values) > 0xFFFF)


def test_values_outside_of_the_file_are_noticed() -> None:
    tiff = block()
    assert ending.end(InMemory(bytes(tiff.data))) == 0  # it names no pixels
    with pytest.raises(IncompleteError):
        ending.end(InMemory(bytes(tiff.data[:-2])))
    far = Block(bytes(tiff.data))
    struct.pack_into("<I", far.data, far.first().place(4), 1 << 30)
    with pytest.raises(UnreadableError):
        ifd.numbers(far, far.first(), 4)
