"""The boxes of an ISO base media file (ISO/IEC 14496-12, 4.2)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gpend.core.formats.reader import ENDS_EARLY, InMemory, Reader
from gpend.errors import IncompleteError, PhotoError

HEAD = 8  # bytes of a box's length and kind
LONG_HEAD = 16  # with a length of eight bytes
FULL = 4  # bytes of version and flags, with which some boxes begin


class Field(NamedTuple):
    """A number, and where it stands."""

    value: int
    place: int
    size: int  # bytes; 0: it is not there


class Box(NamedTuple):
    """One box, as offsets into the file."""

    kind: bytes
    start: int  # of its content
    end: int
    size: Field


class Numbers:
    """Big-endian numbers, one after the other."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data = data
        self._end = box.end
        self.place = box.start

    def number(self, size: int) -> int:
        """The next unsigned number of `size` bytes."""
        if self.place + size > self._end:
            raise PhotoError("the file is corrupt: one of its boxes ends too early")
        self.place += size
        return int.from_bytes(self._data[self.place - size : self.place], "big")


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes from `start` to `end`. Raises as `box_at`."""
    held = InMemory(data)
    while start + HEAD <= end:
        box = box_at(held, start, end)
        yield box
        start = box.end


def box_at(reader: Reader, start: int, end: int) -> Box:
    """The box at `start`, which may reach to `end`.

    Raises IncompleteError where it is longer, PhotoError where it has no room for itself.
    """
    head = reader.read(start, LONG_HEAD)
    length, kind = struct.unpack_from(">I4s", head)
    size, content = Field(length, start, 4), HEAD
    if length == 1:
        size, content = Field(int.from_bytes(head[HEAD:], "big"), start + HEAD, 8), LONG_HEAD
    if length == 0:
        size = Field(end - start, start, 0)  # it is told to reach to the end, and goes on doing so
    if size.value < content:
        raise PhotoError("the file is corrupt: a box is smaller than its own head")
    if start + size.value > end:
        raise IncompleteError(ENDS_EARLY)
    return Box(kind, start + content, start + size.value, size)


def child(data: bytes, parent: Box, kind: bytes, skip: int = 0) -> Box | None:
    """The first box of this kind inside `parent`, behind `skip` bytes."""
    return next((box for box in boxes(data, parent.start + skip, parent.end) if box.kind == kind), None)


def required(data: bytes, parent: Box, kind: bytes, skip: int = 0) -> Box:
    """The same. Raises PhotoError where there is none."""
    box = child(data, parent, kind, skip)
    if box is None:
        raise PhotoError(f"the file is corrupt: it has no {kind.decode()} box")
    return box
