"""Small pictures in segments beside the EXIF: Photoshop's and those of JFIF's extension, kept true to the photo.

Those that are coded as JPEG are refreshed; those that are raw are only told of, for hardly a program still reads them.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import thumbnail
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.parsed import Jpeg
from gpend.core.formats.jpeg.segments import APP0, APP13, LONGEST, Segment
from gpend.errors import PhotoError

STALE = "a small picture of it, beside the one in its EXIF, still shows the faces as they were"

_JFIF, _JFXX_JPEG, _JFXX = b"JFIF\0", b"JFXX\0\x10", b"JFXX\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_THUMBNAIL, _OLD_THUMBNAIL = 0x040C, 0x0409  # Adobe's numbers of the resources
_HEAD = struct.Struct(">IIIIIIHH")
"""Before the JPEG in it: format, width, height, bytes of a row, of all, of the JPEG, bits, planes."""


@dataclass
class Refreshed:
    """New payloads for segments, and what a person should know."""

    payloads: dict[Segment, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def stale(self) -> None:
        """Tell, once, that some small picture is not true to the photo any more."""
        if STALE not in self.notes:
            self.notes.append(STALE)


class _Resource(NamedTuple):
    """One of Photoshop's resources in its segment's payload."""

    number: int
    size: int  # where the length of its data stands
    data: slice
    end: int  # with the byte that makes the length even


def refreshed(jpeg: Jpeg, pixels: NDArray[np.uint8], change: Difference) -> Refreshed:
    """The segments whose small pictures can be brought up to date; `pixels` (h, w, 3) uint8 are the new photo's."""
    result = Refreshed()
    for segment in jpeg.layout.segments:
        payload = jpeg.photo[segment.payload]
        try:
            new = _updated(segment.marker, payload, pixels, change)
        except PhotoError:
            result.stale()
            continue
        if len(new) > LONGEST:
            result.stale()
        elif new != payload:
            result.payloads[segment] = new
    return result


def _updated(marker: int, payload: bytes, pixels: NDArray[np.uint8], change: Difference) -> bytes:
    """The payload with its small picture refreshed. Raises PhotoError where that should be, and cannot."""
    if marker == APP0 and payload.startswith(_JFXX_JPEG):
        return _JFXX_JPEG + thumbnail.refreshed(payload[len(_JFXX_JPEG) :], pixels, change)
    width, height = _raw_size(payload) if marker == APP0 else (0, 0)
    if width and height and np.abs(change(width, height)).max() >= thumbnail.VISIBLE:
        raise PhotoError(STALE)
    if marker == APP13 and payload.startswith(_PHOTOSHOP):
        return _by_photoshop(payload, pixels, change)
    return payload


def _raw_size(payload: bytes) -> tuple[int, int]:
    """Width and height of the raw picture in a segment of JFIF or its extension; zeros where there is none."""
    begin = 12 if payload.startswith(_JFIF) else len(_JFXX) + 1 if payload.startswith(_JFXX) else len(payload)
    sides = payload[begin : begin + 2].ljust(2, b"\0")
    return sides[0], sides[1]


def _by_photoshop(payload: bytes, pixels: NDArray[np.uint8], change: Difference) -> bytes:
    for resource in _resources(payload):
        if resource.number == _OLD_THUMBNAIL:
            raise PhotoError(STALE)
        if resource.number == _THUMBNAIL and resource.data.stop - resource.data.start > _HEAD.size:
            head, old = payload[resource.data][: _HEAD.size], payload[resource.data][_HEAD.size :]
            new = thumbnail.refreshed(old, pixels, change)
            if new == old:
                return payload
            fields = list(_HEAD.unpack(head))
            fields[5] = len(new)
            data = _HEAD.pack(*fields) + new
            whole = struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
            return payload[: resource.size] + whole + payload[resource.end :]
    return payload


def _resources(payload: bytes) -> Iterator[_Resource]:
    """Each resource: 8BIM, number, name, length, data; name and data are made even (Adobe Photoshop file formats)."""
    at = len(_PHOTOSHOP)
    while payload.startswith(b"8BIM", at) and at + 12 <= len(payload):
        number = int.from_bytes(payload[at + 4 : at + 6], "big")
        size = at + 6 + (payload[at + 6] + 2) // 2 * 2
        start = size + 4
        stop = start + int.from_bytes(payload[size:start], "big")
        if stop > len(payload):
            return
        at = stop + (stop - start) % 2
        yield _Resource(number, size, slice(start, stop), at)
