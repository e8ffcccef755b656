"""AVIF: the picture is encoded once more and put in the old one's place; an AV1 picture cannot be changed in part.

Every box, item and property stays as it was (EXIF, XMP, ICC, alpha, gain map), but for the few bytes that tell where
things lie and how the new picture is coded. One in tiles stays so, and all of its tiles are encoded, as they share how.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import SIGNED, Decoded, Encoded, Format, Header, av1, compared, even, isobmff, tags
from gpend.core.formats.av1_coder import Coding, decoded, encoded, opened
from gpend.core.formats.isobmff import FULL, Box, Extent, Layout
from gpend.core.formats.reader import InMemory
from gpend.core.formats.scaling import contiguous, eight_bits, in_colour, reduced_by_bands, rows_of
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError

QUALITIES = (90, 95, 100)
"""Tried in turn until the picture takes at least as many bytes as before: a measure of quality that needs no knowledge
of the encoder. 90 leaves the rest of the picture within 47 dB of the source (measured)."""

STRETCHED = (16, 18)  # transfer characteristics of PQ and HLG
ORDINARY_PRIMARIES, ORDINARY_TRANSFERS = (1, 2), (1, 2, 6, 13)  # what all readers take a picture for that tells none

ORDINARY, DEEP = 24, 48  # bits of a pixel, as gpend holds it

LOST = 0.35
"""Share of a step. Blurred photos, at qualities 25 and 45 of libaom, lost .5 of it at the lowest frequencies, .4 at
1/16, .25 at 2/16 and .15 at 3/16 cycles a pixel."""

SIGNATURE = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""How the box of a C2PA manifest begins (C2PA 2.0, A.5)."""

MOST_MEGAPIXELS, MOST_DEEP = 100, 50
"""Decoding takes nine bytes a pixel, of a deep picture twice as many, and a file of a few bytes can ask for that: here
the gigabyte ends."""


@dataclass(frozen=True)
class _Picture:
    """An AVIF file, walked."""

    photo: bytes
    layout: Layout
    meta: Box
    item: int  # the primary one
    extents: list[Extent]
    kinds: dict[int, bytes]
    properties: list[Box]
    owned: dict[int, list[int]]
    references: set[bytes]  # the kinds of references between items

    @cached_property
    def extents_of(self) -> dict[int, list[Extent]]:
        """The extents of each item: looked up by number, as a grid may have hundreds of tiles."""
        found: dict[int, list[Extent]] = {}
        for extent in self.extents:
            found.setdefault(extent.item, []).append(extent)
        return found

    @cached_property
    def tiles(self) -> tuple[int, ...]:
        """The items that hold the picture: the primary one, or those of which that is a grid, row by row."""
        is_grid = self.kinds.get(self.item) == b"grid"
        return isobmff.parts(self.photo, self.meta, self.item) if is_grid else (self.item,)

    def find(self, kind: bytes, mark: bytes = b"") -> list[Box]:
        """The properties of this kind that begin with `mark`: the primary item's first, then those of its tiles."""
        return [self.properties[number] for number in self._numbers(kind, mark)]

    def content(self, kind: bytes, mark: bytes = b"") -> bytes:
        """The bytes of the first of them, or nothing."""
        found = self.find(kind, mark)
        return self.photo[found[0].start : found[0].end] if found else b""

    def shared(self, kind: bytes, mark: bytes = b"") -> bool:
        """Whether items that hold nothing of the picture own one of them too."""
        mine = {self.item, *self.tiles}
        others = {number for item, numbers in self.owned.items() if item not in mine for number in numbers}
        return any(number in others for number in self._numbers(kind, mark))

    @property
    def coding(self) -> Coding:
        """How the picture is coded."""
        return Coding(self.content(b"av1C"))

    @property
    def coded(self) -> list[Extent]:
        """Where the tiles lie; [] where one of them lies in several pieces, or is no AV1 picture."""
        tiles = self.tiles
        found = [self._extent(tile) for tile in tiles if self.kinds.get(tile) == b"av01"]
        places = [each for each in found if each]
        return places if len(places) == len(tiles) else []

    @cached_property
    def colours(self) -> av1.Colours:
        """What its colours stand for: as the file tells, or else the data of its first tile."""
        told = self.content(b"colr", b"nclx")
        if not told:
            return av1.colours(self.photo[self.coded[0].data]) if self.coded else av1.UNTOLD
        primaries, transfer = (int.from_bytes(told[place : place + 2], "big") for place in (4, 6))
        return av1.Colours(primaries, transfer, is_limited=not told[-1] & 0x80)

    @property
    def is_told_within(self) -> bool:
        """Whether only the data of its tiles, which are exchanged, tell that its colours are no ordinary ones."""
        is_ordinary = self.colours.primaries in ORDINARY_PRIMARIES and self.colours.transfer in ORDINARY_TRANSFERS
        return not is_ordinary and not self.find(b"colr")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as stored; zeros where they are not told."""
        return _sides(self.content(b"ispe"))

    @property
    def tile_size(self) -> tuple[int, int]:
        """The same of each of its tiles, which are of one size."""
        found = self.find(b"ispe")[-1:]
        return _sides(self.photo[found[0].start : found[0].end]) if found else (0, 0)

    @property
    def exif(self) -> Extent | None:
        """Where its EXIF lies, if it lies in one piece."""
        mine = isobmff.describing(self.photo, self.meta)
        return self._extent(next((item for item, kind in self.kinds.items() if kind == b"Exif" and item in mine), -1))

    def _extent(self, item: int) -> Extent | None:
        mine = self.extents_of.get(item, [])
        return mine[0] if len(mine) == 1 and mine[0].offset.size and mine[0].length.size else None

    def _numbers(self, kind: bytes, mark: bytes) -> list[int]:
        owned = (number for item in (self.item, *self.tiles) for number in self.owned.get(item, []))
        mine = [number for number in dict.fromkeys(owned) if number < len(self.properties)]
        fitting = [number for number in mine if self.properties[number].kind == kind]
        return [number for number in fitting if self.photo.startswith(mark, self.properties[number].start)]


def _sides(extent: bytes) -> tuple[int, int]:
    return int.from_bytes(extent[FULL : FULL + 4], "big"), int.from_bytes(extent[FULL + 4 : FULL + 8], "big")


def header(photo: bytes) -> Header:
    """Size, orientation and quantisation; refuses sequences, layers and what cannot be coded as it is."""
    picture = _walked(photo)
    _refuse(picture)
    width, height = picture.size
    if not (width and height):
        raise PhotoError("the file is corrupt: it does not tell its size")
    isobmff.require_written(photo, picture.meta)
    steps = even(av1.step(photo[_places(picture)[0].data]), LOST)
    depth = DEEP if picture.coding.is_deep else ORDINARY
    return Header(Format.AVIF, width, height, isobmff.orientation(photo, picture.meta), depth, steps)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB: the whole picture, reduced to a long side of at most `long_side`."""
    most = MOST_DEEP if header.depth > ORDINARY else MOST_MEGAPIXELS
    if header.width * header.height > most * 1_000_000:
        raise UnsupportedError(f"gpend keeps AVIF pictures of more than {most} megapixels as they are")
    image = opened(_decodable(_walked(photo)), header.width, header.height)
    return reduced_by_bands(rows_of(image), header.width, header.height, long_side)


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels, of 8 bits or of 16."""
    return Decoded(contiguous(in_colour(_pixels(photo, header))), _walked(photo).coding.grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:
    """As in Container."""
    picture = _walked(photo)
    wanted = in_colour(_pixels(photo, header)).copy()
    wanted[changed] = pixels[changed]
    new, quality = _encoded(picture, wanted)
    result = _exchanged(_told(picture, new[0]), [each.photo[_places(each)[0].data] for each in new])
    change = tags.Change(lambda: _pixels(photo, header), pixels, changed)
    result, notes = _recorded(_walked(result), history, change)
    result = _with_film_followed(result, picture)
    if compared.apart(eight_bits(in_colour(_pixels(result, header))), eight_bits(wanted)) > compared.CLOSE:
        raise PhotoError("the restored picture did not read back as it was written; gpend left the photo as it is")
    notes += change.outdated(b"".join(isobmff.texts(photo, picture.meta, b"mime")))
    if any(box.kind == b"uuid" and photo.startswith(SIGNATURE, box.start) for box in picture.layout.boxes):
        notes += (SIGNED,)
    return Encoded(result, "", (f"an AVIF: the whole picture was encoded again, at quality {quality}", *notes))


def coded(photo: bytes) -> Iterator[bytes]:
    """As in Container."""
    picture = _walked(photo)
    _refuse(picture)
    properties = isobmff.required(photo, picture.meta, b"iprp", FULL)
    yield photo[properties.start : properties.end]
    for place in _places(picture):
        yield photo[place.data]


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """`photo` with the picture of `restored`, as in Container."""
    picture, finished = _walked(photo), _walked(restored)
    if len(picture.tiles) != len(finished.tiles):
        raise PhotoError("the two pictures are not coded alike")
    result = _exchanged(_told(picture, finished), [restored[place.data] for place in _places(finished)])
    return _with_film_followed(_recorded(_walked(result), history, tags.Finished.of(_block(finished)))[0], picture)


def _with_film_followed(result: bytes, picture: _Picture) -> bytes:
    """The new file with what Samsung tells of the place of a motion photo's video brought up to date."""
    before = isobmff.film(picture.photo, picture.layout)
    return (
        isobmff.followed(result, before, isobmff.film(result, isobmff.survey(InMemory(result)))) if before else result
    )


def _block(picture: _Picture) -> bytes:
    """The bare EXIF block of a picture; b"" where there is none."""
    data = picture.photo[picture.exif.data] if picture.exif else b""
    return data[4 + int.from_bytes(data[:4], "big") :]


def _walked(photo: bytes) -> _Picture:
    """The file's items and properties."""
    layout = isobmff.survey(InMemory(photo))
    found = {box.kind: box for box in layout.boxes}
    if b"moov" in found:
        raise UnsupportedError("this is an animated AVIF; gpend keeps it as it is")
    if b"meta" not in found:
        raise PhotoError("the file is corrupt: it has no meta box")
    meta = found[b"meta"]
    extents = isobmff.extents(photo, meta)
    if any(extent.data.stop > len(photo) for extent in extents):
        raise IncompleteError("the file ends before its picture does")
    kinds, references = isobmff.kinds(photo, meta), isobmff.references(photo, meta)
    item = isobmff.primary(photo, meta)
    return _Picture(photo, layout, meta, item, extents, kinds, *isobmff.properties(photo, meta), references)


def _refuse(picture: _Picture) -> None:
    """Raise UnsupportedError for all that is fine and yet not ours to change."""
    simple = bool(picture.coded)
    if simple and len(picture.content(b"av1C")) < FULL:
        raise PhotoError("the file is corrupt: it does not say how its picture is coded")
    codings = {picture.photo[each.start : each.end] for each in picture.find(b"av1C")}
    reasons = {
        "it is made of several pictures": not simple or not _is_even(picture),
        "its tiles are coded in different ways": len(codings) > 1,
        "it has layers": bool(picture.find(b"a1lx") or picture.find(b"a1op") or picture.find(b"lsel")),
        "its colours are finer than gpend can write with more than 8 bits": simple and not picture.coding.is_written,
        "its brightness is made for HDR": simple and picture.coding.is_deep and picture.colours.transfer in STRETCHED,
        "its coded data alone tell of its colours": picture.is_told_within,
        "its colours are multiplied by its alpha": b"prem" in picture.references,
        "it repeats how it is coded": simple and len(picture.content(b"av1C")) > FULL,
    }
    for reason, holds in reasons.items():
        if holds:
            raise UnsupportedError(f"gpend keeps this AVIF as it is: {reason}")


def _is_even(picture: _Picture) -> bool:
    """Whether its tiles are of one size and just cover it, as those of a grid do; true of a single one."""
    if len(picture.tiles) == 1:
        return True
    (width, height), (wide, tall) = picture.size, picture.tile_size
    sizes = {_sides(picture.photo[each.start : each.end]) for each in picture.find(b"ispe")}
    return bool(wide and tall) and len(sizes) <= 2 and len(picture.tiles) == -(-width // wide) * -(-height // tall)  # noqa: PLR2004 - the picture's and the tiles'


def _decodable(picture: _Picture) -> bytes:
    """The file as decoders take it, with its metadata called something else, for which they may refuse it whole.

    So do libavif, where it finds no TIFF header in EXIF, and OpenCV, which judges a file by its first 500 bytes, where
    those tell of EXIF or XMP and do not hold it.
    """
    data, told = picture.layout.picture(picture.photo), isobmff.required(picture.photo, picture.meta, b"iinf", FULL)
    hidden = data[told.start : told.end].replace(b"Exif", b"skip").replace(b"mime", b"skip")
    return data[: told.start] + hidden + data[told.end :]


def _pixels(photo: bytes, header: Header) -> Pixels:
    """(h, w), (h, w, 3) or (h, w, 4), in stored orientation: uint8, or uint16 over the whole range."""
    picture, sides = _walked(photo), (header.width, header.height)
    return decoded(_decodable(picture), picture.coding, *sides, limited=picture.colours.is_limited)


def _encoded(picture: _Picture, wanted: Pixels) -> tuple[list[_Picture], int]:
    """A new AVIF for each tile of `wanted`, (h, w, 3) RGB, coded the way the old one is, and their quality."""
    colour = picture.content(b"colr", b"nclx")
    limited = bool(colour and not colour[-1] & 0x80)
    tiles, coding = list(_cut(picture, wanted)), picture.coding
    before = sum(place.length.value for place in _places(picture))
    for quality in QUALITIES:
        new = [_walked(encoded(tile, coding, quality, limited=limited)) for tile in tiles]
        if sum(_places(each)[0].length.value for each in new) >= before:
            break
    if len({each.coding for each in new}) > 1:
        raise UnsupportedError("gpend keeps this AVIF as it is: its tiles would be coded in different ways")
    return new, quality


def _cut(picture: _Picture, wanted: Pixels) -> Iterator[Pixels]:
    """The tiles of `wanted`, row by row; the last ones reach beyond it."""
    if len(picture.tiles) == 1:
        yield wanted
        return
    (wide, tall), (height, width) = picture.tile_size, wanted.shape[:2]
    padded = contiguous(np.pad(wanted, ((0, -height % tall), (0, -width % wide), (0, 0)), "edge"))
    for top in range(0, height, tall):
        for left in range(0, width, wide):
            yield contiguous(padded[top : top + tall, left : left + wide])


def _exchanged(photo: bytes, tiles: list[bytes]) -> bytes:
    """The file with other data for its picture's tiles."""
    picture = _walked(photo)
    new = dict(zip(_places(picture), tiles, strict=True))
    return isobmff.exchanged(photo, picture.layout.boxes, picture.meta, new)


def _places(picture: _Picture) -> list[Extent]:
    """Where the tiles lie. Raises UnsupportedError where one is in several pieces; `header` has refused those."""
    places = picture.coded
    if not places:
        raise UnsupportedError("gpend keeps this AVIF as it is: its picture lies in several pieces")
    return places


def _told(picture: _Picture, new: _Picture) -> bytes:
    """The file with the bytes exchanged that tell how the picture is coded: av1C, and nclx's matrix and range."""
    result = bytearray(picture.photo)
    for kind, mark, part in ((b"av1C", b"", slice(0, 4)), (b"colr", b"nclx", slice(8, 11))):
        now = new.content(kind, mark)[part]
        for box in picture.find(kind, mark):
            if picture.photo[box.start : box.end][part] == now:
                continue
            if picture.shared(kind, mark):
                raise UnsupportedError("gpend keeps this AVIF as it is: its pictures share how they are coded")
            result[box.start + part.start : box.start + part.start + len(now)] = now
    return bytes(result)


def _recorded(picture: _Picture, history: str, change: tags.Renewal) -> tuple[bytes, tuple[str, ...]]:
    """The file with the thumbnail in its EXIF refreshed and `history` appended, if there is any; and notes."""
    place = picture.exif
    if place is None:
        note = "it has no EXIF: a box beside its picture tells of the restoration"
        return (_beside(picture, history), (note,)) if history else (picture.photo, ())
    data = picture.photo[place.data]
    skipped = 4 + int.from_bytes(data[:4], "big")
    block, notes = tags.recorded(data[skipped:], history, change)
    if notes == tags.UNREADABLE:
        return _beside(picture, history), tags.BESIDE
    if not block:
        return picture.photo, notes
    new = data[:skipped].ljust(4, b"\0") + block
    return isobmff.exchanged(picture.photo, picture.layout.boxes, picture.meta, {place: new}), notes


def _beside(picture: _Picture, history: str) -> bytes:
    """The file with the history in a box of its own, which readers pass over (ISO/IEC 14496-12, 8.1.2).

    It stands before a motion photo's video, whose place is counted from the end of the file.
    """
    film, told = isobmff.film(picture.photo, picture.layout), tags.comment(history).encode()
    ends = [box.end for box in picture.layout.boxes if not film or box.end <= film.start]
    end = ends[-1]
    box = (8 + len(told)).to_bytes(4, "big") + b"free" + told
    return picture.photo[:end] + box + picture.photo[end:]
