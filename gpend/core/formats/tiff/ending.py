"""Where a TIFF or BigTIFF ends: after the last directory, and the last pixels that one names (TIFF 6.0, section 2)."""

from itertools import zip_longest
from typing import Literal

from gpend.core.formats.exif.block import SIZES
from gpend.core.formats.reader import ENDS_EARLY, Reader
from gpend.errors import IncompleteError

_OFFSETS, _LENGTHS = frozenset({273, 324}), frozenset({279, 325})  # tags: of strips, of tiles
_NEEDED = frozenset({258, 273, 279, 320, 322, 323, 324, 325, 339})  # tags without whose values no pixel can be read
_NEAR = 1 << 16  # bytes behind the end of a file that is being written, within which metadata may be to come
_SIZES = SIZES | {16: 8, 17: 8, 18: 8}  # bytes of a value, by its type; the last three are BigTIFF's
_BIG = 43  # BigTIFF's version
_DIRECTORIES = 64  # followed; more pages than a photo has
_TABLE = 1 << 24  # bytes of a table of strips that are read


def end(reader: Reader) -> int:
    """Where the furthest pixels end; what follows may be directories, or a trailer.

    Raises IncompleteError where the file ends before a directory, a value or pixels that it names. A value that is
    said to stand far behind the file's end is no sign of that, but an entry that makes no sense: other readers pass it.
    """
    tiff = _Tiff(reader)
    at, directories, pixels = tiff.number(tiff.word, tiff.word), 0, 0
    while at and directories < _DIRECTORIES:
        after, entries = tiff.after_directory(at), tiff.entries(at)
        if after > reader.size or not tiff.are_written(entries) or tiff.is_cut(entries):
            raise IncompleteError(ENDS_EARLY)
        pixels = max(pixels, tiff.pixels_end(entries))
        at, directories = tiff.number(after - tiff.word, tiff.word), directories + 1
    if not directories or pixels > reader.size:
        raise IncompleteError(ENDS_EARLY)
    return pixels


class _Tiff:
    """Reads numbers and directories in the file's own order and width."""

    def __init__(self, reader: Reader) -> None:
        head = reader.read(0, 4)
        self._reader = reader
        self._order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
        is_big = int.from_bytes(head[2:], self._order) == _BIG
        self.word = 8 if is_big else 4  # bytes of an offset
        self._head, self._entry = (8, 20) if is_big else (2, 12)  # bytes of a directory's count and of an entry

    def number(self, at: int, size: int) -> int:
        """The unsigned number at an offset; 0 beyond the file's end."""
        return int.from_bytes(self._reader.read(at, size), self._order)

    def after_directory(self, at: int) -> int:
        """The offset after a directory, including the offset of the next that closes it."""
        return at + self._head + self._count(at) * self._entry + self.word

    def entries(self, at: int) -> list[int]:
        """The offsets of a directory's entries; of a directory that is all there."""
        end = min(self.after_directory(at) - self.word, self._reader.size)
        return list(range(at + self._head, end, self._entry))

    def are_written(self, entries: list[int]) -> bool:
        """Whether there are entries, and each has a type."""
        return bool(entries) and all(self.number(entry + 2, 2) for entry in entries)

    def is_cut(self, entries: list[int]) -> bool:
        """Whether values that stand outside their entries are still to come."""
        return any(self._is_cut(entry) for entry in entries)

    def _is_cut(self, entry: int) -> bool:
        at, length = self._value(entry)
        if length <= self.word or at + length <= self._reader.size:
            return False
        return self.number(entry, 2) in _NEEDED or at <= self._reader.size + _NEAR

    def pixels_end(self, entries: list[int]) -> int:
        """The end of the furthest strip or tile that a directory names; 0 if it names none.

        Beyond the file's end if the table of them is still empty.
        """
        offsets, lengths = list[int](), list[int]()
        for entry in entries:
            tag = self.number(entry, 2)
            if tag in _OFFSETS:
                offsets = self._numbers(entry)
            elif tag in _LENGTHS:
                lengths = self._numbers(entry)
        ends = [offset + length for offset, length in zip_longest(offsets, lengths, fillvalue=0)]
        return max(ends, default=0) or (self._reader.size + 1 if ends else 0)

    def _count(self, at: int) -> int:
        return self.number(at, self._head)

    def _value(self, entry: int) -> tuple[int, int]:
        """Where an entry's value stands, and its length in bytes."""
        length = self._size(entry) * self.number(entry + 4, self.word)
        inside = entry + 4 + self.word
        return (self.number(inside, self.word) if length > self.word else inside), length

    def _numbers(self, entry: int) -> list[int]:
        at, length = self._value(entry)
        size, table = self._size(entry), self._reader.read(at, min(length, _TABLE))
        return [int.from_bytes(table[i : i + size], self._order) for i in range(0, len(table), size)]

    def _size(self, entry: int) -> int:
        return _SIZES.get(self.number(entry + 2, 2), 1)
