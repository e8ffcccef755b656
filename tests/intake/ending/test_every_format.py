"""What holds for every format: whole files are complete, cut or reserved ones are not, nothing breaks the judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.ending import Ending, ends
from tests.intake.ending.pictures import Held, encoded, ending

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
formats = pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE.keys())
any_format = st.sampled_from(sorted(WHOLE))


@formats
def test_a_whole_file_is_complete(content: bytes) -> None:
    assert ending(content) is Ending.COMPLETE


@given(any_format, st.floats(0, 1))
def test_a_file_cut_anywhere_is_never_complete(name: str, share: float) -> None:
    content = WHOLE[name]
    cut = content[: int(share * (len(content) - 1))]
    assert ending(cut) is Ending.INCOMPLETE


@given(any_format, st.floats(0, 1))
def test_space_that_is_reserved_but_not_filled_is_never_complete(name: str, share: float) -> None:
    content = WHOLE[name]
    filled = int(share * (len(content) - 16))
    reserved = content[:filled] + bytes(len(content) - filled)
    if reserved != content:
        assert ending(reserved, hole=filled) is Ending.INCOMPLETE


@given(any_format, st.floats(0, 1))
def test_zeros_really_written_over_the_end_are_not_complete_either(name: str, share: float) -> None:
    content = WHOLE[name]
    if name not in {"TIFF", "packed TIFF", "big TIFF", "WebP", "lossless WebP", "AVIF", "HEIF"}:  # only decoding tells
        filled = int(share * (len(content) - 16))
        assert ending(content[:filled] + bytes(len(content) - filled)) is Ending.INCOMPLETE


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_nothing_but_zeros_is_incomplete(size: int) -> None:
    assert ending(bytes(size)) is Ending.INCOMPLETE


@formats
def test_the_first_bytes_of_a_format_alone_are_incomplete(content: bytes) -> None:
    assert ending(content[:1]) is not Ending.COMPLETE
    assert ending(content[:15]) is Ending.INCOMPLETE


@pytest.mark.parametrize("content", [b"these are words, not a picture", b"GIF89a" + b"\1" * 50, b"BM" + b"\2" * 60])
def test_what_has_no_end_that_can_be_told_is_left_to_the_decoder(content: bytes) -> None:
    assert ending(content) is Ending.UNKNOWN
    assert ending(content, hole=20) is Ending.INCOMPLETE


@formats
def test_little_is_read_of_a_whole_file(content: bytes) -> None:
    held = Held(content)
    assert ends(held) is Ending.COMPLETE
    assert held.bytes_read < 3000


@given(st.sampled_from(sorted(WHOLE.values())), st.data())
def test_damage_never_breaks_the_judge(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, min(200, len(damaged)) - 1))] = data.draw(st.integers(0, 255))
    assert ending(bytes(damaged)) in Ending


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8", b"II*\0", b"MM\0+", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftyp"]),
)
def test_no_bytes_break_the_judge(content: bytes, magic: bytes) -> None:
    assert ending(magic + content) in Ending
