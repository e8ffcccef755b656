"""The chunks of a PNG file: where each one lies, and the file with some of them replaced (PNG, third edition)."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from gpend.core.formats import signatures
from gpend.core.formats.reader import ENDS_EARLY, MOST_PARTS, UNMARKED, InMemory, Reader, UnmarkedError
from gpend.errors import IncompleteError, PhotoError

HEAD = 8  # bytes of a chunk's length and kind
LAST = b"\0\0\0\0IEND\xaeB`\x82"  # IEND has no data, so its checksum never differs but by damage
CUT = "a part behind its picture is cut off; it is not in the new file"
SKIPPED = b""
"""The kind of a chunk that is damaged and that no picture needs: its name is not believed."""

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
    """Every chunk up to IEND, in order. Raises as `follow`."""
    return tuple(follow(InMemory(photo)))


def walk_what_is_there(photo: bytes) -> tuple[Chunk, ...]:
    """The same of a file that may end early: as far as it goes. Raises PhotoError where there is no chunk."""
    found = list[Chunk]()
    with suppress(IncompleteError):
        found.extend(follow(InMemory(photo)))
    return tuple(found)


def follow(reader: Reader) -> Iterator[Chunk]:
    """The same of a file that need not be held.

    Raises IncompleteError where the file ends, or has not been filled, before IEND, and UnmarkedError, which is one,
    where it ends behind picture data; PhotoError where there is no chunk.
    """
    place, has_data = len(signatures.PNG), False
    for _ in range(MOST_PARTS):
        try:
            chunk = _chunk(reader, place)
        except IncompleteError:
            if has_data and _is_cut(reader, place):
                raise UnmarkedError(ENDS_EARLY) from None
            raise
        yield chunk
        if chunk.kind == b"IEND":
            return
        place, has_data = chunk.end, has_data or chunk.kind == b"IDAT"
    raise PhotoError(f"the file is corrupt: it has more than {MOST_PARTS:,} chunks")


def marked(photo: bytes) -> tuple[bytes, str]:
    """A file that ends behind picture data, with IEND in place of what is left of a last chunk; and what to tell."""
    place = len(signatures.PNG)
    with suppress(UnmarkedError):
        for chunk in follow(InMemory(photo)):
            place = chunk.end
    return photo[:place] + LAST, UNMARKED if LAST.startswith(photo[place:]) else CUT


def _is_cut(reader: Reader, place: int) -> bool:
    """Whether the file ends in a chunk that is none of the picture's, or before it; space that is empty is no end."""
    rest = reader.read(place, len(LAST))
    kind = rest[4:HEAD]
    is_named = len(kind) == HEAD - 4 and kind.isalpha() and kind not in (b"IDAT", b"IEND")
    return is_named or (LAST.startswith(rest) and len(rest) < len(LAST))


def _chunk(reader: Reader, place: int) -> Chunk:
    head = reader.read(place, HEAD)
    written = head[4:].rstrip(b"\0")  # of its kind: a writer that reserves space leaves zeros behind what it wrote
    if len(head) < HEAD or (len(written) < len(head[4:]) and (written.isalpha() or not written)):
        raise IncompleteError(ENDS_EARLY)
    length, kind = struct.unpack(">I4s", head)
    if not kind.isalpha():
        raise PhotoError(f"the file is corrupt: no chunk begins at byte {place:,}")
    chunk = Chunk(kind, place, length)
    if chunk.end > reader.size or (kind == b"IEND" and not any(reader.read(chunk.end - 4, 4))):
        raise IncompleteError(ENDS_EARLY)
    return chunk


def end(reader: Reader) -> int:
    """Where the picture ends; what follows is a trailer. Raises as `follow`, which is spared where IEND is last."""
    if reader.read(max(0, reader.size - len(LAST)), len(LAST)) == LAST:
        return reader.size
    place = 0
    for chunk in follow(reader):
        place = chunk.end
    return place


def believed(photo: bytes, chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """The chunks, of which those that a decoder may ignore are SKIPPED where their checksum does not match.

    So libpng has it, and with it browsers and most programs: it warns, passes the chunk, and shows the picture.
    """
    return tuple(
        chunk if _is_needed(chunk) or _is_whole(photo, chunk) else chunk._replace(kind=SKIPPED) for chunk in chunks
    )


def check(photo: bytes, chunks: tuple[Chunk, ...]) -> None:
    """Compare the checksums of the chunks that a decoder must understand; IEND, which holds nothing, may be damaged."""
    for chunk in chunks:
        if _is_needed(chunk) and chunk.kind != b"IEND" and not _is_whole(photo, chunk):
            raise PhotoError(f"the file is corrupt: the checksum of its {chunk.kind.decode()} chunk does not match")


def _is_needed(chunk: Chunk) -> bool:
    return chunk.kind[:1].isupper()


def _is_whole(photo: bytes, chunk: Chunk) -> bool:
    told = int.from_bytes(photo[chunk.end - 4 : chunk.end], "big")
    return zlib.crc32(memoryview(photo)[chunk.start + 4 : chunk.end - 4]) == told


def written(kind: bytes, data: bytes | memoryview) -> bytes:
    """One chunk as bytes."""
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def spliced(
    photo: bytes,
    chunks: tuple[Chunk, ...],
    replaced: Mapping[bytes, bytes],
    exchanged: Mapping[Chunk, bytes] | None = None,
) -> bytes:
    """The file with the data of the chunks in `replaced`, by kind (empty: left out), and in `exchanged` changed.

    Every other byte is kept. The IDAT chunks become one run where the first of them stood; a kind that the file lacks
    is put before it, where also those find it who read no further; what follows IEND stays.
    """
    parts: list[bytes | memoryview] = [signatures.PNG]
    seen: set[bytes] = set()
    whole = memoryview(photo)
    lacking = [kind for kind, data in replaced.items() if data and kind not in {chunk.kind for chunk in chunks}]
    for chunk in chunks:
        if chunk.kind == b"IDAT" and b"IDAT" not in seen:
            parts.extend(written(kind, replaced[kind]) for kind in lacking)
        data = replaced.get(chunk.kind)
        if data is None:
            new = (exchanged or {}).get(chunk)
            parts.append(whole[chunk.start : chunk.end] if new is None else written(chunk.kind, new))
        elif chunk.kind not in seen:
            step = IDAT_SIZE if chunk.kind == b"IDAT" else max(1, len(data))
            parts.extend(written(chunk.kind, data[at : at + step]) for at in range(0, len(data), step))
        seen.add(chunk.kind)
    parts.append(whole[chunks[-1].end :])
    return b"".join(parts)
