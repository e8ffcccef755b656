"""Where a JPEG ends (ITU-T T.81, annex B): at the first end-of-image marker after its coded data."""

import re

from gpend.intake.ending.reader import STEPS, End, Ending, Reader

_CHUNK = 1 << 20
_MARKER = 4  # bytes of a marker with its segment's length
_EOI, _SOS, _TEM = 0xD9, 0xDA, 0x01
_IN_SCAN = re.compile(rb"\xff+([\x01\xc4\xcc\xd9-\xdd\xe0-\xef\xfe])")  # what may interrupt or end coded data


def jpeg_end(reader: Reader) -> End:
    """Judge a file that begins as a JPEG does; it is read through only where it does not end as one does."""
    begin = _coded_data(reader)
    if isinstance(begin, Ending):
        return begin
    if reader.size - 2 >= begin and reader.read(reader.size - 2, 2) == b"\xff\xd9":
        return reader.size
    return _end_of_image(reader, begin)


def _coded_data(reader: Reader) -> End:
    """The offset of the first coded data: the end of a thumbnail in the segments before it is not the picture's."""
    at = 2
    for _ in range(STEPS):
        head = reader.read(at, _MARKER)
        if len(head) < _MARKER or head[0] == 0 or head.startswith(b"\xff\0"):
            return Ending.INCOMPLETE
        if head.startswith(b"\xff\xff"):  # fill
            at += 1
        elif head[0] != 0xFF or head[1] < 0xC0:  # noqa: PLR2004 - where the markers with segments begin
            return Ending.UNKNOWN
        else:
            at += 2 + int.from_bytes(head[2:])
            if head[1] == _SOS:
                return at
    return Ending.UNKNOWN


def _end_of_image(reader: Reader, at: int) -> End:
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
    return Ending.INCOMPLETE
