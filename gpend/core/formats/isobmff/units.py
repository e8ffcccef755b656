"""The units that AV1 and HEVC pictures are made of, and which of them code nothing.

Encoders that are asked for a size fill up what is too small, and what is told of a picture stands in units of its own:
both may hold as much of one value as they like.
"""

from collections.abc import Iterator

HEVC_LENGTH = 4  # bytes before each unit that tell its length, as all encoders at hand write it (ISO/IEC 14496-15)
HEVC_IDLE = frozenset({38, 39, 40})  # filler data, and what is told beside the picture (H.265, table 7-1)
HEVC_HEAD = 2

AV1_IDLE = frozenset({5, 15})  # metadata and padding (AV1 bitstream specification, 6.2.2)
AV1_KINDS = frozenset({1, 2, 3, 4, 6, 7, 8}) | AV1_IDLE
MOST_LENGTH = 8  # bytes of an AV1 unit's length


def coding_of_hevc(data: bytes) -> Iterator[bytes]:
    """The units that code a picture; from one on that is no proper unit, all of the rest at once."""
    place = 0
    while place < len(data):
        begin = place + HEVC_LENGTH
        end = begin + int.from_bytes(data[place:begin], "big")
        if end < begin + HEVC_HEAD or end > len(data) or data[begin] & 0x80:
            yield data[place:]
            return
        if data[begin] >> 1 not in HEVC_IDLE:
            yield data[begin:end]
        place = end


def coding_of_av1(data: bytes) -> Iterator[bytes]:
    """The same of AV1."""
    place = 0
    while place < len(data):
        head = data[place]
        begin = place + (2 if head & 4 else 1)  # with an extension or without
        length = _length(data, begin) if head & 2 else (len(data) - begin, begin)
        kind = head >> 3 & 15
        if length is None or head & 0x81 or kind not in AV1_KINDS or sum(length) > len(data):
            yield data[place:]
            return
        place = sum(length)
        if kind not in AV1_IDLE:
            yield data[length[1] : place]


def _length(data: bytes, place: int) -> tuple[int, int] | None:
    """A number in groups of seven bits, the lowest first, and where it ends; None where it does not."""
    value = 0
    for group, byte in enumerate(data[place : place + MOST_LENGTH]):
        value |= (byte & 0x7F) << 7 * group
        if not byte & 0x80:
            return value, place + group + 1
    return None
