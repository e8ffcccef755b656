"""The parts of a TIFF block: its directories and the values that stand outside of them; and the block without one.

Offsets inside a MakerNote are its maker's own business: what is taken out before one that counts from the block's
start would make them wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from gpend.core.formats.exif.block import INLINE, LONG, SIZES, Block, Directory, UnreadableError

DIRECTORY = 0  # stands for a directory where a tag tells what a value is
EXIF, GPS, INTEROPERABILITY, SUB = 0x8769, 0x8825, 0xA005, 0x014A  # tags that lead to directories
THUMBNAIL, THUMBNAIL_LENGTH, STRIPS, STRIP_LENGTHS = 0x0201, 0x0202, 0x0111, 0x0117
MAKER_NOTE = 0x927C
MOST_DIRECTORIES = 32
IFD = 13  # TIFF's number for the type of an offset to a directory, which may also be a LONG


class Part(NamedTuple):
    """One stretch of the block, and where the offset stands that leads to it."""

    tag: int  # of the value, or DIRECTORY
    pointer: int
    start: int
    end: int


def parts(block: Block) -> list[Part]:
    """All parts. Raises UnreadableError for a block that is not sound throughout."""
    found: list[Part] = []
    seen: set[int] = set()
    waiting = [(4, block.first().offset)]
    while waiting:
        pointer, offset = waiting.pop()
        if not offset or offset in seen:
            continue
        seen.add(offset)
        if len(seen) > MOST_DIRECTORIES:
            raise UnreadableError("there are too many directories")
        directory = block.directory(offset)
        block.require_sound(directory)
        if len({entry.tag for entry in directory.entries}) < len(directory.entries):
            raise UnreadableError("a directory tells a tag twice")
        found.append(Part(DIRECTORY, pointer, offset, directory.end))
        found.extend(_values(block, directory))
        waiting += [(directory.end - INLINE, directory.following), *_leading_on(block, directory)]
    if not found:
        raise UnreadableError("there is no directory")
    return found


def find(found: list[Part], tag: int) -> Part | None:
    """The only part with this tag; None also where there are several."""
    fitting = [part for part in found if part.tag == tag]
    return fitting[0] if len(fitting) == 1 else None


class Cut(NamedTuple):
    """A block without some of its parts."""

    tiff: bytes
    pointers: tuple[int, ...]  # where the offsets stand that led to them


def without(tiff: bytes, cut: Sequence[Part]) -> Cut:
    """The block without some parts; every offset to what lies behind them follows, but those that led to them.

    Raises UnreadableError where they share bytes with others. A last byte stays where offsets would become odd.
    """
    others = [each for each in parts(Block(tiff)) if each not in cut]
    in_order = sorted(cut, key=lambda part: part.start)
    is_shared = any(each.start < part.end and part.start < each.end for each in others for part in cut)
    if is_shared or any(before.end > after.start for before, after in pairwise(in_order)):
        raise UnreadableError("two parts of the block share their bytes")

    def moved(place: int) -> int:
        return place - sum(part.end - part.start & ~1 for part in cut if part.end <= place)

    result = bytearray(tiff)
    for part in reversed(in_order):
        del result[part.start : part.start + (part.end - part.start & ~1)]
    block = Block(bytes(result))
    for each in others:
        block.aim(moved(each.pointer), moved(each.start))
    return Cut(bytes(block.data), tuple(moved(part.pointer) for part in cut))


def dropped(tiff: bytes, part: Part) -> bytes:
    """The block without a value and without the entry that told of it. Raises UnreadableError as `without`."""
    block = Block(tiff)
    holder = next((each for each in parts(block) if each.start <= part.pointer < each.end), None)
    if holder is None or holder.tag != DIRECTORY:
        raise UnreadableError("no directory tells of the part")
    directory = block.directory(holder.start)
    kept = replace(directory, entries=tuple(entry for entry in directory.entries if entry.tag != part.tag))
    block.data[holder.start : holder.end] = block.packed(kept).ljust(holder.end - holder.start, b"\0")
    return without(bytes(block.data), [part]).tiff


def _values(block: Block, directory: Directory) -> Iterator[Part]:
    for entry in directory.entries:
        length = SIZES[entry.kind] * entry.count
        if length > INLINE:
            start = block.place(directory, entry)
            yield Part(entry.tag, directory.place(entry.tag), start, start + length)
    thumbnail = directory.find(THUMBNAIL)
    if thumbnail is not None:
        start, length = (block.number(directory, tag) for tag in (THUMBNAIL, THUMBNAIL_LENGTH))
        if thumbnail.kind != LONG or start + length > len(block.data):
            raise UnreadableError("the thumbnail is not where it should be")
        yield Part(THUMBNAIL, directory.place(THUMBNAIL), start, start + length)
    yield from _strips(block, directory)


def _strips(block: Block, directory: Directory) -> Iterator[Part]:
    """The pieces of a picture that is not packed, as some thumbnails are."""
    starts, lengths = block.integers(directory, STRIPS), block.integers(directory, STRIP_LENGTHS)
    entry = directory.find(STRIPS)
    if entry is None:
        return
    if entry.kind != LONG or len(starts) != len(lengths):
        raise UnreadableError("the strips are not where they should be")
    place = block.place(directory, entry)
    for number, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        yield Part(STRIPS, place + 4 * number, start, start + length)


def _leading_on(block: Block, directory: Directory) -> Iterator[tuple[int, int]]:
    """Where offsets of further directories stand, and these offsets."""
    for tag in (EXIF, GPS, INTEROPERABILITY, SUB):
        entry = directory.find(tag)
        if entry is not None and entry.kind in (LONG, IFD):
            place = block.place(directory, entry)
            for number, offset in enumerate(block.integers(directory, tag)):
                yield place + 4 * number, offset
