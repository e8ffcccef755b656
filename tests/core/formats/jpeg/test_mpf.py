"""The index of further pictures follows them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.exif.block import UnreadableError
from gpend.core.formats.jpeg import mpf


def index(order: str, entries: list[tuple[int, int]]) -> bytes:
    """An MPF payload with sizes and offsets."""
    table = b"".join(struct.pack(order + "IIIHH", 0, size, offset, 0, 0) for size, offset in entries)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    directory = struct.pack(order + "HHHIII", 1, 0xB002, 7, len(table), 26, 0)
    return mpf.MAGIC + head + directory + table


@pytest.mark.parametrize("order", ["<", ">"])
@given(
    start=st.integers(20, 500), end=st.integers(1000, 5000), trailer=st.integers(-400, 400), moved=st.integers(-9, 90)
)
def test_pictures_behind_the_first_are_found_where_they_moved(
    order: str, start: int, end: int, trailer: int, moved: int
) -> None:
    origin = start + len(mpf.MAGIC)
    old = index(order, [(end, 0), (77, end - origin), (88, end + 77 - origin), (50, 60)])
    new = mpf.moved(old, start, mpf.Move(end, trailer, moved))
    assert new == index(
        order,
        [
            (end + trailer, 0),
            (77, end - origin + trailer - moved),
            (88, end + 77 - origin + trailer - moved),
            (50, 60),  # lies before the first picture's end: an index that lies is not made to lie otherwise
        ],
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_previews_are_told_from_other_pictures(order: str) -> None:
    plain = index(order, [(500, 0), (77, 600)])
    kinds = {0x20030000: False, 0x020002: False, 0x80010001: True, 0x010002: True}
    for kind, is_preview in kinds.items():
        told = bytearray(plain)
        struct.pack_into(order + "I", told, len(plain) - 16, kind)
        assert mpf.names_previews(bytes(told)) is is_preview
        assert mpf.names_views(bytes(told)) is (kind == 0x020002)
    assert not mpf.names_previews(plain[:-1])


def test_an_index_without_pictures_stays() -> None:
    empty = mpf.MAGIC + b"II*\0\x08\0\0\0" + bytes(6)
    assert mpf.moved(empty, 30, mpf.Move(100, 5, 0)) == empty


@pytest.mark.parametrize("payload", [b"MPF\0", b"MPF\0II*\0\xff\0\0\0", index("<", [(1, 0)])[:-1]])
def test_a_malformed_index_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadableError):
        mpf.moved(payload, 30, mpf.Move(100, 5, 0))


def test_an_offset_that_would_leave_the_file_is_refused() -> None:
    with pytest.raises(UnreadableError):
        mpf.moved(index("<", [(5, 0), (5, 2**32 - 1)]), 30, mpf.Move(100, 500, 0))
