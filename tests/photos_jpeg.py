"""A maker of JPEG files as three kinds of phones and cameras write them, built byte by byte.

None of it comes from a real device: the structures follow the published formats and what exiftool reads.
"""

import hashlib
import io
import struct
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
ICC_BYTES = 70_000  # more than a segment holds
XMP_NAMESPACE = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_NAMESPACE = b"http://ns.adobe.com/xmp/extension/\0"


class Maker(StrEnum):
    """Whose files they are like."""

    CANON = "Canon"  # little-endian, MakerNote with offsets from the TIFF header
    APPLE = "Apple"  # big-endian, MakerNote with offsets from itself, a gain map behind MPF
    SAMSUNG = "samsung"  # a video in a trailer of their own (SEF), found from the file's end


@dataclass(frozen=True)
class PhonePhoto:
    """A file and its parts; a part that the maker does not write is empty."""

    photo: bytes
    thumbnail: bytes
    maker_note: bytes
    icc: bytes
    xmp: bytes
    extended_xmp: bytes
    gain_map: bytes
    video: bytes
    sef: bytes  # the whole trailer, the video included


def phone_photo(
    maker: Maker, picture: NDArray[np.uint8], *, orientation: int = 1, quality: int = 92, progressive: bool = False
) -> PhonePhoto:
    """A file like `maker`'s of `picture` (h, w, 3) RGB as it is stored; `orientation` is only told."""
    coded = encoded(picture, quality=quality, progressive=progressive)
    thumbnail = _thumbnail(picture)
    exif, note = _exif(maker, thumbnail, orientation, picture.shape)
    gain_map = encoded(picture[::2, ::2, :1].repeat(3, 2), quality=80) if maker is Maker.APPLE else b""
    video = _video() if maker is Maker.SAMSUNG else b""
    sef = _sef(video) if video else b""
    data = f"<GImage:Data>{'depth+/=' * 9000}</GImage:Data>"
    extended = _described(" xmlns:GImage='http://ns.google.com/photos/1.0/image/'", data)
    xmp = _xmp(extended, len(gain_map), len(sef) - sef.find(video))
    icc = _icc()
    segments = [
        segment(0xE1, b"Exif\0\0" + exif),
        segment(0xE1, XMP_NAMESPACE + xmp),
        *_extended_xmp(extended),
        *_icc_segments(icc),
        segment(0xED, _iptc()),
        segment(0xEB, _c2pa()),
        segment(0xFE, b"a comment, \xe4\xbd\xa0\xe5\xa5\xbd"),
        segment(0xE7, b"a vendor's own segment\0\xff\xd8\xff\xd9"),
    ]
    whole = _assembled(coded, segments, gain_map) + sef
    return PhonePhoto(whole, thumbnail, note, icc, xmp, extended, gain_map, video, sef)


def encoded(picture: NDArray[np.uint8], *, quality: int = 92, progressive: bool = False) -> bytes:
    """A plain JPEG, 4:2:0."""
    output = io.BytesIO()
    Image.fromarray(picture).save(output, "JPEG", quality=quality, subsampling=2, progressive=progressive)
    return output.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """A marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _assembled(coded: bytes, segments: list[bytes], gain_map: bytes) -> bytes:
    """The picture with `segments` after its SOI; with a gain map, also the index that finds it."""
    front = b"\xff\xd8" + b"".join(segments)
    body = coded[20:]  # behind Pillow's SOI and JFIF
    if not gain_map:
        return front + body
    index = segment(0xE2, _mpf(0, 0, 0))
    size = len(front) + len(index) + len(body)
    index = segment(0xE2, _mpf(size, size - len(front) - 8, len(gain_map)))
    return front + index + body + gain_map


def _mpf(size: int, offset: int, further: int) -> bytes:
    directory = Directory(">")
    directory.add(0xB000, UNDEFINED, b"0100")
    directory.add(0xB001, LONG, 2)
    entries = struct.pack(">IIIHH", 0x030000, size, 0, 0, 0) + struct.pack(">IIIHH", 0, further, offset, 0, 0)
    directory.add(0xB002, UNDEFINED, entries)
    return b"MPF\0MM\0*\0\0\0\x08" + directory.packed(8)


class Directory:
    """An image file directory under construction."""

    def __init__(self, order: str) -> None:
        self.order = order
        self._entries: list[tuple[int, int, int, bytes]] = []

    def add(self, tag: int, kind: int, value: bytes | str | int | list[int]) -> None:
        """Add an entry; a text gets its NUL, rationals are lists of numerators and denominators."""
        if isinstance(value, str):
            data = value.encode() + b"\0"
            count = len(data)
        elif isinstance(value, bytes):
            data, count = value, len(value)
        else:
            numbers = [value] if isinstance(value, int) else value
            data = struct.pack(f"{self.order}{len(numbers)}{'H' if kind == SHORT else 'I'}", *numbers)
            count = len(numbers) // 2 if kind == RATIONAL else len(numbers)
        self._entries.append((tag, kind, count, data))

    def refer(self, tag: int, kind: int, count: int, offset: int) -> None:
        """Add an entry whose value stands elsewhere, at `offset`."""
        self._entries.append((tag, kind, count, struct.pack(self.order + "I", offset)))

    def packed(self, offset: int, following: int = 0) -> bytes:
        """The directory and its values, to stand at `offset` of the block that its offsets count in."""
        entries, values = b"", b""
        start = offset + 2 + 12 * len(self._entries) + 4
        for tag, kind, count, data in sorted(self._entries):
            fits = len(data) <= 4
            inline = data.ljust(4, b"\0") if fits else struct.pack(self.order + "I", start + len(values))
            values += b"" if fits else data + bytes(len(data) % 2)
            entries += struct.pack(self.order + "HHI", tag, kind, count) + inline
        head = struct.pack(self.order + "H", len(self._entries))
        return head + entries + struct.pack(self.order + "I", following) + values


def exif_with_raw_thumbnail() -> bytes:
    """A block whose thumbnail is not packed, as the first digital cameras wrote it."""
    first, second = Directory("<"), Directory("<")
    first.add(0x0110, ASCII, "DC-1")
    for tag, number in ((0x0100, 4), (0x0101, 3), (0x0103, 1), (0x0106, 2), (0x0115, 3)):
        second.add(tag, SHORT, number)
    second.add(0x0116, SHORT, 3)
    second.add(0x0117, LONG, 36)
    at = 8 + len(first.packed(8))
    second.refer(0x0111, LONG, 1, at + 2 + 12 * 8 + 4)
    return b"II*\0\x08\0\0\0" + first.packed(8, at) + second.packed(at) + bytes(36)


def _exif(maker: Maker, thumbnail: bytes, orientation: int, shape: tuple[int, ...]) -> tuple[bytes, bytes]:
    """The TIFF block, and the MakerNote in it: directories first, then the MakerNote, then the thumbnail."""
    order = ">" if maker is Maker.APPLE else "<"

    def laid(at: list[int]) -> list[bytes]:
        note = _maker_note(maker, at[5])
        parts = [
            _main(order, maker, orientation, at).packed(at[0], at[4]),
            _details(order, shape, at, len(note)).packed(at[1]),
            _gps(order).packed(at[2]),
            _interoperability(order).packed(at[3]),
            _second(order, at, len(thumbnail)).packed(at[4]),
            note,
            thumbnail,
        ]
        return [part + bytes(len(part) % 2) for part in parts]

    sizes = [len(part) for part in laid([0] * 7)]
    places = [8 + sum(sizes[:number]) for number in range(7)]
    header = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return header + b"".join(laid(places)), _maker_note(maker, places[5])


def _main(order: str, maker: Maker, orientation: int, at: list[int]) -> Directory:
    directory = Directory(order)
    directory.add(0x010E, ASCII, "two friends, 你好, 1\u20442")
    directory.add(0x010F, ASCII, str(maker))
    directory.add(0x0110, ASCII, "Model 7")
    directory.add(0x0112, SHORT, orientation)
    directory.add(0x011A, RATIONAL, [72, 1])
    directory.add(0x011B, RATIONAL, [72, 1])
    directory.add(0x0128, SHORT, 2)
    directory.add(0x0131, ASCII, "firmware 17.1.2")
    directory.add(0x0132, ASCII, "2024:02:29 12:34:56")
    directory.add(0x013B, ASCII, "A. Photographer")
    directory.add(0x0213, SHORT, 1)
    directory.add(0x8298, ASCII, "A. Photographer, all rights reserved")
    directory.add(0x8769, LONG, at[1])
    directory.add(0x8825, LONG, at[2])
    directory.add(0xC7B0, UNDEFINED, b"a private tag's own bytes")
    return directory


def _details(order: str, shape: tuple[int, ...], at: list[int], note_size: int) -> Directory:
    comment = "你好, world".encode("utf-16-be" if order == ">" else "utf-16-le")
    directory = Directory(order)
    directory.add(0x829A, RATIONAL, [1, 60])
    directory.add(0x829D, RATIONAL, [18, 10])
    directory.add(0x8827, SHORT, 400)
    directory.add(0x9000, UNDEFINED, b"0232")
    directory.add(0x9003, ASCII, "2024:02:29 12:34:56")
    directory.add(0x9004, ASCII, "2024:02:29 12:34:56")
    directory.add(0x9010, ASCII, "+08:00")
    directory.add(0x9101, UNDEFINED, b"\1\2\3\0")
    directory.add(0x920A, RATIONAL, [570, 100])
    directory.refer(0x927C, UNDEFINED, note_size, at[5])
    directory.add(0x9286, UNDEFINED, b"UNICODE\0" + comment)
    directory.add(0x9290, ASCII, "123")
    directory.add(0x9999, UNDEFINED, b"another private tag")
    directory.add(0xA000, UNDEFINED, b"0100")
    directory.add(0xA001, SHORT, 1)
    directory.add(0xA002, LONG, shape[1])
    directory.add(0xA003, LONG, shape[0])
    directory.add(0xA005, LONG, at[3])
    directory.add(0xA434, ASCII, "back camera 5.7mm f/1.8")
    return directory


def _gps(order: str) -> Directory:
    directory = Directory(order)
    directory.add(0x0000, 1, b"\2\3\0\0")
    directory.add(0x0001, ASCII, "N")
    directory.add(0x0002, RATIONAL, [31, 1, 13, 1, 4932, 100])
    directory.add(0x0003, ASCII, "E")
    directory.add(0x0004, RATIONAL, [121, 1, 28, 1, 1020, 100])
    directory.add(0x0007, RATIONAL, [4, 1, 34, 1, 56, 1])
    directory.add(0x001D, ASCII, "2024:02:29")
    return directory


def _interoperability(order: str) -> Directory:
    directory = Directory(order)
    directory.add(0x0001, ASCII, "R98")
    directory.add(0x0002, UNDEFINED, b"0100")
    return directory


def _second(order: str, at: list[int], thumbnail_size: int) -> Directory:
    directory = Directory(order)
    directory.add(0x0103, SHORT, 6)
    directory.add(0x011A, RATIONAL, [72, 1])
    directory.add(0x011B, RATIONAL, [72, 1])
    directory.add(0x0128, SHORT, 2)
    directory.add(0x0201, LONG, at[6])
    directory.add(0x0202, LONG, thumbnail_size)
    return directory


def _maker_note(maker: Maker, at: int) -> bytes:
    """A directory in each maker's manner; only Canon's offsets count from the TIFF header."""
    if maker is Maker.CANON:
        directory = Directory("<")
        directory.add(0x0006, ASCII, "IMG:Model 7 JPEG")
        directory.add(0x0007, ASCII, "Firmware Version 1.0.4")
        directory.add(0x0009, ASCII, "the owner's name")
        return directory.packed(at)
    if maker is Maker.APPLE:
        directory = Directory(">")
        directory.add(0x0001, 9, 14)
        directory.add(0x0011, ASCII, "7F3E2D1C-0000-4000-8000-0123456789AB")
        directory.add(0x0014, 9, 10)
        return b"Apple iOS\0\0\1MM" + directory.packed(14)
    directory = Directory("<")
    directory.add(0x0001, UNDEFINED, b"0100")
    directory.add(0x0002, LONG, 0x2000)
    directory.add(0x0030, SHORT, [1, 2, 3, 4])
    directory.add(0x0040, LONG, 1)
    directory.add(0x0043, LONG, [100, 1])
    directory.add(0xA001, ASCII, "firmware of Samsung")
    directory.add(0xA003, SHORT, [7])
    return directory.packed(0)


def _thumbnail(picture: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((160, 160), Image.Resampling.BOX)
    output = io.BytesIO()
    image.save(output, "JPEG", quality=85, subsampling=1)
    return output.getvalue()


def _xmp(extended: bytes, gain_map: int, video: int) -> bytes:
    """XMP that finds the extended part by its digest, and further files by how far from the end they begin."""
    names = {"xmpNote": "xmp/note", "xmp": "xap/1.0"}
    spaces = "".join(f" xmlns:{name}='http://ns.adobe.com/{path}/'" for name, path in names.items())
    container = "http://ns.google.com/photos/1.0/container/"
    spaces += f" xmlns:Container='{container}' xmlns:Item='{container}item/'"
    spaces += " xmlns:GCamera='http://ns.google.com/photos/1.0/camera/'"
    digest = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    values = f" xmp:Rating='4' xmpNote:HasExtendedXMP='{digest}'"
    items = [("image/jpeg", "Primary", 0)]
    if gain_map:
        items.append(("image/jpeg", "GainMap", gain_map))
    if video:
        items.append(("video/mp4", "MotionPhoto", video))
        values += f" GCamera:MotionPhoto='1' GCamera:MicroVideo='1' GCamera:MicroVideoOffset='{video}'"
    listed = "".join(
        f"<rdf:li rdf:parseType='Resource'><Container:Item Item:Mime='{mime}'"
        f" Item:Semantic='{what}' Item:Length='{size}'/></rdf:li>"
        for mime, what, size in items
    )
    directory = f"<Container:Directory><rdf:Seq>{listed}</rdf:Seq></Container:Directory>"
    begin = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>"
    return begin + _described(spaces + values, directory) + b"<?xpacket end='w'?>"


def _described(attributes: str, content: str) -> bytes:
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description rdf:about=''{attributes}>{content}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def _extended_xmp(whole: bytes) -> list[bytes]:
    """Chunks, each with the digest of the whole, its length, and where the chunk begins."""
    digest = hashlib.md5(whole, usedforsecurity=False).hexdigest().upper().encode()
    head = EXTENDED_NAMESPACE + digest + struct.pack(">I", len(whole))
    places = range(0, len(whole), 65_000)
    return [segment(0xE1, head + struct.pack(">I", place) + whole[place : place + 65_000]) for place in places]


def _icc() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().ljust(ICC_BYTES, b"\0")
    return struct.pack(">I", ICC_BYTES) + profile[4:]


def _icc_segments(profile: bytes) -> list[bytes]:
    chunks = [profile[place : place + 65_000] for place in range(0, len(profile), 65_000)]
    return [
        segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]


def _iptc() -> bytes:
    records = b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in ((5, b"title"), (120, b"caption"))
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records + bytes(len(records) % 2)
    return b"Photoshop 3.0\0" + resource


def _c2pa() -> bytes:
    """A JUMBF superbox with the label of a C2PA manifest store."""
    kind = bytes.fromhex("63327061 0011 0010 8000 00AA00389B71")
    description = _box(b"jumd", kind + b"\x03c2pa\0")
    manifest = _box(b"jumb", description + _box(b"json", b'{"claim": "signed"}'))
    return b"JP\0\1" + struct.pack(">I", 1) + manifest


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _video() -> bytes:
    noise = np.random.default_rng(7).integers(0, 256, 5000, np.uint8).tobytes()
    return _box(b"ftyp", b"mp42\0\0\0\0isommp42") + _box(b"mdat", noise + b"\xff\xd8\xff\xd9")


def _sef(video: bytes) -> bytes:
    """Blocks, then a directory that tells how far before itself each of them lies."""
    blocks = [(0x0A01, b"Image_UTC_Data", b"1709181296123"), (0x0A30, b"MotionPhoto_Data", video)]
    data, entries, starts = b"", b"", []
    for kind, name, content in blocks:
        starts.append(len(data))
        data += struct.pack("<HHI", 0, kind, len(name)) + name + content
    for (kind, name, content), start in zip(blocks, starts, strict=True):
        entries += struct.pack("<HHII", 0, kind, len(data) - start, 8 + len(name) + len(content))
    directory = b"SEFH" + struct.pack("<II", 107, len(blocks)) + entries
    return data + directory + struct.pack("<I", len(directory)) + b"SEFT"
