"""What goes along when a HEIF becomes a JPEG: EXIF, XMP, a motion photo's video; and what stays in the original."""

from dataclasses import dataclass
from io import BytesIO

from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile

from gpend.core.formats import exif, isobmff, tags, xmp
from gpend.core.formats.exif import UnreadableError, fitting
from gpend.core.formats.jpeg.segments import APP0, APP1, COM, LONGEST, packed, walk
from gpend.core.formats.packet import MalformedError
from gpend.core.formats.reader import InMemory
from gpend.core.formats.turn import Turn
from gpend.core.formats.xmp import Video
from gpend.errors import PhotoError

MIME = "image/jpeg"
EXIF = b"Exif\0\0"  # with which EXIF begins in a JPEG
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"  # how the segments begin that a long packet goes on in
EXTENSION_PART = 65_400  # bytes of it in a segment, as the specification advises
LONGEST_XMP = LONGEST - len(XMP)
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What turns a picture upright, by EXIF's orientation; Pillow counts anticlockwise."""
THUMBNAIL_QUALITY = 90  # of Pillow's scale: phones write theirs between 70 and 90
RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"  # what every XMP packet speaks of
QUICKTIME = b"qt  "  # the brand of Apple's videos
ORDINARY = frozenset({b"ftyp", b"free", b"mdat", b"meta", b"mpvd", b"skip"})
"""Boxes that a JPEG needs nothing of, or has."""


@dataclass(frozen=True)
class Carried:
    """Segments for the JPEG, and notes of what they do not hold."""

    segments: tuple[bytes, ...] = ()
    notes: tuple[str, ...] = ()


def lost(thing: str) -> str:
    """The note on what only the original has."""
    return f"{thing}: only the original has it"


def exif_of(block: bytes, history: str, change: tags.Change, turn: Turn) -> Carried:
    """The EXIF of a picture that was turned upright, with `history`; in several segments where it is long."""
    bare = block.removeprefix(EXIF)
    if not bare:
        return Carried((packed(APP1, EXIF + exif.minimal(history)),) if history else ())
    new, notes = _upright(bare, turn)
    return _fitted(new, notes, history, change)


def exif_again(block: bytes, history: str, turn: Turn, finished: tags.Finished) -> Carried:
    """The same for a picture that was written before, under other metadata. Nothing is decoded.

    Raises PhotoError where its thumbnail would have to be.
    """
    bare = block.removeprefix(EXIF)
    if not bare:
        return Carried((packed(APP1, EXIF + exif.minimal(history)),) if history else ())
    if turn.orientation in TURNS and exif.thumbnail(bare) and not finished.thumbnail:
        raise PhotoError("its thumbnail would have to be turned")
    return _fitted(exif.upright(bare, turn.width, turn.height, turn.orientation), (), history, finished)


def _fitted(new: bytes, notes: tuple[str, ...], history: str, renewal: tags.Renewal) -> Carried:
    """The segments of an upright block, with its thumbnail renewed."""
    try:
        new, more = tags.refreshed(new, renewal)
        notes = tuple(dict.fromkeys((*notes, *more)))
        fitted = fitting.fitted(new, history)
    except UnreadableError:
        fitted = fitting.Fitted(fitting.pieces(new), is_recorded=not history)
    segments = [packed(APP1, EXIF + piece) for piece in fitted.pieces]
    told = [] if fitted.is_recorded else [packed(COM, f"{history} ({exif.SOFTWARE})".encode())]
    return Carried((*segments, *told), (*notes, *fitted.notes))


def _upright(tiff: bytes, turn: Turn) -> tuple[bytes, tuple[str, ...]]:
    """The block of a picture that was turned, its thumbnail turned with it unless that is upright; and notes."""
    new = exif.upright(tiff, turn.width, turn.height, turn.orientation)
    try:
        old = exif.thumbnail(new) if turn.orientation in TURNS else b""
        return (exif.with_thumbnail(new, _turned(old, turn)) if old else new), ()
    except (UnreadableError, OSError, ValueError):
        return new, tags.STALE


def _turned(thumbnail: bytes, turn: Turn) -> bytes:
    """The thumbnail as the picture was turned; as it is where its sides show that it was turned before."""
    stream = BytesIO()
    with JpegImageFile(BytesIO(thumbnail)) as image:
        (across, down), (wide, tall) = image.size, turn.stored
        if turn.is_sideways and across != down and wide != tall and (across > down) != (wide > tall):
            return thumbnail
        image.transpose(TURNS[turn.orientation]).save(stream, "JPEG", quality=THUMBNAIL_QUALITY)
    return stream.getvalue()


def metadata(photo: bytes, meta: isobmff.Box) -> tuple[bytes, bytes]:
    """A HEIF's EXIF block and its XMP packet, b"" where it has none; read without a decoder.

    Raises PhotoError where one of them lies in a place that is not followed.
    """
    if not all(isobmff.are_all_here(photo, meta, kind) for kind in (b"Exif", b"mime")):
        raise PhotoError("its metadata lie in an unusual place")
    blocks, texts = (isobmff.texts(photo, meta, kind) for kind in (b"Exif", b"mime"))
    block = next(iter(blocks), b"")
    packet = next((each for each in texts if RDF in each), b"")
    return block[4 + int.from_bytes(block[:4], "big") :], packet


def has_more_metadata(photo: bytes, meta: isobmff.Box, packet: bytes) -> bool:
    """Has the picture more than one EXIF and the XMP `packet`, which may be empty?"""
    blocks, texts, others = (isobmff.texts(photo, meta, kind) for kind in (b"Exif", b"mime", b"uri "))
    return len(blocks) > 1 or len(texts) > bool(packet) or bool(others)


def xmp_of(packet: bytes, video: bytes, turn: Turn) -> Carried:
    """The XMP, true of an upright JPEG with `video`, if not empty, at its end: other parts of the file, and places."""
    behind = Video("video/quicktime" if video[8:12] == QUICKTIME else "video/mp4", len(video)) if video else None
    try:
        new = xmp.converted(packet, MIME, behind, turn)
        if len(new) > LONGEST_XMP:
            return _in_segments(xmp.extended(packet, MIME, behind, turn))
    except MalformedError:
        if behind or len(packet) > LONGEST_XMP or xmp.claims_other_parts(packet):
            new = xmp.converted(b"", MIME, behind)
            return Carried((packed(APP1, XMP + new),) if new else (), (lost("its XMP, which is malformed"),))
        new = packet
    return Carried((packed(APP1, XMP + new),) if new else ())


def _in_segments(packet: xmp.Extended) -> Carried:
    length = len(packet.whole).to_bytes(4, "big")
    parts = [
        EXTENSION + packet.name + length + at.to_bytes(4, "big") + packet.whole[at : at + EXTENSION_PART]
        for at in range(0, len(packet.whole), EXTENSION_PART)
    ]
    return Carried(tuple(packed(APP1, part) for part in (XMP + packet.standard, *parts)))


def video_of(photo: bytes, layout: isobmff.Layout) -> bytes:
    """A motion photo's video, without what its maker put behind it; empty where there is none."""
    film = isobmff.film(photo, layout)
    return photo[film.start : film.stop] if film else b""


def left_behind(photo: bytes, layout: isobmff.Layout, video: bytes) -> tuple[str, ...]:
    """Notes of what stands behind the picture or beside it and does not go along."""
    kinds = dict.fromkeys(box.kind for box in layout.boxes if box.kind not in ORDINARY)
    film = isobmff.film(photo, layout)
    if film and film.stop < film.end:  # what Samsung tells there is where the video is in the HEIC
        kinds[photo[film.stop + 4 : film.stop + 8]] = None
    notes = [lost(f"its box {kind.decode('ascii', 'replace')}") for kind in kinds]
    if not video and any(box.kind == b"mpvd" for box in layout.boxes):
        notes.append(lost("its video"))
    behind = len(photo) - (layout.end if video else layout.boxes[-1].end)
    if behind and any(photo[-behind:]):
        notes.append(lost(f"what stands behind its picture ({behind:,} bytes)"))
    return tuple(notes)


def with_front(jpeg: bytes, segments: tuple[bytes, ...]) -> bytes:
    """A JPEG with more segments, behind those of JFIF."""
    front = next(segment.lead for segment in walk(InMemory(jpeg)) if segment.marker != APP0)
    return b"".join((jpeg[:front], *segments, jpeg[front:]))


def is_tone_mapped(photo: bytes, layout: isobmff.Layout) -> bool:
    """Has it a gain map after ISO 21496-1, as an item of its own?"""
    meta = next((box for box in layout.boxes if box.kind == b"meta"), None)
    return meta is not None and b"tmap" in isobmff.kinds(photo, meta).values()
