"""Where a HEIF or AVIF ends: after the boxes with its description and its data (ISO/IEC 14496-12, 4.2)."""

from gpend.intake.ending.reader import STEPS, End, Ending, Reader

_HEAD = 8  # bytes of a box's length and type
_DESCRIPTION = 1 << 20  # bytes of a description that are searched


def boxes_end(reader: Reader) -> End:
    """Judge a file that begins with an `ftyp` box."""
    at, seen = 0, set[bytes]()
    for _ in range(STEPS):
        if at == reader.size:
            return at if _is_whole(seen) else Ending.INCOMPLETE
        kind, length = _box(reader, at)
        if length < _HEAD or not kind.isascii():
            return _without_box(at, kind, seen)
        if at + length > reader.size:
            return Ending.INCOMPLETE
        seen.add(kind)
        if kind == b"meta" and b"idat" in reader.read(at, min(length, _DESCRIPTION)):
            seen.add(b"mdat")  # a small picture may lie inside its own description
        at += length
    return Ending.UNKNOWN


def _without_box(at: int, kind: bytes, seen: set[bytes]) -> End:
    """After a whole picture comes a trailer; before, reserved space or something else altogether."""
    if _is_whole(seen):
        return at
    return Ending.UNKNOWN if any(kind) else Ending.INCOMPLETE


def _is_whole(boxes: set[bytes]) -> bool:
    return b"mdat" in boxes and not boxes.isdisjoint({b"meta", b"moov"})


def _box(reader: Reader, at: int) -> tuple[bytes, int]:
    """A box's type, and its length in bytes with its head; the length is 0 where there is no box."""
    head = reader.read(at, 2 * _HEAD)
    length, kind = int.from_bytes(head[:4]), head[4:8]
    if length == 1:
        return kind, int.from_bytes(head[8:])
    if length == 0 and any(kind):
        return kind, reader.size - at  # it reaches to the end of the file
    return kind, length
