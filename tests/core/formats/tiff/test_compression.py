"""TIFF's compression schemes, over bare bytes."""

import io
import lzma
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats.tiff import compression
from gpend.core.formats.tiff.compression import SCHEMES
from gpend.errors import IncompleteError

every_scheme = pytest.mark.parametrize("number", [each for each in SCHEMES if each != compression.JPEG])


@every_scheme
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 99))
def test_what_is_packed_unpacks(number: int, row: int, rows: int, seed: int) -> None:
    plain = np.random.default_rng(seed).integers(0, 3, row * rows, np.uint8).tobytes()
    packed = SCHEMES[number].pack(plain, row)
    assert bytes(compression.unpacked(SCHEMES[number], memoryview(packed), row, rows)) == plain


@every_scheme
def test_too_little_is_an_error(number: int) -> None:
    plain = bytes(range(250))
    packed = SCHEMES[number].pack(plain, 50)
    with pytest.raises((IncompleteError, OSError)):
        compression.unpacked(SCHEMES[number], memoryview(packed)[: len(packed) // 2], 50, 5)
    with pytest.raises((IncompleteError, OSError)):
        compression.unpacked(SCHEMES[number], memoryview(packed), 50, 7)


TOLD = (compression.DEFLATE, compression.ZSTD, compression.LZMA)
"""Schemes of which a gap in the data is told."""


@pytest.mark.parametrize("number", TOLD)
@pytest.mark.parametrize("value", [b"\0", b"\xff", b"\xcd"])
@pytest.mark.parametrize("size", [512, 4096])
def test_a_gap_that_was_never_written_is_told(number: int, value: bytes, size: int) -> None:
    plain = np.random.default_rng(5).normal(99, 9, 300 * 200).astype(np.uint8).tobytes()
    packed = SCHEMES[number].pack(plain, 300)
    for at in range(512, len(packed) - size - 100, 5 * 512):
        with pytest.raises((IncompleteError, zlib.error, lzma.LZMAError, OSError)):
            compression.unpacked(
                SCHEMES[number], memoryview(packed[:at] + value * size + packed[at + size :]), 300, 200
            )


@every_scheme
@pytest.mark.parametrize("rows", [1000, 999])
def test_an_even_picture_holds_long_stretches_and_is_whole(number: int, rows: int) -> None:
    plain = bytes(2000) * 999 + bytes([9]) * 2000
    packed = memoryview(SCHEMES[number].pack(plain, 2000))
    assert bytes(compression.unpacked(SCHEMES[number], packed, 2000, rows)) == plain[: 2000 * rows]


@pytest.mark.parametrize(
    ("number", "name"),
    [(compression.LZW, "tiff_lzw"), (compression.PACKBITS, "packbits"), (compression.DEFLATE, "tiff_adobe_deflate")],
)
def test_strips_of_other_writers_unpack(number: int, name: str) -> None:
    picture = np.random.default_rng(0).integers(0, 9, (40, 70), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "TIFF", compression=name, tiffinfo={278: 40})
    with Image.open(stream) as image:
        start, length = (image.getexif()[tag] for tag in (273, 279))
    packed = memoryview(stream.getvalue())[start : start + length]
    assert bytes(compression.unpacked(SCHEMES[number], packed, 70, 40)) == picture.tobytes()


def test_libtiff_reads_what_is_packed_without_it() -> None:
    plain = bytes(range(250))
    for number in (compression.LZMA, compression.DEFLATE):
        packed = SCHEMES[number].pack(plain, 50)
        unpack = compression._by_libtiff(number)  # noqa: SLF001 - the library itself as judge
        assert bytes(unpack(memoryview(packed), 50, 5)) == plain
