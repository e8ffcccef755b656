"""The directories of a TIFF (TIFF 6.0, section 2) or BigTIFF: the one reader of them, for EXIF in every format."""

import struct
from dataclasses import dataclass, replace
from typing import Final

from gpend.core.formats.reader import Reader

CLASSIC_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value, by TIFF's number for its type."""

SIZES: Final = CLASSIC_SIZES | {16: 8, 17: 8, 18: 8}
"""The same, with BigTIFF's types."""


class UnreadableError(ValueError):
    """The block is malformed: leave it alone."""


@dataclass(frozen=True)
class Form:
    """How numbers stand in a file."""

    order: str  # of bytes, as struct has it: < or >
    is_big: bool = False  # BigTIFF

    @property
    def word(self) -> int:
        """Bytes of an offset, and of a value that stands in its entry itself."""
        return 8 if self.is_big else 4

    @property
    def head(self) -> int:
        """Bytes of a directory's count."""
        return 8 if self.is_big else 2

    @property
    def entry(self) -> int:
        """Bytes of an entry: tag, type, count, and value or offset."""
        return 4 + 2 * self.word

    def offset(self, data: bytes) -> int:
        """The offset, or the count of values, that a word tells."""
        (number,) = struct.unpack(self.order + ("Q" if self.is_big else "I"), data)
        return int(number)

    def count(self, data: bytes) -> int:
        """How many entries the head of a directory tells of."""
        (number,) = struct.unpack(self.order + ("Q" if self.is_big else "H"), data)
        return int(number)


def form_of(head: bytes) -> Form | None:
    """By the first four bytes of a file or block; None for what is no TIFF."""
    orders = {b"II": "<", b"MM": ">"}
    versions = {order: {struct.pack(order + "H", 42): False, struct.pack(order + "H", 43): True} for order in "<>"}
    order = orders.get(head[:2])
    is_big = None if order is None else versions[order].get(head[2:4])
    return None if order is None or is_big is None else Form(order, is_big)


@dataclass(frozen=True)
class Entry:
    """One entry of a directory; `value` is the value itself or its offset, a word as stored."""

    tag: int
    kind: int
    count: int
    value: bytes


@dataclass(frozen=True)
class Directory:
    """An image file directory."""

    offset: int
    entries: tuple[Entry, ...]
    following: int  # the next directory's offset; 0: none, or the block ends before it would be told
    is_whole: bool = True  # as many entries as it says it has lie inside of the block
    form: Form = Form("<")

    @property
    def end(self) -> int:
        """After the offset of the next directory."""
        return self.offset + self.form.head + self.form.entry * len(self.entries) + self.form.word

    def find(self, tag: int) -> Entry | None:
        """The first entry with this tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def place(self, tag: int) -> int:
        """The offset of the value field of the first entry with this tag."""
        return self.field([entry.tag for entry in self.entries].index(tag))

    def field(self, number: int) -> int:
        """The offset of the value field of an entry, counted from 0."""
        return self.offset + self.form.head + self.form.entry * number + 4 + self.form.word

    def values(self, number: int) -> tuple[int, int]:
        """Where the values of an entry, counted from 0, stand, and their length in bytes."""
        entry = self.entries[number]
        length = SIZES.get(entry.kind, 1) * entry.count
        return (self.field(number) if length <= self.form.word else self.form.offset(entry.value)), length

    def holding(self, entry: Entry) -> "Directory":
        """The same with `entry` in place of one with its tag, or before the first one with a larger tag."""
        if self.find(entry.tag) is not None:
            return replace(self, entries=tuple(entry if entry.tag == old.tag else old for old in self.entries))
        place = next((at for at, old in enumerate(self.entries) if old.tag > entry.tag), len(self.entries))
        return replace(self, entries=(*self.entries[:place], entry, *self.entries[place:]))


def first(reader: Reader, form: Form) -> int:
    """Where the first directory of a file begins. Raises UnreadableError where it is not told."""
    told = reader.read(form.word, form.word)
    if len(told) < form.word:
        raise UnreadableError("this is no TIFF block")
    return form.offset(told)


def read(reader: Reader, offset: int, form: Form) -> Directory:
    """The directory at `offset`, as far as it is there. Raises UnreadableError where it is not."""
    head = reader.read(offset, form.head)
    if len(head) < form.head:
        raise UnreadableError("an offset points outside of the block")
    count, begin = form.count(head), offset + form.head
    there = min(count, max(0, reader.size - begin) // form.entry)
    table = reader.read(begin, there * form.entry)
    packed = struct.Struct(f"{form.order}HH{'Q8s' if form.is_big else 'I4s'}")
    entries = tuple(Entry(*fields) for fields in packed.iter_unpack(table[: len(table) // form.entry * form.entry]))
    told = reader.read(begin + there * form.entry, form.word) if there == count else b""
    following = form.offset(told) if len(told) == form.word else 0
    return Directory(offset, entries, following, is_whole=there == count, form=form)
