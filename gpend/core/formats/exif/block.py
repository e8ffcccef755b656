"""A TIFF block (TIFF 6.0, section 2) that is read, and changed by appending to it.

One bad entry does not make a block unreadable: what the others say is read, as every other reader does.
"""

import struct

from gpend.core.formats import signatures
from gpend.core.formats.exif import directory as directories
from gpend.core.formats.exif.directory import CLASSIC_SIZES as SIZES
from gpend.core.formats.exif.directory import Directory, Entry, Form, UnreadableError

__all__ = [
    "ASCII",
    "BYTE",
    "INLINE",
    "INTEGERS",
    "LONG",
    "RATIONALS",
    "SHORT",
    "SIZES",
    "Block",
    "Directory",
    "Entry",
    "UnreadableError",
]

BYTE, ASCII, SHORT, LONG = 1, 2, 3, 4
INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I"}
"""The types that hold whole numbers; cameras use them for one another."""

RATIONALS = {5: "II", 10: "ii"}
"""The types that hold fractions, which some writers use for whole numbers: 6/1 is 6."""

INLINE = 4
"""A value of up to so many bytes stands in the entry itself."""

_MOST_ENTRIES = 0xFFFF


class Block:
    """A TIFF block that can be read and appended to."""

    def __init__(self, tiff: bytes) -> None:
        """Raise UnreadableError for what is no TIFF block."""
        orders = dict(zip(signatures.TIFF, "<>", strict=True))
        if tiff[:4] not in orders or len(tiff) < 8:  # noqa: PLR2004 -- a TIFF header's length
            raise UnreadableError("this is no TIFF block")
        self.data = bytearray(tiff)
        self.order = orders[tiff[:4]]
        self._form = Form(self.order)

    @property
    def size(self) -> int:
        """As in Reader."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        return bytes(self.data[offset : offset + count])

    def first(self) -> Directory:
        """IFD0."""
        return self.directory(directories.first(self, self._form))

    def directory(self, offset: int) -> Directory:
        """The directory at `offset`."""
        return directories.read(self, offset, self._form)

    def integers(self, directory: Directory, tag: int) -> tuple[int, ...]:
        """The whole numbers of the first entry with this tag, whatever their type; () where there is none.

        Raises UnreadableError for values of another type, and for those that lie outside of the block.
        """
        entry = directory.find(tag)
        if entry is None:
            return ()
        if entry.kind not in INTEGERS or not entry.count:
            raise UnreadableError(f"tag {tag} holds no whole numbers")
        try:
            form = f"{self.order}{entry.count}{INTEGERS[entry.kind]}"
            return struct.unpack_from(form, self.data, self.place(directory, entry))
        except (struct.error, OverflowError) as error:
            raise UnreadableError(f"the values of tag {tag} lie outside of the block") from error

    def number(self, directory: Directory, tag: int) -> int:
        """The first of them, or the fraction that is whole. Raises UnreadableError where there is none."""
        entry = directory.find(tag)
        if entry is not None and entry.kind in RATIONALS:
            above, below = self._unpack(RATIONALS[entry.kind], self.place(directory, entry))
            if below and above % below == 0:
                return int(above // below)
        numbers = self.integers(directory, tag)
        if not numbers:
            raise UnreadableError(f"tag {tag} is missing")
        return numbers[0]

    def place(self, directory: Directory, entry: Entry) -> int:
        """Where the values of the first entry with this tag stand."""
        if SIZES.get(entry.kind, 1) * entry.count <= INLINE:
            return directory.place(entry.tag)
        return int(struct.unpack(self.order + "I", entry.value)[0])

    def places(self, directory: Directory) -> list[int]:
        """Where the values stand that a directory holds outside of itself."""
        found = (directory.values(number) for number in range(len(directory.entries)))
        return [place for place, length in found if length > INLINE]

    def require_sound(self, directory: Directory) -> None:
        """Raise UnreadableError where entries are cut off, of no known type, or have values outside of the block."""
        if not directory.is_whole:
            raise UnreadableError("the directory is longer than its block")
        for entry in directory.entries:
            size = SIZES.get(entry.kind, 0) * entry.count
            if entry.kind not in SIZES or (size > INLINE and self.place(directory, entry) + size > len(self.data)):
                raise UnreadableError(f"tag {entry.tag} is of no known type or lies outside of the block")

    def reaches(self, directory: Directory, begin: int, end: int) -> bool:
        """Do values, or the next directory, stand anywhere between `begin` and `end`?"""
        if begin <= directory.following < end:
            return True
        for entry in directory.entries:
            size = SIZES.get(entry.kind, 1) * entry.count
            place = self.place(directory, entry)
            if size > INLINE and place < end and place + size > begin:
                return True
        return False

    def extent(self, directory: Directory) -> int:
        """How far a directory says that it, its values and the head of the next one reach, in or beyond the block."""
        (told,) = self._unpack("H", directory.offset)
        values = [self.place(directory, each) + SIZES.get(each.kind, 1) * each.count for each in directory.entries]
        return max(
            directory.offset + 2 + self._form.entry * told + INLINE, directory.following + 2 + INLINE, *values, 0
        )

    def text(self, entry: Entry) -> bytes:
        """The text that `entry` holds, up to its NUL."""
        if entry.count <= INLINE:
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
        inline = value.ljust(INLINE, b"\0") if len(value) <= INLINE else self.long(self.append(value))
        return Entry(tag, kind, len(value), inline)

    def pointer(self, tag: int, offset: int) -> Entry:
        """A new entry that tells of an offset."""
        return Entry(tag, LONG, 1, self.long(offset))

    def append_directory(self, directory: Directory) -> int:
        """Write `directory` at the end and tell where it stands."""
        if len(directory.entries) > _MOST_ENTRIES:
            raise UnreadableError("the directory is full")
        return self.append(self.packed(directory))

    def packed(self, directory: Directory) -> bytes:
        """A directory as bytes."""
        entries = (struct.pack(self.order + "HHI4s", e.tag, e.kind, e.count, e.value) for e in directory.entries)
        count = struct.pack(self.order + "H", len(directory.entries))
        return count + b"".join(entries) + self.long(directory.following)

    def aim(self, place: int, offset: int) -> None:
        """Overwrite the four bytes at `place` with an offset."""
        self.data[place : place + 4] = self.long(offset)

    def long(self, number: int) -> bytes:
        """A LONG in the block's byte order. Raises UnreadableError for a number that is none."""
        try:
            return struct.pack(self.order + "I", number)
        except struct.error as error:
            raise UnreadableError("an offset lies beyond what can be told") from error

    def _unpack(self, what: str, offset: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + what, self.data, offset)
        except struct.error as error:
            raise UnreadableError("an offset points outside of the block") from error
