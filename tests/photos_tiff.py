"""A maker of TIFFs, laid out in every way that gpend takes; it knows nothing of gpend's own writer."""

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.photos_jpeg import ASCII, LONG, RATIONAL, SHORT, UNDEFINED, Directory
from tests.pictures import XMP, Samples, icc, samples_of


@dataclass(frozen=True)
class TiffForm:
    """One way to lay out a TIFF."""

    order: str = "<"
    photometric: int = 2
    rows: int = 7  # of a strip
    tile: tuple[int, int] | None = None  # height and width
    planar: bool = False
    deflate: bool = False
    difference: bool = False  # predictor 2
    jpeg: bool = False  # strips and tiles are JPEGs; photometric 6, or 1 for grey
    shared: tuple[int, ...] = ()  # markers of tables that stand once for all of them
    optimized: bool = False  # Huffman tables
    short: bool = False  # offsets and lengths are SHORTs, as in small files
    orientation: int = 1
    palette: tuple[int, ...] = ()


def tiff(samples: Samples, form: TiffForm | None = None) -> bytes:
    """A TIFF of samples (height, width, channels) with EXIF, GPS, XMP, ICC and a private tag."""
    form = form or TiffForm()
    parts = [_parted(piece, form.shared) for piece in _pieces(samples, form)]
    pieces = [rest for _, rest in parts]
    body = b"".join(pieces)
    body += bytes(len(body) % 2)
    places = []
    for directory in _sub_directories(form.order):
        places.append(8 + len(body))
        packed = directory.packed(places[-1])
        body += packed + bytes(len(packed) % 2)
    main = _main_directory(samples, form)
    if form.shared:
        main.add(347, UNDEFINED, parts[0][0])
    main.add(0x8769, LONG, places[0])
    main.add(0x8825, LONG, places[1])
    kind = SHORT if form.short else LONG
    main.add(324 if form.tile else 273, kind, [8 + sum(map(len, pieces[:number])) for number in range(len(pieces))])
    main.add(325 if form.tile else 279, kind, [len(piece) for piece in pieces])
    magic = b"II*\0" if form.order == "<" else b"MM\0*"
    return magic + struct.pack(form.order + "I", 8 + len(body)) + body + main.packed(8 + len(body))


def _pieces(samples: Samples, form: TiffForm) -> list[bytes]:
    planes = [samples[..., one : one + 1] for one in range(samples.shape[2])] if form.planar else [samples]
    height, width = samples.shape[:2]
    tall, wide = form.tile or (form.rows, width)
    return [
        _piece(plane[y : y + tall, x : x + wide], form)
        for plane in planes
        for y in range(0, height, tall)
        for x in range(0, width, wide)
    ]


def _parted(piece: bytes, markers: tuple[int, ...]) -> tuple[bytes, bytes]:
    """Of a JPEG one of those tables alone whose markers are given, and one of the rest."""
    tables, rest, at = b"", b"", 2
    while markers and piece[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(piece[at + 2 : at + 4], "big")
        if piece[at + 1] in markers:
            tables += piece[at:end]
        else:
            rest += piece[at:end]
        at = end
    return b"\xff\xd8" + tables + b"\xff\xd9", piece[:2] + rest + piece[at:]


def _piece(part: Samples, form: TiffForm) -> bytes:
    if form.tile:
        missing = [(0, whole - side) for whole, side in zip(form.tile, part.shape[:2], strict=True)]
        part = samples_of(np.pad(part, (*missing, (0, 0)), "edge"))
    if form.jpeg:
        stream = io.BytesIO()
        picture = Image.fromarray(part[..., 0] if part.shape[2] == 1 else part)
        picture.save(stream, "JPEG", quality=85, optimize=form.optimized)
        return stream.getvalue()
    if form.difference:
        part = samples_of(np.concatenate((part[:, :1], part[:, 1:] - part[:, :-1]), axis=1))
    data = part.astype(f"{form.order}u{part.itemsize}").tobytes()
    return zlib.compress(data) if form.deflate else data


def _sub_directories(order: str) -> tuple[Directory, Directory]:
    exif, gps = Directory(order), Directory(order)
    exif.add(0x9003, ASCII, "1999:05:26 10:00:00")
    exif.add(0x927C, UNDEFINED, b"a maker's note")
    gps.add(1, ASCII, "N")
    gps.add(2, RATIONAL, [52, 1, 30, 1, 0, 1])
    return exif, gps


def _main_directory(samples: Samples, form: TiffForm) -> Directory:
    height, width, channels = samples.shape
    main = Directory(form.order)
    main.add(256, SHORT, width)
    main.add(257, SHORT, height)
    main.add(258, SHORT, [8 * samples.itemsize] * channels)
    main.add(259, SHORT, 7 if form.jpeg else 8 if form.deflate else 1)
    main.add(262, SHORT, form.photometric)
    main.add(271, ASCII, "a scanner")
    main.add(274, SHORT, form.orientation)
    main.add(277, SHORT, channels)
    main.add(284, SHORT, 2 if form.planar else 1)
    main.add(305, ASCII, "the software of a scanner")
    main.add(317, SHORT, 2 if form.difference else 1)
    main.add(700, UNDEFINED, XMP)
    main.add(34675, UNDEFINED, icc())
    main.add(65000, UNDEFINED, b"private")
    if form.palette:
        main.add(320, SHORT, list(form.palette))
    if form.photometric == 6:
        main.add(530, SHORT, [2, 2])
    if channels in (2, 4):
        main.add(338, SHORT, 2)
    if form.tile:
        main.add(322, SHORT, form.tile[1])
        main.add(323, SHORT, form.tile[0])
    else:
        main.add(278, SHORT, form.rows)
    return main
