"""What an XMP packet claims of the other parts of its file, made true of a file that has other parts.

A motion photo's packet tells where its video lies, one with a gain map or depth that they are there (Motion Photo
format 1.0; Ultra HDR image format 1.1; Dynamic Depth 1.0). In another container these claims would have readers take
the end of the picture for a video. All that makes no such claim stays byte for byte.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from gpend.core.formats import regions
from gpend.core.formats.packet import RDF, TIFF, Change, MalformedError, Name, Property, changed, properties
from gpend.core.formats.turn import Turn

CAMERA = "http://ns.google.com/photos/1.0/camera/"
CONTAINER = "http://ns.google.com/photos/1.0/container/"
ITEM = "http://ns.google.com/photos/1.0/container/item/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

NOTE = "http://ns.adobe.com/xmp/note/"

OTHER_PARTS = (
    CONTAINER,
    NOTE,  # more of the packet, in segments of a JPEG
    "http://ns.google.com/photos/dd/1.0/",  # Dynamic Depth
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/depthData/1.0/",
    "http://ns.apple.com/matte/1.0/",
    "http://ns.apple.com/portraiteffectsmatte/1.0/",
    "http://ns.apple.com/semanticSegmentationMatte/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
    "http://ns.xiaomi.com/photos/1.0/camera/",  # pictures behind the picture, as the one without a watermark
    "http://ns.oplus.com/photos/1.0/camera/",  # the length of a video
)
"""How the names of the vocabularies begin that speak of nothing but other parts of the file."""

EMBEDDED = ("http://ns.google.com/photos/1.0/depthmap/", "http://ns.google.com/photos/1.0/image/")
"""Vocabularies whose data stand in the packet itself, as the property Data; without it they speak of other parts."""

MOTION = ("MotionPhoto", "MicroVideo")  # how the names of the camera vocabulary begin that speak of a video
TIMESTAMPS = ("MotionPhotoPresentationTimestampUs", "MicroVideoPresentationTimestampUs")
UNTOLD = "-1"  # which moment of the video the picture shows

_SMALL_SIDES = [re.compile(rb"G[Ii]mg:%s\W{1,3}(\d{1,4})\b" % side) for side in (b"width", b"height")]
"""Of the small pictures that Adobe's programs keep in XMP (xmp:Thumbnails), as JPEG in base64."""

_NUMBER = re.compile(rb"-?\d{1,18}")
_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_MOTION_PHOTO = """<rdf:Description xmlns:rdf="{rdf}" rdf:about="" xmlns:GCamera="{camera}"\
 xmlns:Container="{container}" xmlns:Item="{item}" GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"\
 GCamera:MotionPhotoPresentationTimestampUs="{timestamp}"><Container:Directory><rdf:Seq>\
<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{mime}" Item:Semantic="Primary" Item:Length="0"\
 Item:Padding="0"/></rdf:li>\
<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{video.mime}" Item:Semantic="MotionPhoto"\
 Item:Length="{video.length}" Item:Padding="0"/></rdf:li>\
</rdf:Seq></Container:Directory></rdf:Description>"""


_LONGER = """<rdf:Description xmlns:rdf="{rdf}" rdf:about="" xmlns:xmpNote="{note}" xmpNote:HasExtendedXMP="{name}"/>"""


class Video(NamedTuple):
    """A video at the end of the file."""

    mime: str
    length: int  # bytes


def converted(packet: bytes, mime: str, video: Video | None = None, turn: Turn | None = None) -> bytes:
    """The packet as it is true of an upright picture of type `mime`, with a `video` behind it or no further part.

    `turn` tells how the picture was turned, if it was: where faces are said to be follows.

    `packet` may be empty. Raises MalformedError for what is no XMP.
    """
    found = properties(packet) if packet else []
    claims = _claims(found)
    told = _motion_photo(mime, video, claims) if video else b""
    if not packet:
        return _PACKET % told if told else b""
    ends = [each.end for each in found if each.name == Name(RDF, "RDF")]
    if not ends:
        raise MalformedError("it describes nothing")
    changes = [Change(each.start, each.end, b"") for each in _outermost(claims)]
    changes += [Change(each.at, each.at + len(each.value), new) for each in found for new in _outdated(each, mime)]
    changes += regions.turned(found, turn) if turn else ()
    place = packet.rindex(b"<", 0, ends[0])  # of the tag that ends it
    return changed(packet, [*changes, Change(place, place, told)])


class Extended(NamedTuple):
    """A packet that is too long for one segment of a JPEG (XMP specification, part 3, 1.1.3.1)."""

    standard: bytes  # the packet that readers begin with; it tells where the video is, and names the other
    name: bytes  # of the other, in every segment that holds a part of it
    whole: bytes  # all properties, in as many segments as it takes


def extended(packet: bytes, mime: str, video: Video | None = None, turn: Turn | None = None) -> Extended:
    """The packet of a picture as `converted` has it, in two. Raises MalformedError for what is no XMP."""
    plain = converted(packet, mime, turn=turn)
    root = min(properties(plain), key=lambda each: (each.start, -each.end))
    whole = plain[root.start : root.end]
    name = hashlib.md5(whole, usedforsecurity=False).hexdigest().upper()
    told = _LONGER.format(rdf=RDF, note=NOTE, name=name).encode() + (
        _motion_photo(mime, video, _claims(properties(packet))) if video else b""
    )
    return Extended(_PACKET % told, name.encode(), whole)


def small_sides(packet: bytes) -> tuple[int, int]:
    """Width and height of the small picture of the photo in a packet; zeros where it holds none."""
    width, height = (int(found[1]) if found else 0 for found in (each.search(packet) for each in _SMALL_SIDES))
    return (width, height) if width and height else (0, 0)


def claims_other_parts(packet: bytes) -> bool:
    """Could a packet that cannot be followed make such claims?"""
    return any(name.encode() in packet for name in (CAMERA, *OTHER_PARTS, *EMBEDDED))


def _claims(found: list[Property]) -> list[Property]:
    names = {each.name for each in found}
    return [each for each in found if _is_claim(each.name, names)]


def _is_claim(name: Name, others: set[Name]) -> bool:
    if name.vocabulary == CAMERA:
        return name.local.startswith(MOTION)
    if name.vocabulary in EMBEDDED:
        return Name(name.vocabulary, "Data") not in others
    return name.vocabulary.startswith(OTHER_PARTS)


def _outdated(each: Property, mime: str) -> Iterator[bytes]:
    """The new value of what tells the picture's type, or how it is to be turned: it stands upright now."""
    if each.name == Name(DUBLIN_CORE, "format") and each.value.startswith(b"image/"):
        yield mime.encode()
    if each.name == Name(TIFF, "Orientation") and each.value.isdigit():
        yield b"1"


def _outermost(claims: list[Property]) -> Iterator[Property]:
    reached = 0
    for each in sorted(claims, key=lambda each: (each.start, -each.end)):
        if each.start >= reached:
            yield each
            reached = each.end


def _motion_photo(mime: str, video: Video, claims: list[Property]) -> bytes:
    told = [each.value for each in claims if each.name.local in TIMESTAMPS and _NUMBER.fullmatch(each.value)]
    timestamp = told[0].decode() if told else UNTOLD
    return _MOTION_PHOTO.format(
        rdf=RDF, camera=CAMERA, container=CONTAINER, item=ITEM, timestamp=timestamp, mime=mime, video=video
    ).encode()
