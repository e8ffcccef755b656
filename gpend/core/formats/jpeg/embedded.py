"""Small pictures in segments beside the EXIF: Photoshop's and those of JFIF's extension, kept true to the photo.

Those that are coded as JPEG are refreshed; those that are raw, or stand in XMP, are only told of, for hardly a program
still reads them.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import thumbnail
from gpend.core.formats.jpeg.difference import Difference
from gpend.core.formats.jpeg.parsed import Jpeg
from gpend.core.formats.jpeg.segments import APP0, APP1, APP13, LONGEST, Segment
from gpend.core.formats.xmp import small_sides
from gpend.errors import PhotoError

Renew: TypeAlias = Callable[[bytes], bytes]
"""Given the JPEG of a small picture, the one that takes its place. Raises PhotoError where there can be none."""

STALE = "a small picture of it, beside the one in its EXIF, still shows the faces as they were"

_JFIF, _JFXX_JPEG, _JFXX = b"JFIF\0", b"JFXX\0\x10", b"JFXX\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MOST = 64  # segments that Photoshop's resources take: 4 MB
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
    """One of Photoshop's resources."""

    number: int
    size: int  # where the length of its data stands
    data: slice
    end: int  # with the byte that makes the length even


def refreshed(jpeg: Jpeg, pixels: NDArray[np.uint8], change: Difference) -> Refreshed:
    """The segments whose small pictures can be brought up to date; `pixels` (h, w, 3) uint8 are the new photo's."""
    result = Refreshed()
    for held in _held(jpeg):
        try:
            _require_true(held.marker, held.payload, change)
            new = _renewed(held.marker, held.payload, lambda old: thumbnail.refreshed(old, pixels, change))
            result.payloads |= held.parted(new)
        except PhotoError:
            result.stale()
    return result


def carried(jpeg: Jpeg, finished: Jpeg) -> dict[Segment, bytes]:
    """The new payloads of segments of `jpeg` once it has the picture of `finished`, which is its own, restored.

    What cannot be exchanged stays.
    """
    pictures = ((held.marker, held.small_picture) for held in _held(finished))
    shown = {marker: small for marker, small in pictures if small}
    payloads = dict[Segment, bytes]()
    for held in _held(jpeg):
        small = shown.get(held.marker, b"")
        with suppress(PhotoError):
            if small and held.small_picture:
                payloads |= held.parted(_exchanged(held.marker, held.payload, small))
    return payloads


class _Held(NamedTuple):
    """What one segment holds, or several that belong together."""

    segments: tuple[Segment, ...]
    payload: bytes
    sizes: tuple[int, ...]  # of what each segment adds to it, in bytes

    @property
    def marker(self) -> int:
        """Of its segments."""
        return self.segments[0].marker

    @property
    def small_picture(self) -> bytes:
        """The JPEG in it; b"" where there is none."""
        if self.marker == APP0 and self.payload.startswith(_JFXX_JPEG):
            return self.payload[len(_JFXX_JPEG) :]
        is_photoshop = _is_photoshop(self.marker, self.payload)
        return kept_by_photoshop(self.payload[len(_PHOTOSHOP) :]) if is_photoshop else b""

    def parted(self, new: bytes) -> dict[Segment, bytes]:
        """The new payload of each segment, if they change. Raises PhotoError where they have no room for it."""
        if new == self.payload:
            return {}
        ends = [sum(self.sizes[: number + 1]) for number in range(len(self.sizes))]
        parts = [new[end - size : end] for end, size in zip(ends[:-1], self.sizes, strict=False)]
        parts.append(new[ends[-1] - self.sizes[-1] :])
        payloads = [parts[0], *(_PHOTOSHOP + part for part in parts[1:])]
        if max(map(len, payloads)) > LONGEST:
            raise PhotoError(STALE)
        return dict(zip(self.segments, payloads, strict=True))


def _held(jpeg: Jpeg) -> Iterator[_Held]:
    """What all segments hold. Photoshop's resources go on in the next of its segments where one does not hold them."""
    open_: _Held | None = None
    for segment in jpeg.layout.segments:
        payload = jpeg.photo[segment.payload]
        is_next = _is_photoshop(segment.marker, payload)
        if open_ and is_next:
            payload = payload[len(_PHOTOSHOP) :]
            held = _Held((*open_.segments, segment), open_.payload + payload, (*open_.sizes, len(payload)))
        else:
            held = _Held((segment,), payload, (len(payload),))
        if is_next and len(held.segments) < _MOST and _is_cut(held.payload[len(_PHOTOSHOP) :]):
            open_ = held
        elif is_next or not open_:
            open_ = None
            yield held
        else:
            yield held
    if open_:
        yield open_


def _exchanged(marker: int, payload: bytes, small: bytes) -> bytes:
    with suppress(PhotoError):
        return _renewed(marker, payload, lambda _: small)
    return payload


def _is_photoshop(marker: int, payload: bytes) -> bool:
    return marker == APP13 and payload.startswith(_PHOTOSHOP)


def _renewed(marker: int, payload: bytes, renew: Renew) -> bytes:
    """The payload with its small picture renewed. Raises PhotoError where that should be, and cannot."""
    if marker == APP0 and payload.startswith(_JFXX_JPEG):
        return _JFXX_JPEG + renew(payload[len(_JFXX_JPEG) :])
    if _is_photoshop(marker, payload):
        return _PHOTOSHOP + renewed_by_photoshop(payload[len(_PHOTOSHOP) :], renew)
    return payload


def _require_true(marker: int, payload: bytes, change: Difference) -> None:
    """Raise PhotoError where the payload holds a small picture that is not renewed, and in which the change is seen."""
    if marker == APP1 and payload.startswith(_XMP):
        width, height = small_sides(payload)
    else:
        is_raw = marker == APP0 and not payload.startswith(_JFXX_JPEG)
        width, height = _raw_size(payload) if is_raw else (0, 0)
    if width and height and np.abs(change(width, height)).max() >= thumbnail.VISIBLE:
        raise PhotoError(STALE)


def _raw_size(payload: bytes) -> tuple[int, int]:
    """Width and height of the raw picture in a segment of JFIF or its extension; zeros where there is none."""
    begin = 12 if payload.startswith(_JFIF) else len(_JFXX) + 1 if payload.startswith(_JFXX) else len(payload)
    sides = payload[begin : begin + 2].ljust(2, b"\0")
    return sides[0], sides[1]


def renewed_by_photoshop(resources: bytes, renew: Renew) -> bytes:
    """Photoshop's resources with the small picture among them renewed. Raises PhotoError where that cannot be."""
    for resource in _resources(resources):
        if resource.number == _OLD_THUMBNAIL:
            raise PhotoError(STALE)
        if resource.number == _THUMBNAIL and resource.data.stop - resource.data.start > _HEAD.size:
            head, old = resources[resource.data][: _HEAD.size], resources[resource.data][_HEAD.size :]
            new = renew(old)
            if new == old:
                return resources
            fields = list(_HEAD.unpack(head))
            fields[5] = len(new)
            data = _HEAD.pack(*fields) + new
            whole = struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
            return resources[: resource.size] + whole + resources[resource.end :]
    return resources


def _is_cut(resources: bytes) -> bool:
    """Do resources end before one that has begun does?"""
    end = max((each.end for each in _resources(resources)), default=0)
    return end < len(resources) and resources[end:].startswith(b"8BIM"[: len(resources) - end])


def kept_by_photoshop(resources: bytes) -> bytes:
    """The small picture among Photoshop's resources, a JPEG; b"" where there is none."""
    found = (resources[each.data][_HEAD.size :] for each in _resources(resources) if each.number == _THUMBNAIL)
    return next(found, b"")


def _resources(held: bytes) -> Iterator[_Resource]:
    """Each resource: 8BIM, number, name, length, data; name and data are made even (Adobe Photoshop file formats)."""
    at = 0
    while held.startswith(b"8BIM", at) and at + 12 <= len(held):
        number = int.from_bytes(held[at + 4 : at + 6], "big")
        size = at + 6 + (held[at + 6] + 2) // 2 * 2
        start = size + 4
        stop = start + int.from_bytes(held[size:start], "big")
        if stop > len(held):
            return
        at = stop + (stop - start) % 2
        yield _Resource(number, size, slice(start, stop), at)
