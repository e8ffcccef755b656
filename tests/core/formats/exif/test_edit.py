"""EXIF is edited by appending alone."""

import io
import struct

import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import exif
from gpend.core.formats.jpeg import read_header
from tests.core.formats.jpeg.material import picture
from tests.photos_jpeg import ASCII, LONG, SHORT, Directory, Maker, encoded, phone_photo

HISTORY = "gpend: faces restored with gpen-256"
_BYTE = 1  # the type
BLOCKS = {maker: read_header(phone_photo(maker, picture(120, 160)).photo).exif for maker in Maker}


@pytest.mark.parametrize("maker", Maker)
def test_not_a_byte_moves_when_the_history_is_added(maker: Maker) -> None:
    old = BLOCKS[maker]
    new = exif.with_history(old, HISTORY)
    assert (new[:4], new[8 : len(old)]) == (old[:4], old[8:])  # between them: where IFD0 stands


@pytest.mark.parametrize("maker", Maker)
def test_others_read_the_history_and_all_that_was_there(maker: Maker) -> None:
    before, after = piexif.load(BLOCKS[maker]), piexif.load(exif.with_history(BLOCKS[maker], HISTORY))
    assert after["0th"].pop(0x9213) == HISTORY.encode()
    assert after["0th"].pop(0x000B) == exif.SOFTWARE.encode()
    assert after == before


def test_the_same_history_is_told_once() -> None:
    once = exif.with_history(BLOCKS[Maker.CANON], HISTORY)
    assert exif.with_history(once, HISTORY) == once


def test_another_history_is_added_to_the_one_that_is_there() -> None:
    twice = exif.with_history(exif.with_history(BLOCKS[Maker.APPLE], "cropped by hand"), HISTORY)
    assert piexif.load(twice)["0th"][0x9213] == f"cropped by hand; {HISTORY}".encode()


def test_another_programs_name_stays() -> None:
    foreign = _block({0x000B: b"another program 3\0"})
    assert piexif.load(exif.with_history(foreign, HISTORY))["0th"][0x000B] == b"another program 3"


def test_an_older_gpends_name_gives_way() -> None:
    older = _block({0x000B: b"gpend 0.0.1\0"})
    assert piexif.load(exif.with_history(older, HISTORY))["0th"][0x000B] == exif.SOFTWARE.encode()


def test_a_new_block_holds_the_history_and_nothing_else() -> None:
    read = piexif.load(exif.minimal(HISTORY))
    assert read["0th"].keys() == {0x000B, 0x9213}
    assert read["0th"][0x9213] == HISTORY.encode()


def _of_a_phone(order: str, **odd: bytes) -> bytes:
    """A block of a picture of 400 x 300 to be turned by 90 degrees, as Android writes it; `odd` entries differ."""
    small = encoded(picture(12, 16))

    def laid(details: int, related: int, second: int, thumbnail: int) -> list[bytes]:
        first, inner, innermost, other = (Directory(order) for _ in range(4))
        first.add(0x0100, LONG, 400)
        first.add(0x0101, LONG, 300)
        first.add(0x0112, SHORT, 6)
        first.add(0x8769, LONG, details)
        for tag, area in ((0x9214, [80, 105, 80, 30]), (0xA214, [80, 105])):
            inner.add(tag, *((ASCII, odd["subject"]) if "subject" in odd else (SHORT, area)))
        inner.add(0xA002, *((ASCII, odd["width"]) if "width" in odd else (LONG, 400)))
        inner.add(0xA003, LONG, 300)
        inner.add(0xA005, LONG, related)
        innermost.add(0x1001, SHORT, 400)
        innermost.add(0x1002, SHORT, 300)
        for tag, number in ((0x0100, 16), (0x0101, 12), (0x0201, thumbnail), (0x0202, len(small))):
            other.add(tag, LONG, number)
        other.add(0x0112, SHORT, 6)
        return [
            first.packed(8, second), inner.packed(details), innermost.packed(related), other.packed(second), small,
        ]  # fmt: skip

    lengths = [len(part) for part in laid(0, 0, 0, 0)]
    starts = [8 + sum(lengths[:number]) for number in range(1, 5)]
    head = b"MM\0*\0\0\0\x08" if order == ">" else b"II*\0\x08\0\0\0"
    return head + b"".join(laid(*starts))


@pytest.mark.parametrize("order", "<>")
def test_all_that_depends_on_the_turn_stands_upright(order: str) -> None:
    read = piexif.load(exif.upright(_of_a_phone(order), 300, 400))
    assert (read["0th"][0x0112], read["1st"][0x0112]) == (1, 1)
    assert (read["0th"][0x0100], read["0th"][0x0101]) == (read["Exif"][0xA002], read["Exif"][0xA003]) == (300, 400)
    assert (read["1st"][0x0100], read["1st"][0x0101]) == (12, 16)
    other = Image.Exif()
    other.load(b"Exif\0\0" + exif.upright(_of_a_phone(order), 300, 400))
    assert [other.get_ifd(0xA005)[tag] for tag in (0x1001, 0x1002)] == [300, 400]
    assert (read["Exif"][0x9214], read["Exif"][0xA214]) == ((194, 80, 30, 80), (194, 80))


def test_what_is_not_turned_stays() -> None:
    block = exif.upright(_of_a_phone("<"), 300, 400)
    assert exif.upright(block, 300, 400) == block


@pytest.mark.parametrize("odd", [{"width": b"wide\0"}, {"subject": b"here\0"}], ids=lambda odd: next(iter(odd)))
def test_an_entry_that_makes_no_sense_leaves_no_orientation_behind(odd: dict[str, bytes]) -> None:
    """Else readers would turn the picture once more."""
    assert exif.orientation(exif.upright(_of_a_phone("<", **odd), 300, 400)) == 1


def test_a_subject_in_bytes_that_hold_no_such_place_stays() -> None:
    block = _of_a_phone("<").replace(struct.pack("<HHI", 0xA214, SHORT, 2), struct.pack("<HHI", 0xA214, _BYTE, 2))
    upright = exif.upright(block, 300, 400)
    assert exif.orientation(upright) == 1
    assert piexif.load(upright)["Exif"][0x9214] == (194, 80, 30, 80)


@given(told=st.integers(0, 70_000))
def test_the_orientation_is_one_of_eight(told: int) -> None:
    assert exif.orientation(_block({0x0112: told})) == (told if 1 <= told <= 8 else 1)


@given(data=st.binary(max_size=200))
def test_what_is_no_tiff_block_is_refused_and_stands_upright(data: bytes) -> None:
    for block in (data, b"II*\0" + data, b"MM\0*" + data):
        assert 1 <= exif.orientation(block) <= 8
        for edit in (lambda b: exif.with_history(b, HISTORY), exif.thumbnail, lambda b: exif.with_thumbnail(b, b"new")):
            _either(edit, block)
        assert len(exif.upright(block, 300, 400)) == len(block)


@given(cut=st.integers(0, 1100), flips=st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 255)), max_size=8))
def test_a_damaged_block_is_edited_or_refused(cut: int, flips: list[tuple[int, int]]) -> None:
    block = bytearray(BLOCKS[Maker.SAMSUNG])
    for place, byte in flips:
        block[place] = byte
    for damaged in (bytes(block), bytes(block[:cut])):
        _either(lambda b: exif.with_history(b, HISTORY), damaged)
        _either(lambda b: exif.with_thumbnail(b, exif.thumbnail(b) + b"more"), damaged)
        assert len(exif.upright(damaged, 300, 400)) == len(damaged)


@pytest.mark.parametrize("maker", Maker)
@pytest.mark.parametrize("quality", [20, 99])
def test_a_new_thumbnail_is_found_and_nothing_else_changes(maker: Maker, quality: int) -> None:
    new = encoded(picture(120, 160, seed=5), quality=quality)
    edited = exif.with_thumbnail(BLOCKS[maker], new)
    before, after = piexif.load(BLOCKS[maker]), piexif.load(edited)
    assert after.pop("thumbnail") == exif.thumbnail(edited)
    assert exif.thumbnail(edited).rstrip(b"\0") == new  # one in the old place is filled up to the old length
    assert before.pop("thumbnail") != new
    for directories in (before, after):
        directories["1st"] = {tag: value for tag, value in directories["1st"].items() if tag not in {0x201, 0x202}}
    assert after == before


def test_a_longer_thumbnail_that_stands_last_leaves_no_dead_bytes() -> None:
    old = exif.thumbnail(BLOCKS[Maker.CANON])
    longer = old + bytes(500)
    assert len(exif.with_thumbnail(BLOCKS[Maker.CANON], longer)) <= len(BLOCKS[Maker.CANON]) + 500


def test_a_longer_thumbnail_in_the_middle_goes_to_the_end() -> None:
    block = exif.with_history(BLOCKS[Maker.CANON], HISTORY)
    longer = exif.thumbnail(block) + b"longer"
    edited = exif.with_thumbnail(block, longer)
    assert exif.thumbnail(edited) == longer
    assert piexif.load(edited)["0th"] == piexif.load(block)["0th"]


def test_a_whole_tiff_file_is_a_block_too() -> None:
    output = io.BytesIO()
    Image.fromarray(picture(30, 40)).save(output, "TIFF")
    edited = exif.with_history(output.getvalue(), HISTORY)
    with Image.open(io.BytesIO(edited)) as image, Image.open(output) as before:
        assert image.tobytes() == before.tobytes()
        assert isinstance(image, type(before))
        assert image.getexif()[0x9213] == HISTORY


def _either(edit: object, block: bytes) -> None:
    assert callable(edit)
    try:
        assert isinstance(edit(block), bytes)
    except exif.UnreadableError:
        return


def _block(entries: dict[int, bytes | int]) -> bytes:
    """A block of IFD0 alone: texts and LONGs."""
    directory, values = b"", b""
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, value in entries.items():
        if isinstance(value, int):
            directory += struct.pack("<HHII", tag, 4, 1, value)
        else:
            directory += struct.pack("<HHII", tag, 2, len(value), start + len(values))
            values += value
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + bytes(4) + values
