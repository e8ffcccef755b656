"""The chunks of a WebP file: where each one lies, and a file written anew with some of them exchanged (RFC 9649)."""

import struct
from collections.abc import Mapping
from typing import NamedTuple

from gpend.core.formats.reader import ENDS_EARLY, InMemory, Reader
from gpend.errors import IncompleteError, PhotoError

HEAD = 12  # bytes of "RIFF", the size and "WEBP"
UNCOUNTED = 8  # bytes before those that the size counts
LOSSY, LOSSLESS = b"VP8 ", b"VP8L"  # the chunks that hold a picture
FORM = 4  # bytes of "WEBP", which the size counts


class Chunk(NamedTuple):
    """One chunk, as offsets into the file."""

    kind: bytes  # four characters
    start: int
    length: int  # of its data

    @property
    def data(self) -> slice:
        """Where its data lie."""
        return slice(self.start + 8, self.start + 8 + self.length)

    @property
    def end(self) -> int:
        """The first byte after it and its padding to an even length."""
        return self.start + 8 + self.length + self.length % 2


def end(reader: Reader) -> int:
    """Where the picture ends, which its header says; what follows is a trailer (RFC 9649, 2.4).

    Raises IncompleteError where the file is shorter, or its header has not been filled.
    """
    head = reader.read(0, HEAD)
    counted = int.from_bytes(head[4:UNCOUNTED], "little")
    if not any(head[UNCOUNTED:]) or not FORM <= counted <= reader.size - UNCOUNTED:
        raise IncompleteError(ENDS_EARLY)
    return UNCOUNTED + counted


def walk(photo: bytes) -> tuple[Chunk, ...]:
    """Every chunk, in order. One behind the picture may end after what the header counts: no decoder looks there."""
    last = end(InMemory(photo))
    chunks: list[Chunk] = []
    place, has_picture = HEAD, False
    while place + 8 <= last:
        kind, length = struct.unpack_from("<4sI", photo, place)
        if place + 8 + length > (len(photo) if has_picture else last):
            raise PhotoError("the file is corrupt: a part of it claims to be longer than the whole")
        chunks.append(Chunk(kind, place, length))
        place, has_picture = chunks[-1].end, has_picture or kind in (LOSSY, LOSSLESS)
    return tuple(chunks)


def written(kind: bytes, data: bytes) -> bytes:
    """One chunk as bytes."""
    return struct.pack("<4sI", kind, len(data)) + data + b"\0" * (len(data) % 2)


def whole(parts: list[bytes]) -> bytes:
    """A WebP file of these chunks."""
    body = b"WEBP" + b"".join(parts)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def spliced(photo: bytes, exchanged: Mapping[Chunk, bytes], added_after: Chunk, added: bytes) -> bytes:
    """The file with other data for the chunks in `exchanged`, and `added` (whole chunks) after one of them.

    Every other byte is kept. Where the last chunk lacks its padding, which many decoders demand, it gets some, and all
    of it is counted.
    """
    parts: list[bytes] = []
    last, chunks = end(InMemory(photo)), walk(photo)
    for chunk in chunks:
        if chunk in exchanged or chunk.end > last:
            parts.append(written(chunk.kind, exchanged.get(chunk, photo[chunk.data])))
        else:
            parts.append(photo[chunk.start : chunk.end])
        if chunk == added_after:
            parts.append(added)
    return whole(parts) + photo[_trailer(photo, last, chunks) :]


def _trailer(photo: bytes, last: int, chunks: tuple[Chunk, ...]) -> int:
    """Where what follows the picture begins; a last chunk that the header does not count whole is no part of it."""
    if not chunks:
        return last
    stop: int = chunks[-1].data.stop
    has_padding = stop < chunks[-1].end and photo[stop : stop + 1] == b"\0"
    return max(last, stop + has_padding)


def padded(photo: bytes) -> bytes:
    """The file as it is, or with its last chunk padded and counted."""
    chunks = walk(photo)
    return spliced(photo, {}, chunks[0], b"") if chunks and chunks[-1].end > end(InMemory(photo)) else photo
