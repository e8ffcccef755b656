"""EXIF in a PNG: in its eXIf chunk, or in its text, from the time before it had one: "Raw profile type exif".

ImageMagick, GIMP, darktable and exiftool write that: a line with the profile's name, one with its length in bytes, and
its bytes in hexadecimal, in a tEXt, zTXt or iTXt chunk (PNG, third edition, 11.3.3).
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from gpend.core.formats import signatures
from gpend.core.formats.png.chunks import Chunk

KEYWORDS = (b"Raw profile type exif", b"Raw profile type APP1")
PREFIX = b"Exif\0\0"
BEGINNINGS = (PREFIX, *signatures.TIFF)
LONGEST = 1 << 26  # bytes of text that are unpacked: 32 MiB of EXIF, far more than any camera writes
LINE = 72  # hexadecimal digits in a line, as all of its writers have it

HEADS = {
    b"tEXt": re.compile(rb"(?P<keyword>[^\0]*)\0"),
    b"zTXt": re.compile(rb"(?P<keyword>[^\0]*)\0\0"),
    b"iTXt": re.compile(rb"(?P<keyword>[^\0]*)\0(?P<packed>[\0\1])\0[^\0]*\0[^\0]*\0"),
}
"""What stands before the text, by the kind of chunk."""

_TEXT = re.compile(rb"\s*(?P<name>[^\n]*)\n\s*\d+\s*\n(?P<digits>[0-9A-Fa-f\s]*)\Z")


@dataclass(frozen=True)
class Held:
    """An EXIF block, and what of its chunk is to stay when it changes."""

    block: bytes
    head: bytes = b""  # of the chunk's data: the keyword, and what tells how the text is stored
    name: bytes | None = None  # the text's own name for the profile; None: the chunk holds the bare block
    is_packed: bool = False

    def holding(self, block: bytes) -> bytes:
        """The chunk's data with another block."""
        if self.name is None:
            return block
        digits = block.hex().encode()
        lines = [digits[at : at + LINE] for at in range(0, len(digits), LINE)]
        text = b"\n%s\n%8d\n%s\n" % (self.name, len(block), b"\n".join(lines))
        return self.head + (zlib.compress(text) if self.is_packed else text)


def held(photo: bytes, chunks: Iterable[Chunk]) -> dict[Chunk, Held]:
    """The EXIF blocks of a PNG by their chunks, eXIf's own first: it is what readers prefer."""
    own = {chunk: Held(photo[chunk.data]) for chunk in chunks if chunk.kind == b"eXIf"}
    told = {chunk: _told(chunk.kind, photo[chunk.data]) for chunk in chunks if chunk.kind in HEADS}
    return own | {chunk: block for chunk, block in told.items() if block is not None}


def _told(kind: bytes, data: bytes) -> Held | None:
    """The block that a chunk holds as text; None where it holds none that makes sense."""
    matched = HEADS[kind].match(data)
    if matched is None or matched["keyword"] not in KEYWORDS:
        return None
    is_packed = kind == b"zTXt" or (kind == b"iTXt" and matched["packed"] == b"\1")
    text = _TEXT.match(_unpacked(data[matched.end() :]) if is_packed else data[matched.end() :])
    if text is None:
        return None
    digits = b"".join(text["digits"].split()).decode()
    block = bytes.fromhex(digits[: len(digits) // 2 * 2])
    return Held(block, matched[0], text["name"], is_packed) if block.startswith(BEGINNINGS) else None


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, LONGEST)
    except zlib.error:
        return b""
