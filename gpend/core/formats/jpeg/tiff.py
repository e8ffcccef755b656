"""A TIFF block (TIFF 6.0, section 2) that is read, and changed by appending to it."""

import struct
from dataclasses import dataclass, replace

ASCII, SHORT, LONG = 2, 3, 4
_ENTRY = 12  # bytes of one directory entry
_INLINE = 4  # a value of up to so many bytes stands in the entry itself
_MOST_ENTRIES = 0xFFFF


class UnreadableError(ValueError):
    """The block is malformed: leave it alone."""


@dataclass(frozen=True)
class Entry:
    """One entry of a directory; `value` is the value itself or its offset, four bytes as stored."""

    tag: int
    kind: int
    count: int
    value: bytes


@dataclass(frozen=True)
class Directory:
    """An image file directory."""

    offset: int
    entries: tuple[Entry, ...]
    following: int  # the next directory's offset; 0: none

    def find(self, tag: int) -> Entry | None:
        """The first entry with this tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def place(self, tag: int) -> int:
        """The offset of the value field of the first entry with this tag."""
        return self.offset + 2 + 8 + _ENTRY * [entry.tag for entry in self.entries].index(tag)

    def holding(self, entry: Entry) -> "Directory":
        """The same with `entry` in place of one with its tag, or before the first one with a larger tag."""
        if self.find(entry.tag) is not None:
            return replace(self, entries=tuple(entry if entry.tag == old.tag else old for old in self.entries))
        place = next((at for at, old in enumerate(self.entries) if old.tag > entry.tag), len(self.entries))
        return replace(self, entries=(*self.entries[:place], entry, *self.entries[place:]))


class Block:
    """A TIFF block that can be read and appended to."""

    def __init__(self, tiff: bytes) -> None:
        """Raise UnreadableError for what is no TIFF block."""
        orders = {b"II*\0": "<", b"MM\0*": ">"}
        if tiff[:4] not in orders or len(tiff) < 8:  # noqa: PLR2004 -- a TIFF header's length
            raise UnreadableError("this is no TIFF block")
        self.data = bytearray(tiff)
        self.order = orders[tiff[:4]]

    def first(self) -> Directory:
        """IFD0."""
        return self.directory(self._unpack("I", 4)[0])

    def directory(self, offset: int) -> Directory:
        """The directory at `offset`."""
        (count,) = self._unpack("H", offset)
        places = [offset + 2 + _ENTRY * number for number in range(count)]
        entries = tuple(self._entry(place) for place in places)
        return Directory(offset, entries, self._unpack("I", offset + 2 + _ENTRY * count)[0])

    def number(self, entry: Entry | None) -> int:
        """The single SHORT or LONG that `entry` holds."""
        if entry is None or entry.count != 1 or entry.kind not in {SHORT, LONG}:
            raise UnreadableError("a number is missing")
        return int(struct.unpack_from(self.order + ("H" if entry.kind == SHORT else "I"), entry.value)[0])

    def text(self, entry: Entry) -> bytes:
        """The text that `entry` holds, up to its NUL."""
        if entry.count <= _INLINE:
            return entry.value[: entry.count].split(b"\0")[0]
        (start,) = struct.unpack(self.order + "I", entry.value)
        return bytes(self.data[start : start + entry.count]).split(b"\0")[0]

    def append(self, data: bytes) -> int:
        """Put `data` at the end, on an even offset as TIFF demands, and tell where it stands."""
        self.data += bytes(len(self.data) % 2)
        offset = len(self.data)
        self.data += data
        return offset

    def entry(self, tag: int, kind: int, value: bytes) -> Entry:
        """A new entry for bytes of a kind whose unit is one byte; long ones are appended."""
        inline = value.ljust(_INLINE, b"\0") if len(value) <= _INLINE else self.long(self.append(value))
        return Entry(tag, kind, len(value), inline)

    def append_directory(self, directory: Directory) -> int:
        """Write `directory` at the end and tell where it stands."""
        if len(directory.entries) > _MOST_ENTRIES:
            raise UnreadableError("the directory is full")
        entries = (struct.pack(self.order + "HHI4s", e.tag, e.kind, e.count, e.value) for e in directory.entries)
        count = struct.pack(self.order + "H", len(directory.entries))
        return self.append(count + b"".join(entries) + self.long(directory.following))

    def aim(self, place: int, offset: int) -> None:
        """Overwrite the four bytes at `place` with an offset."""
        self.data[place : place + 4] = self.long(offset)

    def long(self, number: int) -> bytes:
        """A LONG in the block's byte order."""
        return struct.pack(self.order + "I", number)

    def _entry(self, place: int) -> Entry:
        tag, kind, count = self._unpack("HHI4x", place)
        return Entry(tag, kind, count, bytes(self.data[place + 8 : place + _ENTRY]))

    def _unpack(self, what: str, offset: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + what, self.data, offset)
        except struct.error as error:
            raise UnreadableError("an offset points outside of the block") from error
