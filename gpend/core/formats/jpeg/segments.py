"""The marker segments of a JPEG file, found without decoding anything (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gpend.core.formats import signatures
from gpend.core.formats.reader import ENDS_EARLY, InMemory, Reader, UnmarkedError
from gpend.errors import IncompleteError, PhotoError

SOI = 0xD8
EOI = 0xD9
SOS = 0xDA
DQT = 0xDB
DHT = 0xC4
DAC = 0xCC
DNL = 0xDC
DRI = 0xDD
APP0, APP1, APP2, APP11, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE
COM = 0xFE
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, DAC}
CODING = FRAMES | {DHT, DAC, SOS, DQT, DNL, DRI}
"""Segments that say how the picture is coded; all others (APPn and COM) go along untouched."""

_KNOWN = CODING | {COM, *range(0xE0, 0xF0)}

LONGEST = 0xFFFF - 2
"""The most bytes that a segment can hold after its length."""

_MOST = 10_000
"""More segments are an attack: 100 MB of extended XMP need 1,600."""

_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)  # 0x01 and 0xD0 to 0xD7 have no payload
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_MARKER_BYTES = 2
_NEVER_ZERO = 8
"""Bytes at the end of coded data that are not all zero, as space is that was reserved and never filled."""

_GLANCE, _PIECE = 64, 1 << 20
"""Bytes that are read of a file on a disk: where a marker is expected, and where it is searched for."""


@dataclass(frozen=True)
class Segment:
    """One marker segment; a scan's coded data belongs to its SOS segment."""

    marker: int
    lead: int  # where the segment before it ended: fill bytes lie between there and `start`
    start: int  # of the marker's two bytes
    end: int  # after the payload
    scan_end: int  # after the coded data of an SOS segment; for all others the same as `end`

    @property
    def payload(self) -> slice:
        """Where the payload lies in the file."""
        return slice(self.start + 4, self.end)


@dataclass(frozen=True)
class Layout:
    """All segments of a file's first picture."""

    segments: tuple[Segment, ...]
    end: int  # after the picture's EOI: whatever follows (second pictures, videos, vendors' trailers) is a trailer


def survey(photo: bytes) -> Layout:
    """Every segment up to the EOI. Raises IncompleteError where the file ends first, PhotoError for what is no JPEG.

    UnmarkedError, which is one, where it ends in a scan or right behind it.
    """
    file = InMemory(photo)
    segments = tuple(walk(file))
    return Layout(segments, _next_marker(file, segments[-1].scan_end if segments else 2) + 2)


def walk(file: Reader, until: int = EOI) -> Iterator[Segment]:
    """The segments in order, lazily, up to the first one marked `until` or the EOI; raises as `survey` does."""
    if file.read(0, 3) not in {signatures.JPEG, signatures.JPEG[:2]}:
        raise PhotoError("this is not a JPEG file")
    return _walked(file, 2, until)


def end(file: Reader) -> int:
    """Where the picture ends; what follows is a trailer. Raises as `survey` does, UnmarkedError where a scan goes on.

    A file that ends as a JPEG does is read no further than to its first scan: 2 bytes are its end.
    """
    position = 2
    for segment in walk(file, SOS):
        position = segment.end
    scan = _next_marker(file, position)
    begin = _end(file, scan) if file.read(scan + 1, 1)[0] == SOS else scan
    if begin <= file.size - 2 and file.read(file.size - 2, 2) == b"\xff\xd9":
        return file.size
    for segment in _walked(file, position, EOI):
        position = segment.scan_end
    return _next_marker(file, position) + 2


def _walked(file: Reader, position: int, until: int) -> Iterator[Segment]:
    for _ in range(_MOST):
        lead, start = position, _next_marker(file, position)
        marker = file.read(start + 1, 1)[0]
        if marker in {EOI, until}:
            return
        if marker == SOI:
            raise PhotoError("the JPEG is corrupt: a second picture begins inside the first")
        if marker not in _KNOWN:
            raise PhotoError(f"the JPEG is corrupt: it holds a segment that no decoder knows (0x{marker:02X})")
        end = _end(file, start)
        position = _end_of_scan(file, end) if marker == SOS else end
        yield Segment(marker, lead, start, end, position)
    raise PhotoError(f"the JPEG is corrupt: it holds more than {_MOST:,} segments")


def _end_of_scan(file: Reader, begin: int) -> int:
    try:
        return _found(file, _END_OF_SCAN, begin)
    except IncompleteError as error:
        last = file.read(max(begin, file.size - _NEVER_ZERO), _NEVER_ZERO)
        raise UnmarkedError(ENDS_EARLY) if any(last) else error from None


def _next_marker(file: Reader, position: int) -> int:
    return _found(file, _MARKER, position)


def _end(file: Reader, start: int) -> int:
    told = file.read(start + 2, 2)
    end = start + 2 + int.from_bytes(told, "big")
    if len(told) < _MARKER_BYTES or end > file.size:
        raise IncompleteError(ENDS_EARLY)
    if end < start + 4:  # the length counts its own two bytes
        if not any(file.read(start + 2, _GLANCE)):
            raise IncompleteError(ENDS_EARLY)  # space that was reserved, and is not filled yet
        raise PhotoError("the JPEG is corrupt: a segment has an impossible length")
    return end


def _found(file: Reader, pattern: re.Pattern[bytes], position: int) -> int:
    """Where the next two bytes stand that `pattern` is about. Raises IncompleteError where there are none."""
    if isinstance(file, InMemory):
        found = pattern.search(file.data, position)
        if found is not None:
            return found.start()
        raise IncompleteError(ENDS_EARLY)
    count = _GLANCE
    while position < file.size:
        piece = file.read(position, count)
        found = pattern.search(piece)
        if found is not None:
            return position + found.start()
        position += max(1, len(piece) - 1)  # the last byte may be half a marker
        count = _PIECE
    raise IncompleteError(ENDS_EARLY)


def packed(marker: int, payload: bytes) -> bytes:
    """A whole segment. The payload is at most LONGEST bytes long."""
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload
