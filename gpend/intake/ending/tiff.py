"""Where a TIFF or BigTIFF ends: after the last directory, and the last pixels that one names (TIFF 6.0, section 2)."""

from itertools import zip_longest
from typing import Literal

from gpend.intake.ending.reader import End, Ending, Reader

_OFFSETS, _LENGTHS = frozenset({273, 324}), frozenset({279, 325})  # tags: of strips, of tiles
_TYPE_SIZES = {3: 2, 4: 4, 16: 8}  # SHORT, LONG, LONG8
_BIG = 43  # BigTIFF's version
_DIRECTORIES = 64  # followed; more pages than a photo has
_TABLE = 1 << 24  # bytes of a table of strips that are read
_BLOCK = 4096  # bytes: so many zeros at the end of the pixels, next to a hole, were never written


def tiff_end(reader: Reader) -> End:
    """Judge a file that begins as a TIFF does.

    Black pixels may lie in a hole of a whole file, since they need not be compressed; only pixels that end in one are
    taken for not yet written.
    """
    tiff = _Tiff(reader)
    at, directories, pixels = tiff.number(tiff.word, tiff.word), 0, 0
    while at and directories < _DIRECTORIES:
        after = tiff.after_directory(at)
        pixels = max(pixels, tiff.pixels_end(at)) if after <= reader.size else 0
        if max(after, pixels) > reader.size or tiff.entries(at) == 0:
            return Ending.INCOMPLETE
        at, directories = tiff.number(after - tiff.word, tiff.word), directories + 1
    unwritten = reader.first_hole < pixels and not any(reader.read(max(0, pixels - _BLOCK), _BLOCK))
    return min(pixels, reader.first_hole) if directories and not unwritten else Ending.INCOMPLETE


class _Tiff:
    """Reads numbers and directories in the file's own order and width."""

    def __init__(self, reader: Reader) -> None:
        head = reader.read(0, 4)
        self._reader = reader
        self._order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
        self._is_big = int.from_bytes(head[2:], self._order) == _BIG
        self.word = 8 if self._is_big else 4  # bytes of an offset

    def number(self, at: int, size: int) -> int:
        """The unsigned number at an offset; 0 beyond the file's end."""
        return int.from_bytes(self._reader.read(at, size), self._order)

    def entries(self, at: int) -> int:
        """How many entries the directory at an offset says it has."""
        return self.number(at, 8 if self._is_big else 2)

    def after_directory(self, at: int) -> int:
        """The offset after a directory and the offset of the next that closes it."""
        head, entry = (8, 20) if self._is_big else (2, 12)
        return at + head + self.entries(at) * entry + self.word

    def pixels_end(self, at: int) -> int:
        """The end of the furthest strip or tile that the directory at an offset names; 0 if it names none.

        Beyond the file's end if the table of them is not there yet.
        """
        offsets, lengths = list[int](), list[int]()
        head, entry = (8, 20) if self._is_big else (2, 12)
        for place in range(at + head, self.after_directory(at) - self.word, entry):
            tag = self.number(place, 2)
            if tag in _OFFSETS:
                offsets = self._values(place)
            elif tag in _LENGTHS:
                lengths = self._values(place)
        ends = [offset + length for offset, length in zip_longest(offsets, lengths, fillvalue=0)]
        return max(ends, default=0) or (self._reader.size + 1 if ends else 0)

    def _values(self, place: int) -> list[int]:
        """The numbers of the directory entry at an offset; one beyond the file's end if they are not all there."""
        size, count = _TYPE_SIZES.get(self.number(place + 2, 2), 1), self.number(place + 4, self.word)
        length, at = min(size * count, _TABLE), place + 4 + self.word
        if length > self.word:
            at = self.number(at, self.word)
        table = self._reader.read(at, length)
        if len(table) < length:
            return [self._reader.size + 1]
        return [int.from_bytes(table[i : i + size], self._order) for i in range(0, length, size)]
