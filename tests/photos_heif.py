"""HEICs as phones write them: with a video, with trailers behind their boxes, with EXIF too large for a JPEG."""

import struct
from itertools import accumulate

import numpy as np

from tests.photos import Samples, heif
from tests.photos_jpeg import ASCII, LONG, RATIONAL, SHORT, UNDEFINED, Directory

VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x75\x38mdat" + np.random.default_rng(5).bytes(30_000)
"""What stands for a motion photo's video: the boxes of one, without pictures."""


MPVD = struct.pack(">I", len(VIDEO) + 8) + b"mpvd" + VIDEO
"""The box in which it stands."""


def with_samsungs_part(photo: bytes) -> bytes:
    """The photo with a video in a box of its own, behind which, in the same box, Samsung tells where that is."""
    place = len(photo) + 8
    told = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + struct.pack(">4sII", b"mpv2", place, len(VIDEO))
    head = b"SEFHk\0\0\0\1\0\0\0" + b"\0\0\x30\x0a" + struct.pack("<II", len(told), len(told))
    told += head + struct.pack("<I", len(head)) + b"SEFT"
    content = VIDEO + struct.pack(">I", len(told) + 8) + b"sefd" + told
    return photo + struct.pack(">I", len(content) + 8) + b"mpvd" + content


def told_place(photo: bytes) -> int:
    """Where a video is, as Samsung tells it."""
    return int.from_bytes(photo[photo.rindex(b"mpv2") + 4 :][:4], "big")


def described(attributes: str, content: str = "") -> bytes:
    """An XMP packet."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}>{content}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def motion_xmp(length: int = len(VIDEO)) -> bytes:
    """The XMP of a HEIC whose box `mpvd` holds a video of so many bytes."""
    return described(
        'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" '
        'GCamera:MotionPhotoVersion="1" GCamera:MotionPhotoPresentationTimestampUs="500000" '
        'GCamera:BurstID="42" dc:source="a lake" '
        'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
        '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/heic" '
        'Item:Semantic="Primary" Item:Length="0" Item:Padding="8"/></rdf:li><rdf:li rdf:parseType="Resource">'
        '<Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" '
        f'Item:Length="{length}" Item:Padding="0"/></rdf:li></rdf:Seq></Container:Directory>',
    )


MOTION_XMP = motion_xmp()


def motion_photo(picture: Samples) -> bytes:
    """A motion photo as Samsung and Google write it: the video in a box of its own, told of in the XMP."""
    return heif(picture, xmp=MOTION_XMP) + MPVD


VIVO = b'vivo{"a":1}\0\0\0\x0bcameraalbum!'
SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1688800211000SEFHk\0\0\0\1\0\0\0" + bytes(12) + b"\x24\0\0\0SEFT"


def long_exif(
    order: str, note: bytes, thumbnail: int, *, is_last: bool, comment: tuple[int, int, bytes] | None = None
) -> bytes:
    """A block with date, place and camera, a MakerNote, and a thumbnail of so many bytes.

    The MakerNote stands last but for the thumbnail, or before everything but IFD0's values. `comment` is a tag of IFD0
    or the EXIF directory, with its type and value.
    """

    def laid(at: dict[str, int]) -> dict[str, bytes]:
        main, details, place, second = (Directory(order) for _ in range(4))
        main.add(0x010F, ASCII, "ACME")
        main.add(0x0110, ASCII, "Phone 9")
        main.refer(0x8769, LONG, 1, at["details"])
        main.refer(0x8825, LONG, 1, at["place"])
        details.add(0x9003, ASCII, "2023:07:08 09:10:11")
        if comment:
            (details if comment[0] > 0x9000 else main).add(*comment)
        if note:
            details.refer(0x927C, UNDEFINED, len(note), at["note"])
        place.add(1, ASCII, "N")
        place.add(2, RATIONAL, [48, 1, 8, 1, 3000, 100])
        second.add(0x0103, SHORT, 6)
        second.refer(0x0201, LONG, 1, at["thumbnail"])
        second.add(0x0202, LONG, thumbnail)
        following = at["second"] if thumbnail else 0
        parts = {
            "main": main.packed(at["main"], following),
            "note": note,
            "details": details.packed(at["details"]),
            "place": place.packed(at["place"]),
            "second": second.packed(at["second"]) if thumbnail else b"",
            "thumbnail": bytes(thumbnail),
        }
        names = ["main", "details", "place", "second", "note", "thumbnail"] if is_last else list(parts)
        return {name: parts[name] + bytes(len(parts[name]) % 2) for name in names}

    at = dict.fromkeys(("main", "details", "place", "second", "note", "thumbnail"), 8)
    lengths = {name: len(data) for name, data in laid(at).items()}
    at = dict(zip(lengths, accumulate(lengths.values(), initial=8), strict=False))
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", 8) + b"".join(laid(at).values())
