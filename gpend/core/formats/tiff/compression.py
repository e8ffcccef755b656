"""The compression schemes of TIFF, over bare bytes: what is between the bytes of a strip and those in the file."""

import lzma
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from gpend.core.formats import signatures, unwritten
from gpend.core.formats.exif.block import LONG
from gpend.core.formats.exif.directory import Form
from gpend.core.formats.tiff import ifd
from gpend.errors import IncompleteError

NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS, LZMA, ZSTD = 1, 5, 7, 8, 32946, 32773, 34925, 50000
HEAD = 8  # bytes of a TIFF's header
_FORM = Form("<")
WRAPPED = 85_000_000  # bytes; Pillow warns of pictures with more pixels, by a limit that holds for the whole process


Unpack = Callable[[memoryview, int, int], bytes | memoryview]  # (packed, bytes of a row, rows)
Pack = Callable[[bytes, int], bytes]  # (plain, bytes of a row)


@dataclass(frozen=True)
class Scheme:
    """One scheme. Both ways know how many bytes a row has, for some schemes begin every row anew."""

    unpack: Unpack
    pack: Pack
    predicts: bool  # whether TIFF's predictors apply
    largest: int = 1 << 27  # bytes of a strip or tile that it can take, lest a small file fill the memory


def _plain(packed: memoryview, row: int, rows: int) -> memoryview:
    return packed[: row * rows]


def _inflated(packed: memoryview, row: int, rows: int) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(packed, row * rows)
    if unwritten.has_stretch(packed) and not _is_proved(
        stream, row * rows
    ):  # even pictures hold such stretches by themselves
        raise IncompleteError(unwritten.NEVER_WRITTEN)
    return plain


def _is_proved(stream: "zlib._Decompress", more: int) -> bool:
    """Whether the checksum is right behind what was unpacked, and up to so many bytes more, as of a last strip."""
    with suppress(zlib.error):
        stream.decompress(stream.unconsumed_tail, more)
        return stream.eof
    return False


def _unpacked_zstd(packed: memoryview, row: int, rows: int) -> bytes | memoryview:
    if unwritten.has_stretch(packed):  # it packs whatever is even into a few bytes
        raise IncompleteError(unwritten.NEVER_WRITTEN)
    return _by_libtiff(ZSTD)(packed, row, rows)


def _by_lzma(packed: memoryview, row: int, rows: int) -> bytes:
    return lzma.LZMADecompressor().decompress(packed, row * rows)


def _with_lzma(plain: bytes, _row: int) -> bytes:
    return lzma.compress(plain, check=lzma.CHECK_NONE)


def _by_libtiff(number: int) -> Unpack:
    """Unpack with the library itself: the bytes are wrapped as a grey picture of one strip.

    Of corrupt bytes libtiff writes a line to the standard error, which nothing here can prevent, before Pillow raises.
    """

    def unpack(packed: memoryview, row: int, rows: int) -> bytes:
        facts = {ifd.WIDTH: row, ifd.HEIGHT: rows, ifd.BITS: 8, ifd.COMPRESSION: number, ifd.PHOTOMETRIC: 1}
        facts |= {ifd.STRIP_OFFSETS: 0, ifd.CHANNELS: 1, ifd.STRIP_ROWS: rows, ifd.STRIP_LENGTHS: len(packed)}
        facts[ifd.STRIP_OFFSETS] = HEAD + _FORM.head + _FORM.entry * len(facts) + _FORM.word
        entries = b"".join(struct.pack("<HHII", tag, LONG, 1, value) for tag, value in facts.items())
        file = struct.pack("<4sIH", signatures.TIFF[0], HEAD, len(facts)) + entries + bytes(4) + bytes(packed)
        return np.asarray(TiffImageFile(BytesIO(file)), np.uint8).tobytes()

    return unpack


def _with_libtiff(name: str) -> Pack:
    """Pack with the library itself: a grey picture of one strip is written, and the strip taken out."""

    def pack(plain: bytes, row: int) -> bytes:
        rows = len(plain) // row
        stream = BytesIO()
        picture = Image.frombytes("L", (row, rows), plain)
        picture.save(stream, "TIFF", compression=name, tiffinfo={ifd.STRIP_ROWS: rows})
        file = stream.getvalue()
        tags = TiffImageFile(BytesIO(file)).tag_v2
        (start,), (length,) = tags[ifd.STRIP_OFFSETS], tags[ifd.STRIP_LENGTHS]
        return file[start : start + length]

    return pack


def _deflated(plain: bytes, _row: int) -> bytes:
    return zlib.compress(plain)


def _stored(plain: bytes, _row: int) -> bytes:
    return plain


def _by_itself(*_: object) -> bytes:
    """No bytes stand between those of a JPEG and its picture: `lossy` reads and changes it."""
    raise NotImplementedError


SCHEMES = {
    NONE: Scheme(_plain, _stored, predicts=False, largest=1 << 32),
    LZW: Scheme(_by_libtiff(LZW), _with_libtiff("tiff_lzw"), predicts=True, largest=WRAPPED),
    JPEG: Scheme(_by_itself, _by_itself, predicts=False, largest=WRAPPED),
    DEFLATE: Scheme(_inflated, _deflated, predicts=True),
    OLD_DEFLATE: Scheme(_inflated, _deflated, predicts=True),
    PACKBITS: Scheme(_by_libtiff(PACKBITS), _with_libtiff("packbits"), predicts=False, largest=WRAPPED),
    ZSTD: Scheme(_unpacked_zstd, _with_libtiff("zstd"), predicts=True, largest=WRAPPED),
    LZMA: Scheme(_by_lzma, _with_lzma, predicts=True),
}
"""By TIFF's number for it."""


def unpacked(scheme: Scheme, packed: memoryview, row: int, rows: int) -> bytes | memoryview:
    """`row` * `rows` bytes; IncompleteError where the packed ones hold fewer."""
    plain = scheme.unpack(packed, row, rows)
    if len(plain) < row * rows:
        raise IncompleteError("the picture's data end before the picture does")
    return plain
