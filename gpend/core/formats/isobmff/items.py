"""The items of an AVIF or HEIF file: what they are, where their data lie (ISO/IEC 14496-12, 23008-12)."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from gpend.core.formats.isobmff.box import FULL, Box, Field, Numbers, boxes, child, required
from gpend.errors import PhotoError, UnsupportedError

ORIENTATIONS = {0: (1, 4, 2), 1: (8, 5, 7), 2: (3, 2, 4), 3: (6, 7, 5)}
"""EXIF's number for irot's quarter turns (anticlockwise), without imir, with its axis 0 and with its axis 1."""

SIZES = (0, 4, 8)  # bytes that an offset or length may have


class Extent(NamedTuple):
    """One stretch of the file that belongs to an item, and the fields that say so."""

    item: int
    base: int
    offset: Field  # from `base`
    length: Field

    @property
    def data(self) -> slice:
        """The stretch."""
        start = self.base + self.offset.value
        return slice(start, start + self.length.value)


def primary(data: bytes, meta: Box) -> int:
    """The number of the item that is the picture."""
    reader = Numbers(data, required(data, meta, b"pitm", FULL))
    version = reader.number(FULL) >> 24
    return reader.number(4 if version else 2)


def kinds(data: bytes, meta: Box) -> dict[int, bytes]:
    """What each item is, in four letters."""
    info = required(data, meta, b"iinf", FULL)
    version = data[info.start] if info.start < info.end else 0
    found: dict[int, bytes] = {}
    for entry in boxes(data, info.start + FULL + (4 if version else 2), info.end):
        reader = Numbers(data, entry)
        number_size = 4 if reader.number(FULL) >> 24 == 3 else 2  # noqa: PLR2004 - the version with large numbers
        number = reader.number(number_size)
        reader.number(2)  # protection
        found[number] = reader.number(4).to_bytes(4, "big")
    return found


def extents(data: bytes, meta: Box) -> list[Extent]:
    """Where the items' data lie, of all items whose data lie in the file itself."""
    reader = Numbers(data, required(data, meta, b"iloc", FULL))
    version = reader.number(FULL) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if version > 2 or not {offset_size, length_size, base_size} <= set(SIZES):  # noqa: PLR2004 - the last version
        raise PhotoError("the file is corrupt: it does not say where its items lie")
    wide = 4 if version == 2 else 2  # noqa: PLR2004 - the version with large numbers
    found = []
    for _ in range(reader.number(wide)):
        item = reader.number(wide)
        elsewhere = bool(version) and reader.number(2) & 15  # in another box or item
        elsewhere = reader.number(2) or elsewhere  # in another file
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            reader.number(index_size if version else 0)
            extent = Extent(item, base, _field(reader, offset_size), _field(reader, length_size))
            found.extend([] if elsewhere else [extent])
    return found


def _field(reader: Numbers, size: int) -> Field:
    return Field(reader.number(size), reader.place - size, size)


def exchanged(photo: bytes, whole: Sequence[Box], meta: Box, new: Mapping[Extent, bytes]) -> bytes:
    """The file with other data in some stretches; what lies behind moves, and the fields that tell where it is follow.

    `whole` are the boxes of the file, which hold the data.

    Raises UnsupportedError where that cannot be told in the file's own fields.
    """
    moves = _Moves(sorted(new, key=lambda target: (target.data.start, target.data.stop)), new)
    changes = [(target.length, len(data)) for target, data in new.items()]
    changes += [
        (box.size, box.size.value + moves.of(box.end) - moves.of(box.start - 1)) for box in _holders(whole, new)
    ]
    for extent in extents(photo, meta):
        if extent not in new and moves.overlap(extent.data):
            raise UnsupportedError("gpend keeps this photo as it is: its pictures share their data")
        moved = moves.of(extent.data.start, extent)
        if moved:
            changes.append((extent.offset, extent.offset.value + moved))
    result = bytearray(moves.applied(photo))
    for field, value in changes:
        place = field.place + moves.of(field.place)
        if field.size and not 0 <= value < 1 << 8 * field.size:
            raise UnsupportedError("gpend keeps this photo as it is: it is too large for its own fields")
        result[place : place + field.size] = value.to_bytes(field.size, "big") if field.size else b""
    return bytes(result)


def _holders(whole: Sequence[Box], targets: Iterable[Extent]) -> set[Box]:
    """The boxes that hold the data of some extents."""
    found = set[Box]()
    for at in (target.data for target in targets):
        holder = next((box for box in whole if box.start <= at.start and at.stop <= box.end), None)
        if holder is None or holder.kind != b"mdat":
            raise UnsupportedError("gpend keeps this photo as it is: its picture lies in an unusual place")
        found.add(holder)
    return found


class _Moves:
    """By how much what lies in a file moves where some of its stretches get other data."""

    def __init__(self, targets: Sequence[Extent], new: Mapping[Extent, bytes]) -> None:
        """`targets` are those of `new`, in the order in which they lie in the file."""
        self.places = [target.data for target in targets]
        self._data = [new[target] for target in targets]
        self._number = {target: number for number, target in enumerate(targets)}
        grown = (len(data) - (at.stop - at.start) for at, data in zip(self.places, self._data, strict=True))
        self._until: list[int] = [0, *accumulate(grown)]
        self._starts: list[int] = [at.start for at in self.places]
        self._ends: list[int] = [at.stop for at in self.places]
        if any(end > start for end, start in zip(self._ends, self._starts[1:], strict=False)):
            raise UnsupportedError("gpend keeps this photo as it is: its pictures share their data")

    def of(self, place: int, target: Extent | None = None) -> int:
        """By how many bytes what begins at `place` moves; `target`: what begins there, if that gets other data."""
        number = self._number.get(target) if target else None
        return self._until[bisect_right(self._ends, place) if number is None else number]

    def overlap(self, at: slice) -> bool:
        """Whether a stretch holds a part of what gets other data."""
        first = bisect_right(self._ends, at.start)
        return first < len(self.places) and self._starts[first] < at.stop

    def applied(self, photo: bytes) -> bytes:
        """The file with the new data."""
        parts, done = list[bytes](), 0
        for at, data in zip(self.places, self._data, strict=True):
            parts += [photo[done : at.start], data]
            done = at.stop
        return b"".join((*parts, photo[done:]))


def properties(data: bytes, meta: Box) -> tuple[list[Box], dict[int, list[int]]]:
    """Every property box in order, and which of them, counted from 0, belong to each item."""
    parent = required(data, meta, b"iprp", FULL)
    container = required(data, parent, b"ipco")
    owned: dict[int, list[int]] = {}
    for box in boxes(data, parent.start, parent.end):
        if box.kind == b"ipma":
            reader = Numbers(data, box)
            form = reader.number(FULL)
            wide = 2 if form & 1 else 1
            for _ in range(reader.number(4)):
                item = reader.number(4 if form >> 24 else 2)
                mask = (1 << (8 * wide - 1)) - 1
                numbers = [reader.number(wide) & mask for _ in range(reader.number(1))]
                owned.setdefault(item, []).extend(number - 1 for number in numbers if number)
    return list(boxes(data, container.start, container.end)), owned


def orientation(data: bytes, meta: Box) -> int:
    """By what the picture is to be turned, after its properties irot and imir, as EXIF numbers it."""
    held, owned = properties(data, meta)
    mine = [held[number] for number in owned.get(primary(data, meta), []) if number < len(held)]
    turns, mirror = (next((data[one.start] for one in mine if one.kind == kind), None) for kind in (b"irot", b"imir"))
    return ORIENTATIONS[(turns or 0) & 3][0 if mirror is None else 1 + (mirror & 1)]


def references(data: bytes, meta: Box) -> set[bytes]:
    """The kinds of references that there are between items, in four letters."""
    parent = child(data, meta, b"iref", FULL)
    return {box.kind for box in boxes(data, parent.start + FULL, parent.end)} if parent else set()


def describing(data: bytes, meta: Box) -> set[int]:
    """The items that describe the picture, by their references to it; all of them where none refers to any."""
    found = dict[int, set[int]]()
    parent = child(data, meta, b"iref", FULL)
    wide = 4 if parent and Numbers(data, parent).number(FULL) >> 24 else 2
    for box in boxes(data, parent.start + FULL, parent.end) if parent else ():
        if box.kind == b"cdsc":
            reader = Numbers(data, box)
            item = reader.number(wide)
            found.setdefault(item, set()).update(reader.number(wide) for _ in range(reader.number(2)))
    shown = primary(data, meta)
    return {item for item in kinds(data, meta) if shown in found.get(item, {shown})}


def texts(data: bytes, meta: Box, kind: bytes) -> list[bytes]:
    """What the items of a kind hold that describe the picture, in the order of their numbers.

    b"" for one whose data do not lie in the file itself, or beyond its end, and for an empty one.
    """
    found = extents(data, meta)
    return [b"".join(data[extent.data] for extent in found if extent.item == item) for item in _mine(data, meta, kind)]


def are_all_here(data: bytes, meta: Box, kind: bytes) -> bool:
    """Do the data of all these items, empty or not, lie in the file itself?"""
    here = {extent.item for extent in extents(data, meta) if extent.data.stop <= len(data)}
    return here.issuperset(_mine(data, meta, kind))


def _mine(data: bytes, meta: Box, kind: bytes) -> list[int]:
    told = kinds(data, meta)
    return sorted(item for item in describing(data, meta) if told[item] == kind)


def parts(data: bytes, meta: Box, item: int) -> tuple[int, ...]:
    """The items of which an item is made, as a grid of its tiles; () of one that is a picture itself."""
    parent = child(data, meta, b"iref", FULL)
    wide = 4 if parent and Numbers(data, parent).number(FULL) >> 24 else 2
    for box in boxes(data, parent.start + FULL, parent.end) if parent else ():
        reader = Numbers(data, box)
        if box.kind == b"dimg" and reader.number(wide) == item:
            return tuple(reader.number(wide) for _ in range(reader.number(2)))
    return ()
