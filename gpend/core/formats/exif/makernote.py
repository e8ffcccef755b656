"""Pointers in MakerNotes to what lies behind the picture: previews of Sony, Olympus and others, Canon's recipes.

A MakerNote is a directory in its maker's own manner. What differs is where it begins, from where its offsets count, and
in which order its bytes stand; exiftool's documentation and its dumps of many cameras' files tell these for each maker.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gpend.core.formats.exif import directory as directories
from gpend.core.formats.exif.block import INLINE, LONG, Block
from gpend.core.formats.exif.directory import CLASSIC_SIZES, Directory, Form, UnreadableError
from gpend.core.formats.reader import InMemory

_DETAILS, _MAKER_NOTE = 0x8769, 0x927C
_MOST_ENTRIES = 512
_MOST_DEPTH = 3
_MOST_NUMBERS = 64
"""Longer tables of numbers hold no pointers."""

_IFD = 13
_SUB_DIRECTORIES = frozenset({0x0011, 0x0035, 0x2010, 0x2020, 0x2030, 0x2031, 0x2040, 0x2050, 0x3000})
"""Tags that lead to further directories: Nikon's and Samsung's previews, Olympus's settings."""


@dataclass(frozen=True)
class Behind:
    """What lies behind the picture, in bytes counted from the block's start."""

    begin: int
    end: int
    pictures: frozenset[int]  # where JPEGs begin in it
    recipes: frozenset[int] = frozenset()  # where Canon's program keeps how it developed the photo

    def holds(self, place: int) -> bool:
        """Does it lie there?"""
        return self.begin <= place < self.end


class Pointer(NamedTuple):
    """Four bytes of the block that name a place."""

    place: int
    order: str  # struct's sign for the order of their bytes
    is_picture: bool = True  # what it leads to is one, as far as is known


class _Layout(NamedTuple):
    """How a maker lays out its notes."""

    directory: int  # where it begins, from the note's start
    base: int | None  # where offsets count from, from the note's start; None: from the block's start
    order: int | None  # where the note tells the order of its bytes; None: as in the block


_LAYOUTS = {
    b"SONY DSC \0\0\0": _Layout(12, None, None),
    b"SONY CAM \0\0\0": _Layout(12, None, None),
    b"SONY MOBILE\0": _Layout(12, None, None),
    b"OLYMP\0": _Layout(8, None, None),
    b"OLYMPUS\0": _Layout(12, 0, 8),
    b"OM SYSTEM\0\0\0": _Layout(16, 0, 12),
    b"Nikon\0\1": _Layout(8, None, None),
    b"Nikon\0\2": _Layout(18, 10, 10),
    b"Panasonic\0\0\0": _Layout(12, None, None),
    b"AOC\0": _Layout(6, None, 4),
    b"PENTAX \0": _Layout(10, 0, 8),
    b"Ricoh": _Layout(8, None, None),
    b"RICOH": _Layout(8, None, None),
    b"FUJIFILM": _Layout(12, 0, None),
    b"QVC\0\0\0": _Layout(6, None, None),
    b"Apple iOS\0": _Layout(14, 0, 12),
    b"SANYO\0": _Layout(8, None, None),
    b"SIGMA\0\0\0": _Layout(10, None, None),
    b"": _Layout(0, None, None),  # Canon, Minolta, Casio and others begin with the directory itself
}


def pointers(tiff: bytes, behind: Behind) -> tuple[Pointer, ...] | None:
    """The pointers of a block's MakerNote to what lies `behind`; None where its maker's layout is not known."""
    try:
        block = Block(tiff)
        details = block.directory(block.number(block.first(), _DETAILS))
    except UnreadableError:
        return ()
    entry = details.find(_MAKER_NOTE)
    if entry is None or entry.count <= INLINE:
        return ()
    start = block.place(details, entry)
    if start >= len(tiff):
        return ()
    layout = next(layout for prefix, layout in _LAYOUTS.items() if tiff.startswith(prefix, start))
    note = _Note(tiff, _order(tiff, start, layout, block.order), 0 if layout.base is None else start + layout.base)
    first = note.directory(start + layout.directory)
    return None if first is None else tuple(dict.fromkeys(note.pointers(first, behind)))


def moved(tiff: bytes, found: tuple[Pointer, ...], by: int) -> bytes:
    """The block with its pointers moved by so many bytes; as it is where one would leave what it can name."""
    result = bytearray(tiff)
    for place, order, _ in found:
        (number,) = struct.unpack_from(order + "I", tiff, place)
        if not 0 <= number + by <= 0xFFFFFFFF:  # noqa: PLR2004 -- four bytes
            return tiff
        struct.pack_into(order + "I", result, place, number + by)
    return bytes(result)


def _order(tiff: bytes, start: int, layout: _Layout, order: str) -> str:
    told = b"" if layout.order is None else tiff[start + layout.order : start + layout.order + 2]
    return {b"II": "<", b"MM": ">"}.get(told, order)


@dataclass(frozen=True)
class _Note:
    """A MakerNote: its bytes are the whole block's, since it may lead to anywhere in it."""

    tiff: bytes
    order: str
    base: int

    @property
    def form(self) -> Form:
        """How numbers stand in it."""
        return Form(self.order)

    def directory(self, at: int) -> Directory | None:
        """The directory that stands there; None where its entries are not all of known types, or there is none."""
        try:
            found = directories.read(InMemory(self.tiff), at, self.form)
        except UnreadableError:
            return None
        is_sound = found.is_whole and all(entry.kind in CLASSIC_SIZES for entry in found.entries)
        return found if is_sound and 0 < len(found.entries) <= _MOST_ENTRIES else None

    def pointers(self, directory: Directory, behind: Behind, depth: int = 0) -> Iterator[Pointer]:
        """Values that stand behind the picture, and numbers that name the beginning of a JPEG or a recipe there."""
        for number, entry in enumerate(directory.entries):
            field, (_, size) = directory.field(number), directory.values(number)
            told = self.base + self.form.offset(entry.value)
            is_outside = size > self.form.word
            if is_outside and behind.holds(told):
                yield Pointer(field, self.order)
                continue
            if entry.kind in (LONG, _IFD) and entry.count <= _MOST_NUMBERS:
                yield from self._naming(told if is_outside else field, entry.count, behind)
            inner = self.directory(told) if entry.tag in _SUB_DIRECTORIES and depth < _MOST_DEPTH else None
            if inner is not None:
                yield from self.pointers(inner, behind, depth + 1)

    def _naming(self, at: int, count: int, behind: Behind) -> Iterator[Pointer]:
        for place in range(at, min(at + 4 * count, len(self.tiff) - 3), 4):
            (number,) = struct.unpack_from(self.order + "I", self.tiff, place)
            named = {self.base + number, number}  # Pentax counts previews from the block's start, whatever its base
            if named & (behind.pictures | behind.recipes):
                yield Pointer(place, self.order, bool(named & behind.pictures))
