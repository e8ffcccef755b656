"""What holds for every format: whole files are complete, cut or reserved ones are not, nothing breaks the judge."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpend.core import codec
from gpend.core.formats import Format
from gpend.errors import PhotoError
from gpend.intake.completeness import Completeness, completeness
from gpend.settings import PhotoSettings
from tests.intake.completeness.pictures import Held, encoded, ending

WHOLE = {
    "JPEG": encoded("JPEG"),
    "progressive JPEG": encoded("JPEG", progressive=True),
    "JPEG with a thumbnail": encoded("JPEG", exif=b"Exif\0\0" + encoded("JPEG", quality=10)),
    "PNG": encoded("PNG"),
    "WebP": encoded("WEBP"),
    "lossless WebP": encoded("WEBP", lossless=True),
    "TIFF": encoded("TIFF"),
    "packed TIFF": encoded("TIFF", compression="tiff_lzw"),
    "big TIFF": encoded("TIFF", big_tiff=True),
    "AVIF": encoded("AVIF"),
    "HEIF": encoded("HEIF"),
}
MARKED = ("JPEG", "progressive JPEG", "JPEG with a thumbnail", "PNG")
"""Formats of which a mark of the end may be all that is missing."""

BLOCK = 4096
formats = pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE.keys())


def test_every_format_is_among_them() -> None:
    assert {each.value for each in Format} <= set(WHOLE)


@formats
def test_a_whole_file_is_complete(content: bytes) -> None:
    assert ending(content) is Completeness.COMPLETE


@st.composite
def partly_written(draw: st.DrawFn) -> tuple[str, int]:
    """A format, and after how many bytes its writer has paused."""
    name = draw(st.sampled_from(sorted(WHOLE)))
    return name, draw(st.integers(0, len(WHOLE[name]) - 1))


@given(partly_written())
def test_a_file_cut_anywhere_is_never_complete(written: tuple[str, int]) -> None:
    name, length = written
    told = ending(WHOLE[name][:length])
    assert told is Completeness.INCOMPLETE or (name in MARKED and told is Completeness.PERHAPS)


@given(partly_written())
@example(("AVIF", 99))  # it says how many items there are, and not yet which
def test_space_that_is_reserved_but_not_filled_is_never_complete(written: tuple[str, int]) -> None:
    """A file system keeps whole blocks: what is written of the last one is followed by zeros, then by a hole."""
    name, length = written
    hole = -(-length // BLOCK) * BLOCK
    reserved = WHOLE[name][:length] + bytes(len(WHOLE[name]) - length)
    if hole < len(reserved):
        assert ending(reserved, hole=hole) is Completeness.INCOMPLETE


@given(partly_written())
@example(("JPEG", 22))  # a segment's marker, and not yet its length
def test_zeros_really_written_over_the_end_are_not_complete_where_the_format_shows_it(written: tuple[str, int]) -> None:
    name, length = written
    reserved = WHOLE[name][:length] + bytes(len(WHOLE[name]) - length)
    if "JPEG" in name or "PNG" in name:
        assert ending(reserved) is Completeness.INCOMPLETE


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_nothing_but_zeros_is_incomplete(size: int) -> None:
    assert ending(bytes(size)) is Completeness.INCOMPLETE


@formats
def test_the_first_bytes_of_a_format_alone_are_incomplete(content: bytes) -> None:
    assert ending(content[:1]) is ending(content[:15]) is Completeness.INCOMPLETE


@pytest.mark.parametrize("content", [b"these are words, not a picture", b"GIF89a" + b"\1" * 50, b"BM" + b"\2" * 60])
def test_what_has_no_end_that_can_be_told_is_left_to_the_decoder(content: bytes) -> None:
    assert ending(content) is Completeness.UNKNOWN
    assert ending(content, hole=20) is Completeness.INCOMPLETE


@formats
def test_little_is_read_of_a_whole_file(content: bytes) -> None:
    held = Held(content)
    assert completeness(held) is Completeness.COMPLETE
    assert held.bytes_read < 3000


@given(st.sampled_from(sorted(WHOLE.values())), st.data())
def test_damage_never_breaks_the_judge(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, min(200, len(damaged)) - 1))] = data.draw(st.integers(0, 255))
    assert ending(bytes(damaged)) in Completeness


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8", b"II*\0", b"MM\0+", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftyp"]),
)
def test_no_bytes_break_the_judge(content: bytes, magic: bytes) -> None:
    assert ending(magic + content) in Completeness


def decoded(content: bytes) -> bool:
    """Whether the core reads the whole picture."""
    try:
        codec.decode(content, codec.identify(content, PhotoSettings()))
    except PhotoError:
        return False
    return True


@given(partly_written(), st.binary(max_size=40), st.integers(0, 4))
def test_what_can_be_restored_is_never_called_incomplete(written: tuple[str, int], extra: bytes, flips: int) -> None:
    """The same code decides for both: cut, damaged and followed by anything."""
    name, length = written
    content = bytearray((WHOLE[name] if flips else WHOLE[name][:length]) + extra)
    for flip in range(flips if length else 0):
        content[(length * (flip + 7)) % len(content)] ^= 1 << flip
    if decoded(bytes(content)):
        assert ending(bytes(content)) is not Completeness.INCOMPLETE
