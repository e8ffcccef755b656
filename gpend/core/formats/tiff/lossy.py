"""Strips and tiles of a TIFF that are JPEGs: blocks that the faces do not touch stay as they are, bit for bit.

Their tables may stand once for all of them (TIFF technical note 2). A decoder keeps those of the strip before it, so a
new strip brings along tables of its own only where the old one did.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg import frame, picture
from gpend.core.formats.jpeg.frame import Colour, table_places
from gpend.core.formats.jpeg.parsed import COLOUR_MARKS, EOI_BYTES, Jpeg, parse
from gpend.core.formats.jpeg.segments import CODING, DHT, DQT, packed, survey
from gpend.errors import PhotoError, UnsupportedError

_SOI = b"\xff\xd8"
_COUNTS = 16  # bytes of a Huffman table that say how many codes of each length it has (T.81, B.2.4.2)

_OTHER_TABLES = "gpend keeps this TIFF as it is: its strips share their JPEG tables in an unusual way"


class Coding(NamedTuple):
    """What all strips have in common."""

    tables: bytes  # a JPEG of tables alone (tag JPEGTables); b"" where each strip has its own
    colour: Colour


def read(strip: bytes, coding: Coding, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """(rows, columns, channels) uint8 of a strip of that `shape`. Raises PhotoError where it is not, or corrupt."""
    pixels = picture.decode(_jpeg(strip, coding, shape))
    return pixels[..., : shape[2]]


def patched(strip: bytes, coding: Coding, after: NDArray[np.uint8], changed: NDArray[np.bool_]) -> bytes:
    """The strip with the samples `after`, (rows, columns, channels) uint8, where `changed`, (rows, columns) bool.

    Raises UnsupportedError where its tables would have to be others than those that it shares.
    """
    jpeg = _jpeg(strip, coding, after.shape)
    colours = after if after.shape[2] > 1 else after.repeat(3, axis=2)
    new = picture.replaced(jpeg, np.ascontiguousarray(colours), changed, keeps_steps=True)
    return b"".join((_SOI, *_without_shared(new.coded, strip, coding.tables), EOI_BYTES))


def steps(strip: bytes, coding: Coding, shape: tuple[int, int, int]) -> tuple[int, ...]:
    """How coarsely luma is quantised: 64 steps, row by row; () where that is not told."""
    table = _jpeg(strip, coding, shape).frame.components[0].table
    return () if table is None else tuple(int(step) for step in table)


def _jpeg(strip: bytes, coding: Coding, shape: tuple[int, int, int]) -> Jpeg:
    """The strip as a file of its own."""
    if not strip.startswith(_SOI):
        raise PhotoError("the file is corrupt: a part of its picture is no JPEG")
    jpeg = parse(b"".join((_SOI, COLOUR_MARKS[coding.colour], coding.tables[2:-2], strip[2:])))
    frame.refuse_unpatchable(jpeg.frame)
    told = (jpeg.frame.height, jpeg.frame.width, len(jpeg.frame.components))
    if told != shape or jpeg.frame.colour is not coding.colour:
        raise UnsupportedError("gpend keeps this TIFF as it is: its strips are not of the size or kind that it tells")
    return jpeg


def _without_shared(new: bytes, old: bytes, shared: bytes) -> Iterator[bytes]:
    """What codes the picture of a new strip, with those tables alone that the `old` one had, too."""
    own, known = (set(_tables(each)) for each in (old, shared or _SOI + EOI_BYTES))
    names = {table.name for table in own}
    for segment in survey(new).segments:
        if segment.marker not in CODING:
            continue
        if segment.marker not in (DQT, DHT):
            yield new[segment.start : segment.scan_end]
            continue
        for table in _parts(segment.marker, new[segment.payload]):
            if table.name in names or not shared:
                yield packed(segment.marker, table.content)
            elif table not in known:
                raise UnsupportedError(_OTHER_TABLES)


class _Table(NamedTuple):
    """One table as it stands in a segment."""

    name: tuple[int, int]  # marker and slot
    content: bytes


def _tables(jpeg: bytes) -> Iterator[_Table]:
    for segment in survey(jpeg).segments:
        if segment.marker in (DQT, DHT):
            yield from _parts(segment.marker, jpeg[segment.payload])


def _parts(marker: int, payload: bytes) -> Iterator[_Table]:
    if marker == DQT:
        for slot, place, _ in table_places(payload):
            yield _Table((DQT, slot), payload[place.start - 1 : place.stop])
        return
    at = 0
    while at < len(payload):
        end = at + 1 + _COUNTS + sum(payload[at + 1 : at + 1 + _COUNTS])
        yield _Table((DHT, payload[at]), payload[at:end])
        at = end
