"""Where a JPEG ends (ITU-T T.81, annex B): at the first end-of-image marker after its coded data."""

import re

from gpend.core.formats.reader import ENDS_EARLY, MOST_PARTS, Reader
from gpend.errors import IncompleteError, PhotoError

_CHUNK = 1 << 20
_MARKER = 4  # bytes of a marker with its segment's length
_EOI, _SOS, _TEM = 0xD9, 0xDA, 0x01
_IN_SCAN = re.compile(rb"\xff+([\x01\xc4\xcc\xd9-\xdd\xe0-\xef\xfe])")  # what may interrupt or end coded data


def end(reader: Reader) -> int:
    """Where the picture ends; what follows is a trailer. The file is read through only where it has one.

    Raises IncompleteError where the file ends first, PhotoError where its segments cannot be followed.
    """
    begin = _coded_data(reader)
    if reader.size - 2 >= begin and reader.read(reader.size - 2, 2) == b"\xff\xd9":
        return reader.size
    return _end_of_image(reader, begin)


def _coded_data(reader: Reader) -> int:
    """The offset of the first coded data: the end of a thumbnail in the segments before it is not the picture's."""
    at = 2
    for _ in range(MOST_PARTS):
        head = reader.read(at, _MARKER)
        if len(head) < _MARKER or head[0] == 0 or head.startswith(b"\xff\0"):
            raise IncompleteError(ENDS_EARLY)
        if head.startswith(b"\xff\xff"):  # fill
            at += 1
        elif head[0] != 0xFF or head[1] < 0xC0:  # noqa: PLR2004 - where the markers with segments begin
            break
        else:
            at += 2 + int.from_bytes(head[2:])
            if head[1] == _SOS:
                return at
    raise PhotoError(f"the file is corrupt: no segment begins at byte {at:,}")


def _end_of_image(reader: Reader, at: int) -> int:
    while at < reader.size:
        chunk = reader.read(at, _CHUNK)
        found = _IN_SCAN.search(chunk)
        if found is None:
            if len(chunk) < _CHUNK:
                break
            at += len(chunk) - 1  # the last byte may be half a marker
            continue
        at += found.end()
        if found[1][0] == _EOI:
            return at
        if found[1][0] != _TEM:
            at += int.from_bytes(reader.read(at, 2))
    raise IncompleteError(ENDS_EARLY)
