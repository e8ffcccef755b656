"""Where a TIFF or BigTIFF ends: after the last directory, and the last pixels that one names (TIFF 6.0, section 2)."""

import struct
from itertools import zip_longest

from gpend.core.formats.exif import directory as directories
from gpend.core.formats.exif.directory import SIZES, Directory, Form, UnreadableError
from gpend.core.formats.reader import ENDS_EARLY, Reader
from gpend.core.formats.tiff import ifd
from gpend.errors import IncompleteError

_OFFSETS = frozenset({ifd.STRIP_OFFSETS, ifd.TILE_OFFSETS})
_LENGTHS = frozenset({ifd.STRIP_LENGTHS, ifd.TILE_LENGTHS})
_FORM = frozenset({ifd.BITS, ifd.COLOUR_MAP, ifd.TILE_WIDTH, ifd.TILE_HEIGHT, ifd.SAMPLE_FORMAT})
_NEEDED = _OFFSETS | _LENGTHS | _FORM  # tags without whose values no pixel can be read
_NEAR = 1 << 16  # bytes behind the end of a file that is being written, within which metadata may be to come
_DIRECTORIES = 64  # followed; more pages than a photo has
_TABLE = 1 << 24  # bytes of a table of strips that are read
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}  # by the bytes of a number


def end(reader: Reader) -> int:
    """Where the furthest pixels end; what follows may be directories, or a trailer.

    Raises IncompleteError where the file ends before a directory, a value or pixels that it names. A value that is
    said to stand far behind the file's end is no sign of that, but an entry that makes no sense: other readers pass it.
    """
    form = directories.form_of(reader.read(0, 4)) or Form("<")
    try:
        pixels = _end(reader, form)
    except UnreadableError as error:
        raise IncompleteError(ENDS_EARLY) from error
    if pixels > reader.size:
        raise IncompleteError(ENDS_EARLY)
    return pixels


def _end(reader: Reader, form: Form) -> int:
    at, pixels = directories.first(reader, form), 0
    if not at:
        raise UnreadableError("it names no directory")
    for _ in range(_DIRECTORIES):
        directory = directories.read(reader, at, form)
        if not _is_there(reader, directory):
            raise IncompleteError(ENDS_EARLY)
        pixels = max(pixels, _pixels_end(reader, directory))
        at = directory.following
        if not at:
            break
    return pixels


def _is_there(reader: Reader, directory: Directory) -> bool:
    """Has a directory entries, each with a type, and are the values there that stand outside of it?"""
    is_written = bool(directory.entries) and all(entry.kind for entry in directory.entries)
    is_whole = directory.is_whole and directory.end <= reader.size
    return is_whole and is_written and not any(_is_cut(reader, directory, at) for at in range(len(directory.entries)))


def _is_cut(reader: Reader, directory: Directory, number: int) -> bool:
    at, length = directory.values(number)
    if length <= directory.form.word or at + length <= reader.size:
        return False
    return directory.entries[number].tag in _NEEDED or at <= reader.size + _NEAR


def _pixels_end(reader: Reader, directory: Directory) -> int:
    """The end of the furthest strip or tile that a directory names; 0 if it names none.

    Beyond the file's end if the table of them is still empty.
    """
    offsets, lengths = list[int](), list[int]()
    for number, entry in enumerate(directory.entries):
        if entry.tag in _OFFSETS:
            offsets = _numbers(reader, directory, number)
        elif entry.tag in _LENGTHS:
            lengths = _numbers(reader, directory, number)
    ends = [offset + length for offset, length in zip_longest(offsets, lengths, fillvalue=0)]
    return max(ends, default=0) or (reader.size + 1 if ends else 0)


def _numbers(reader: Reader, directory: Directory, number: int) -> list[int]:
    """The values of an entry as unsigned numbers, as far as they are there."""
    at, length = directory.values(number)
    size, table = SIZES.get(directory.entries[number].kind, 1), reader.read(at, min(length, _TABLE))
    packed = struct.Struct(directory.form.order + _UNSIGNED[size])
    return [each for (each,) in packed.iter_unpack(table[: len(table) // size * size])]
