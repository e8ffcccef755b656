"""Multi-Picture Format (CIPA DC-007): where a file's gain map and other further pictures stand."""

import struct
from dataclasses import dataclass

from gpend.core.formats.exif.block import Block, UnreadableError

MAGIC = b"MPF\0"
"""How the payload of an MPF segment (APP2) begins; offsets in it count from right after."""

_ENTRIES = 0xB002
_KIND = 0xFFFFFF  # of attributes
_PREVIEWS = (0x010001, 0x010002)  # smaller versions of the first picture
_VIEWS = (0x020001, 0x020002, 0x020003)  # further pictures of one scene: of a panorama, for 3D, from other angles
_ENTRY = 16  # bytes: attributes, size, offset, two numbers of dependent pictures


@dataclass(frozen=True)
class Move:
    """How far things moved in a file that was written anew, in bytes."""

    picture_end: int  # where the first picture ended before; all that moved with its end lies from there on
    trailer: int  # by how much the first picture's end, and all after it, moved
    index: int  # by how much the MPF segment itself moved


def moved(payload: bytes, start: int, move: Move) -> bytes:
    """The MPF payload for the new file; `start` is where it stood in the old one.

    Raises UnreadableError for a malformed index.
    """
    block = Block(payload[len(MAGIC) :])
    for place in _places(block):
        _move(block, place, start + len(MAGIC), move)
    return MAGIC + bytes(block.data)


def names_previews(payload: bytes) -> bool:
    """Does the index name smaller versions of the first picture? False where it is malformed."""
    return any(kind in _PREVIEWS for kind in _kinds(payload))


def names_views(payload: bytes) -> bool:
    """Does the index name further pictures of the scene? False where it is malformed."""
    return any(kind in _VIEWS for kind in _kinds(payload))


def _kinds(payload: bytes) -> list[int]:
    """What each picture is; [] where the index is malformed."""
    try:
        block = Block(payload[len(MAGIC) :])
        return [struct.unpack_from(block.order + "I", block.data, place)[0] & _KIND for place in _places(block)]
    except UnreadableError:
        return []


def _places(block: Block) -> range:
    """Where the entries stand. Raises UnreadableError where they lie outside of the block."""
    entry = block.first().find(_ENTRIES)
    if entry is None:
        return range(0)
    (table,) = struct.unpack(block.order + "I", entry.value)
    if table + entry.count > len(block.data):
        raise UnreadableError("the index of further pictures lies outside of its block")
    return range(table, table + entry.count // _ENTRY * _ENTRY, _ENTRY)


def _move(block: Block, place: int, origin: int, move: Move) -> None:
    size, offset = struct.unpack_from(block.order + "4xII", block.data, place)
    try:
        if offset == 0:  # the first picture itself
            struct.pack_into(block.order + "I", block.data, place + 4, size + move.trailer)
        elif origin + offset >= move.picture_end:
            struct.pack_into(block.order + "I", block.data, place + 8, offset + move.trailer - move.index)
    except struct.error as error:
        raise UnreadableError("a further picture lies outside of the file") from error
