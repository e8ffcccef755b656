"""The chunks of a PNG file: where each one lies, and the file with some of them replaced (PNG, third edition)."""

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from gpend.errors import IncompleteError, PhotoError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
IDAT_SIZE = 1 << 20  # how much of the picture goes into one IDAT chunk, in bytes


class Chunk(NamedTuple):
    """One chunk, as offsets into the file."""

    kind: bytes  # four letters; a capital first one means that a decoder must understand it
    start: int  # of its length field
    length: int  # of its data

    @property
    def data(self) -> slice:
        """Where its data lie."""
        return slice(self.start + 8, self.start + 8 + self.length)

    @property
    def end(self) -> int:
        """The first byte after its checksum."""
        return self.start + 12 + self.length


def walk(photo: bytes) -> tuple[Chunk, ...]:
    """Every chunk up to IEND, in order. IncompleteError where the file ends before IEND."""
    chunks: list[Chunk] = []
    place = len(SIGNATURE)
    while not chunks or chunks[-1].kind != b"IEND":
        if place + 12 > len(photo):
            raise IncompleteError("the file ends before its picture does")
        length, kind = struct.unpack_from(">I4s", photo, place)
        if not kind.isalpha():
            raise PhotoError(f"the file is corrupt: no chunk begins at byte {place:,}")
        chunks.append(Chunk(kind, place, length))
        place = chunks[-1].end
        if place > len(photo):
            raise IncompleteError("the file ends before its picture does")
    return tuple(chunks)


def check(photo: bytes, chunks: tuple[Chunk, ...]) -> None:
    """Compare the checksums of all chunks: of those that gpend does not read, too, for other readers do."""
    for chunk in chunks:
        (expected,) = struct.unpack_from(">I", photo, chunk.end - 4)
        if zlib.crc32(memoryview(photo)[chunk.start + 4 : chunk.end - 4]) != expected:
            raise PhotoError(f"the file is corrupt: the checksum of its {chunk.kind.decode()} chunk does not match")


def written(kind: bytes, data: bytes | memoryview) -> bytes:
    """One chunk as bytes."""
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def spliced(photo: bytes, chunks: tuple[Chunk, ...], replaced: Mapping[bytes, bytes]) -> bytes:
    """The file with the data of the chunks in `replaced` exchanged (empty: left out) and every other byte kept.

    The IDAT chunks become one run where the first of them stood; a kind that the file lacks is put before IEND; what
    follows IEND stays.
    """
    parts: list[bytes | memoryview] = [SIGNATURE]
    seen: set[bytes] = set()
    whole = memoryview(photo)
    lacking = [kind for kind, data in replaced.items() if data and kind not in {chunk.kind for chunk in chunks}]
    for chunk in chunks:
        if chunk.kind == b"IEND":
            parts.extend(written(kind, replaced[kind]) for kind in lacking)
        data = replaced.get(chunk.kind)
        if data is None:
            parts.append(whole[chunk.start : chunk.end])
        elif chunk.kind not in seen:
            seen.add(chunk.kind)
            step = IDAT_SIZE if chunk.kind == b"IDAT" else max(1, len(data))
            parts.extend(written(chunk.kind, data[at : at + step]) for at in range(0, len(data), step))
    parts.append(whole[chunks[-1].end :])
    return b"".join(parts)
