"""Numbers in a TIFF's directory: read, and changed where they stand; only what no longer fits goes to the end."""

import struct
from collections.abc import Sequence

from gpend.core.formats.exif.block import BYTE, INLINE, LONG, SHORT, Block, Directory
from gpend.errors import PhotoError

# tags (TIFF 6.0; 330, 700, 33723, 34377 and 37724 of Adobe's supplements, 50706 of DNG, 52545 of C2PA)
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, CHANNELS, STRIP_ROWS, STRIP_LENGTHS = 273, 277, 278, 279
PLANAR, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_LENGTHS = 284, 317, 320, 322, 323, 324, 325
SUBFILE, SUB_DIRECTORIES, EXTRA_SAMPLES, SAMPLE_FORMAT, IPTC, RESOURCES, LAYERS, RAW = (
    254,
    330,
    338,
    339,
    33723,
    34377,
    37724,
    50706,
)
OLD_SUBFILE, JPEG_TABLES, JPEG, JPEG_LENGTH, XMP, SIGNATURE = 255, 347, 513, 514, 700, 52545

UNDEFINED = 7  # TIFF's number for bytes that mean something to their owner alone
DIRECTORY = 13  # the same for the offset of one
FORMS = {BYTE: "B", SHORT: "H", LONG: "I", DIRECTORY: "I"}
LARGEST = 0xFFFFFFFF  # offset
TOP = {BYTE: 0xFF, SHORT: 0xFFFF, LONG: LARGEST, DIRECTORY: LARGEST}


def numbers(block: Block, directory: Directory, tag: int, default: Sequence[int] = ()) -> tuple[int, ...]:
    """The values of an entry of whole numbers; `default` where there is no such entry.

    Raises UnreadableError where they lie outside of the file, PhotoError where they are of another kind.
    """
    entry = directory.find(tag)
    if entry is None:
        return tuple(default)
    if entry.kind not in FORMS or not entry.count:
        raise PhotoError(f"the file is corrupt: tag {tag} is of an unusual kind")
    return block.integers(directory, tag)


def number(block: Block, directory: Directory, tag: int, default: int | None = None) -> int:
    """The first of them. Raises PhotoError where there is neither an entry nor a default."""
    found = numbers(block, directory, tag, () if default is None else (default,))
    if not found:
        raise PhotoError(f"the file is corrupt: tag {tag} is missing")
    return found[0]


def content(block: Block, directory: Directory, tag: int) -> slice:
    """Where the bytes lie that an entry holds outside of itself; of no length where the file does not hold them."""
    entry = directory.find(tag)
    if entry is None or entry.kind not in (BYTE, UNDEFINED) or entry.count <= INLINE:
        return slice(0, 0)
    place = block.place(directory, entry)
    return slice(place, place + entry.count) if place + entry.count <= block.size else slice(0, 0)


def replace_content(block: Block, directory: Directory, tag: int, data: bytes) -> None:
    """Give such an entry other bytes, more than INLINE: in their place where they fit, else at the end."""
    place = content(block, directory, tag)
    start = place.start if len(data) <= place.stop - place.start else block.append(data)
    block.data[start : start + len(data)] = data
    struct.pack_into(f"{block.order}II", block.data, directory.place(tag) - INLINE, len(data), start)


def renumber(block: Block, directory: Directory, tag: int, values: Sequence[int]) -> None:
    """Give an entry of as many values other values."""
    entry = directory.find(tag)
    if entry is None:
        raise PhotoError(f"the file is corrupt: tag {tag} is missing")
    place = block.place(directory, entry)
    kind = entry.kind
    if max(values) > TOP[kind]:
        kind = LONG
        field = directory.place(tag)
        place = field if len(values) == 1 else block.append(bytes(INLINE * len(values)))
        struct.pack_into(f"{block.order}HI", block.data, field - 6, kind, len(values))
        if len(values) > 1:
            block.aim(field, place)
    struct.pack_into(f"{block.order}{len(values)}{FORMS[kind]}", block.data, place, *values)
