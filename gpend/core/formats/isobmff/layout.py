"""Which boxes a picture has, and where what is no box begins.

Phones put more behind a HEIF's or AVIF's boxes: a motion photo's video as a file of its own, Samsung's and vivo's
trailers, padding. The picture is whole once the boxes that hold its description and its data are there.
"""

from dataclasses import dataclass

from gpend.core.formats.isobmff.box import HEAD, Box, Field, box_at
from gpend.core.formats.isobmff.items import extents, kinds
from gpend.core.formats.isobmff.units import coding_of_av1, coding_of_hevc
from gpend.core.formats.reader import ENDS_EARLY, MOST_PARTS, CutBehindError, Reader, require_filled
from gpend.core.formats.unwritten import NEVER_WRITTEN, has_stretch
from gpend.errors import IncompleteError, PhotoError

GROWING = frozenset({b"free", b"ftyp", b"mdat", b"meta", b"moof", b"moov", b"mpvd", b"sefd", b"skip", b"uuid", b"wide"})
"""Boxes that stand behind pictures: one that is cut off may still be on its way. Anything else there is a trailer."""

AV1, HEVC = b"av01", b"hvc1"
CODED = frozenset({AV1, HEVC})
"""Kinds of items whose data never end in so many zeros as reserved space does."""

UNITS = {AV1: coding_of_av1, HEVC: coding_of_hevc}

LARGEST_META = 1 << 24
"""Bytes of a description that are read to learn what the picture needs: phones write 4 to 40 KB."""


@dataclass(frozen=True)
class Layout:
    """A whole file."""

    boxes: tuple[Box, ...]  # the picture's: a second `ftyp` begins another file, such as a motion photo's video
    end: int  # after the last whole box, the other file's included; what follows is a trailer
    is_cut: bool = False  # it follows a part of a box that is still on its way, or was cut off

    def picture(self, photo: bytes) -> bytes:
        """The file without what stands behind the picture's boxes, over which a decoder might stumble."""
        return photo[: self.boxes[-1].end]


def survey(reader: Reader) -> Layout:
    """The boxes of a file that begins with one.

    Once the picture has all that it needs, anything that is no whole box is a trailer, also where the box of its data
    is said to be longer than the file. Before that, raises IncompleteError where the file ends or has not been filled,
    PhotoError where there is no box.
    """
    found: list[Box] = []
    at, needed = 0, None
    last: slice | None = None
    for _ in range(MOST_PARTS):
        try:
            box = _next(reader, at)
        except PhotoError:
            held = _holding_all(reader, at, needed)
            if held:
                require_filled(reader, last or slice(0, 0))
                return Layout(_of_the_picture([*found, held]), reader.size, is_cut=True)
            if _is_whole(found, needed):
                require_filled(reader, last or slice(0, 0))
                return Layout(_of_the_picture(found), at, is_cut=_is_growing(reader, at))
            raise
        found.append(box)
        at = box.end
        if box.kind == b"meta":
            needed, coded = _needed(reader, box)
            last = last or coded
    raise PhotoError(f"the file is corrupt: it has more than {MOST_PARTS:,} boxes")


def end(reader: Reader) -> int:
    """Where the last whole box ends; what follows is a trailer. Raises as `survey`, and CutBehindError."""
    layout = survey(reader)
    if layout.is_cut:
        raise CutBehindError(ENDS_EARLY)
    return layout.end


def require_written(data: bytes, meta: Box) -> None:
    """Raise IncompleteError where a part of what codes the pictures was never written."""
    found, coded = kinds(data, meta), dict[int, list[bytes]]()
    for extent in extents(data, meta):
        coded.setdefault(extent.item, []).append(data[extent.data])
    for item, parts in coded.items():
        split = UNITS.get(found.get(item, b""))
        if split and any(has_stretch(unit) for unit in split(b"".join(parts))):
            raise IncompleteError(NEVER_WRITTEN)


def _next(reader: Reader, at: int) -> Box:
    kind = reader.read(at + 4, 4)
    if len(kind) < 4 or not any(kind):  # noqa: PLR2004 - the letters of a kind
        raise IncompleteError(ENDS_EARLY)
    if not (kind.isascii() and kind.decode().isprintable()):
        raise PhotoError(f"the file is corrupt: no box begins at byte {at:,}")
    return box_at(reader, at, reader.size)


def _holding_all(reader: Reader, at: int, needed: int | None) -> Box | None:
    """The box of data that is said to be longer than the file is, and yet holds all that the picture needs, to the end.

    Readers go by where the data are said to lie.
    """
    head = reader.read(at, HEAD)
    told = int.from_bytes(head[:4], "big")
    if head[4:] != b"mdat" or needed is None or not at < needed <= reader.size or told <= HEAD:
        return None
    return Box(b"mdat", at + HEAD, reader.size, Field(told, at, 4))


def _is_growing(reader: Reader, at: int) -> bool:
    head = reader.read(at, HEAD)
    return head[4:] in GROWING and int.from_bytes(head[:4], "big") >= HEAD


def _of_the_picture(found: list[Box]) -> tuple[Box, ...]:
    second = next((number for number, box in enumerate(found) if number and box.kind == b"ftyp"), len(found))
    return tuple(found[:second])


def _is_whole(found: list[Box], needed: int | None) -> bool:
    names = {box.kind for box in _of_the_picture(found)}
    is_whole = b"mdat" in names and not names.isdisjoint({b"meta", b"moov"})
    if needed is None:
        return is_whole
    return needed <= found[-1].end and (is_whole or b"moov" not in names)


def _needed(reader: Reader, meta: Box) -> tuple[int | None, slice | None]:
    """Where the data of its items end, None where the description cannot be read; and the last data of a picture."""
    length = meta.end - meta.start
    data = reader.read(meta.start, min(length, LARGEST_META))
    within = Box(meta.kind, 0, len(data), meta.size)
    try:
        told = [extent for extent in extents(data, within) if extent.length.value]  # one that is zeros says nothing
        kind = kinds(data, within)
        coded = [extent.data for extent in told if kind.get(extent.item) in CODED]
    except PhotoError:
        told, coded = [], []
    last = max(coded, key=lambda place: place.stop, default=None)
    if not told and b"idat" in data:
        return 0, last  # a small picture may lie inside its own description
    return max((extent.data.stop for extent in told), default=None), last
