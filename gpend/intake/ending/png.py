"""Where a PNG ends: with its IEND chunk (PNG specification, third edition, 11.2.5)."""

from gpend.intake.ending.reader import STEPS, End, Ending, Reader

_IEND = b"\0\0\0\0IEND\xaeB`\x82"  # it has no data, so its checksum never differs
_SIGNATURE = _HEAD = 8  # bytes; a chunk's head is its length and its type
_AROUND = 12  # bytes of a chunk beside its data


def png_end(reader: Reader) -> End:
    """Judge a file that begins as a PNG does; its chunks are followed only if something stands after the last."""
    if reader.read(max(0, reader.size - len(_IEND)), len(_IEND)) == _IEND:
        return reader.size
    at = _SIGNATURE
    for _ in range(STEPS):
        head = reader.read(at, _HEAD)
        if len(head) < _HEAD or 0 in head[4:]:
            return Ending.INCOMPLETE
        if not head[4:].isalpha():
            return Ending.UNKNOWN
        at += _AROUND + int.from_bytes(head[:4])
        if at > reader.size:
            return Ending.INCOMPLETE
        if head[4:] == b"IEND":
            return at if reader.read(at - 4, 4) == _IEND[-4:] else Ending.INCOMPLETE
    return Ending.UNKNOWN
