"""Where a TIFF or BigTIFF ends: after the last directory, and the last pixels that one names (TIFF 6.0, section 2)."""

import struct
from itertools import zip_longest

from gpend.core.formats.exif import directory as directories
from gpend.core.formats.exif.block import BYTE, LONG, SHORT
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
_FIRST = 8  # bytes of a table of which one number is wanted
_STORED = 1  # TIFF's number for no compression
_LARGEST = 0xFFFFFFFF  # rows of a strip: all
_PLAIN = (0, 1, 2, 3)  # what a picture without compression shows, with as many samples a pixel as it has channels
_ELSE = {ifd.BITS: 1, ifd.CHANNELS: 1, ifd.COMPRESSION: _STORED, ifd.STRIP_ROWS: _LARGEST}
_TOLD = _ELSE.keys() | {ifd.WIDTH, ifd.HEIGHT, ifd.PHOTOMETRIC}
"""The tags that tell how long a strip is which holds all of a picture without compression; what some are by default."""

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
    entry = directory.entries[number]
    if entry.tag == ifd.IPTC and entry.kind == LONG:
        length = entry.count  # the length in bytes, by a mistake that many writers share; readers go by what is there
    if length <= directory.form.word or at + length <= reader.size:
        return False
    return entry.tag in _NEEDED or at <= reader.size + _NEAR


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
    if len(offsets) == 1 and offsets[0] and not directory.find(ifd.TILE_OFFSETS):
        lengths = _of_only_strip(reader, directory) or lengths
    ends = [offset + length for offset, length in zip_longest(offsets, lengths, fillvalue=0)]
    return max(ends, default=0) or (reader.size + 1 if ends else 0)


def _of_only_strip(reader: Reader, directory: Directory) -> list[int]:
    """The length of the one strip that holds a whole picture as it is; [] where it does not, or is not told how.

    What its own entry tells is missing, zero or wrong in files of some writers: readers go by the picture's size.
    """
    told = dict(_ELSE)
    for number, entry in enumerate(directory.entries):
        if entry.tag in _TOLD and entry.kind in (BYTE, SHORT, LONG):
            told.update((entry.tag, value) for value in _numbers(reader, directory, number, _FIRST)[:1])
    if not told.keys() >= _TOLD or told[ifd.COMPRESSION] != _STORED:
        return []
    if told[ifd.STRIP_ROWS] < told[ifd.HEIGHT] or told[ifd.PHOTOMETRIC] not in _PLAIN:
        return []
    row = -(-told[ifd.WIDTH] * told[ifd.CHANNELS] * told[ifd.BITS] // 8)
    return [row * told[ifd.HEIGHT]]


def _numbers(reader: Reader, directory: Directory, number: int, most: int = _TABLE) -> list[int]:
    """The values of an entry as unsigned numbers, as far as they are there, in at most `most` bytes."""
    at, length = directory.values(number)
    size, table = SIZES.get(directory.entries[number].kind, 1), reader.read(at, min(length, most))
    packed = struct.Struct(directory.form.order + _UNSIGNED[size])
    return [each for (each,) in packed.iter_unpack(table[: len(table) // size * size])]
