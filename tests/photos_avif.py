"""AVIFs as Android writes them: a grid of tiles, each of which is a picture of its own."""

import struct
from typing import Any

import numpy as np

from gpend.core.formats import isobmff
from gpend.core.formats.reader import InMemory
from tests.photos import Samples, avif

GRID = 1  # the number of the item that is the picture; its tiles follow


def grid(picture: Samples, tile: tuple[int, int], **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """An AVIF of a picture (height, width, 3) in tiles of so many columns and rows; `options` are Pillow's."""
    height, width = picture.shape[:2]
    wide, tall = tile
    across, down = -(-width // wide), -(-height // tall)
    padded = np.pad(picture, ((0, down * tall - height), (0, across * wide - width), (0, 0)), "edge")
    cut = [
        padded[top : top + tall, left : left + wide]
        for top in range(0, down * tall, tall)
        for left in range(0, across * wide, wide)
    ]
    told, data = zip(*(_parts(avif(np.ascontiguousarray(each), **options)) for each in cut), strict=True)
    tiles = range(GRID + 1, GRID + 1 + len(cut))
    shape = struct.pack(">BBBBHH", 0, 0, down - 1, across - 1, width, height)
    properties = [
        _box(b"ispe", bytes(4) + struct.pack(">II", width, height)),
        _box(b"ispe", bytes(4) + struct.pack(">II", wide, tall)),
        _box(b"av1C", told[0]),
        _box(b"pixi", bytes(4) + b"\3\x08\x08\x08"),
    ]
    owned = {GRID: b"\2\1\4", **dict.fromkeys(tiles, b"\3\2\x83\4")}
    info = [_full(b"infe", struct.pack(">HH4sx", GRID, 0, b"grid"), 2)]
    info += [_full(b"infe", struct.pack(">HH4sx", each, 0, b"av01"), 2, 1) for each in tiles]
    of = struct.pack(f">HH{len(cut)}H", GRID, len(cut), *tiles)

    def described(begin: int) -> bytes:
        places, at = b"", begin
        for number, length in zip((GRID, *tiles), map(len, (shape, *data)), strict=True):
            places += struct.pack(">HHHII", number, 0, 1, at, length)
            at += length
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", GRID))
            + _full(b"iloc", b"\x44\0" + struct.pack(">H", 1 + len(cut)) + places)
            + _full(b"iinf", struct.pack(">H", 1 + len(cut)) + b"".join(info))
            + _full(b"iref", _box(b"dimg", of))
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(properties))
                + _full(
                    b"ipma",
                    struct.pack(">I", len(owned))
                    + b"".join(struct.pack(">H", item) + numbers for item, numbers in owned.items()),
                ),
            ),
        )

    front = _box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    begin = len(front) + len(described(0)) + 8
    return front + described(begin) + _box(b"mdat", shape + b"".join(data))


def _parts(photo: bytes) -> tuple[bytes, bytes]:
    """How an AVIF says that it is coded (av1C), and its coded picture."""
    meta = next(box for box in isobmff.survey(InMemory(photo)).boxes if box.kind == b"meta")
    coding = next(box for box in isobmff.properties(photo, meta)[0] if box.kind == b"av1C")
    (place,) = (each for each in isobmff.extents(photo, meta) if each.item == isobmff.primary(photo, meta))
    return photo[coding.start : coding.end], photo[place.data]


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)
