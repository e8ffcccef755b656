"""Where a WebP ends: its RIFF header says so (RFC 9649, 2.4)."""

from gpend.intake.ending.reader import End, Ending, Reader

_HEAD = 8  # bytes before those that the size counts
_LEAST = 4  # bytes: the form type alone


def webp_end(reader: Reader) -> End:
    """Judge a file that begins as a WebP does, or as one whose header is still being written."""
    length = int.from_bytes(reader.read(4, 4), "little")
    is_there = any(reader.read(_HEAD, _LEAST)) and _LEAST < length <= reader.size - _HEAD
    return _HEAD + length if is_there else Ending.INCOMPLETE
