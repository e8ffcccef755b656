"""A newly coded picture between the segments and the trailer of the file that it came from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gpend.core.formats import exif, signatures
from gpend.core.formats.exif import makernote
from gpend.core.formats.exif.block import UnreadableError
from gpend.core.formats.exif.makernote import Pointer
from gpend.core.formats.jpeg import mpf
from gpend.core.formats.jpeg.segments import (
    APP0,
    APP1,
    APP2,
    APP11,
    CODING,
    COM,
    LONGEST,
    SOS,
    Layout,
    Segment,
    packed,
    survey,
)

_EXIF = b"Exif\0\0"
LONGEST_EXIF = LONGEST - len(_EXIF)
"""The largest TIFF block that fits into an EXIF segment, in bytes."""


OTHER_VIEWS = "it holds further pictures of the same scene, as for 3D, which still show the faces as they were"
_LOST = "its MakerNote may tell the place of a preview behind the picture, in a way that gpend does not know"
_PICTURE = re.compile(signatures.JPEG)
_RECIPE = re.compile(b"CANON OPTIONAL DATA\0")
"""How what Canon's program adds behind a photo begins, and ends; the MakerNote tells where (VRDOffset)."""

_MOST_PICTURES = 256


@dataclass(frozen=True)
class Spliced:
    """A whole file."""

    photo: bytes
    notes: tuple[str, ...]  # what a person should know
    has_preview: bool = False  # behind the picture, as the camera made it; MPF or a MakerNote tells of it


def exif_segments(photo: bytes, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The segments that hold EXIF; more than one where a block is larger than a segment can be."""
    return tuple(s for s in segments if s.marker == APP1 and photo[s.payload].startswith(_EXIF))


def tiff_of(photo: bytes, segment: Segment) -> bytes:
    """The TIFF block in an EXIF segment."""
    return photo[segment.payload][len(_EXIF) :]


def signed(photo: bytes, layout: Layout) -> bool:
    """Does a C2PA manifest (in JUMBF boxes, APP11) sign the picture?"""
    return any(s.marker == APP11 and b"c2pa" in photo[s.payload] for s in layout.segments)


@dataclass(frozen=True)
class Added:
    """What a file gets beside its new picture and its EXIF."""

    comment: bytes = b""  # unless the file holds it already
    payloads: Mapping[Segment, bytes] = field(default_factory=dict)  # in place of what these segments hold


def splice(
    photo: bytes, layout: Layout, coded: bytes, tiff: bytes | None = None, added: Added | None = None
) -> Spliced:
    """The picture of `coded` with every segment of `photo` that does not code the picture, in order, and its trailer.

    `tiff` takes the place of the TIFF block in the EXIF segment; without one, a segment is added. Where MPF or a
    MakerNote tells what stands behind the picture, it follows; everything else is carried over byte for byte.
    Behind a MakerNote of an unknown maker, fill bytes keep the length of what precedes the trailer, if that is shorter.
    """
    added = added or Added()
    kept = list(_kept(photo, layout, added.payloads))
    if tiff is not None:
        kept = _with_exif(photo, kept, tiff)
    if added.comment:
        kept = _with_comment(photo, kept, added.comment)
    picture = _picture(coded)
    end = 2 + sum(len(piece.data) for piece in kept) + len(picture)
    pointers = _pointers(photo, layout)
    if pointers is None and end < layout.end:
        picture = picture[:-2] + b"\xff" * (layout.end - end) + picture[-2:]
        end = layout.end
    trailer = _Trailer(photo, layout, end, pointers)
    place = 2
    for piece in kept:
        if piece.segment is not None:
            piece.data = trailer.followed(piece.segment, piece.data, place)
        place += len(piece.data)
    whole = b"".join((b"\xff\xd8", *(piece.data for piece in kept), picture, photo[layout.end :]))
    return Spliced(whole, tuple(trailer.notes), trailer.has_preview)


@dataclass
class _Piece:
    """A segment that is carried over, or None for a new one, and its bytes with the fill bytes before it."""

    segment: Segment | None
    data: bytes


def _kept(photo: bytes, layout: Layout, payloads: Mapping[Segment, bytes]) -> Iterator[_Piece]:
    """What does not code the picture, also bytes that no segment holds."""
    in_picture = False
    for segment in layout.segments:
        in_picture = in_picture or segment.marker == SOS
        if segment in payloads:
            new = packed(segment.marker, payloads[segment])
            yield _Piece(segment, photo[segment.lead : segment.start] + new)
        elif segment.marker not in CODING:
            yield _Piece(segment, photo[segment.lead : segment.end])
        elif photo[segment.lead : segment.start].strip(b"\xff") and not in_picture:
            yield _Piece(None, photo[segment.lead : segment.start])


def _with_comment(photo: bytes, kept: list[_Piece], comment: bytes) -> list[_Piece]:
    """Behind JFIF and EXIF, which readers look for at the front."""
    new, front = packed(COM, comment), 0
    for number, piece in enumerate(kept):
        if piece.data.endswith(new):
            return kept
        if piece.segment is None or piece.segment.marker == APP0 or exif_segments(photo, (piece.segment,)):
            front = number + 1 if front == number else front
    return [*kept[:front], _Piece(None, new), *kept[front:]]


def _with_exif(photo: bytes, kept: list[_Piece], tiff: bytes) -> list[_Piece]:
    new = packed(APP1, _EXIF + tiff)
    for number, piece in enumerate(kept):
        if piece.segment is not None and exif_segments(photo, (piece.segment,)):
            fill = photo[piece.segment.lead : piece.segment.start]
            return [*kept[:number], _Piece(piece.segment, fill + new), *kept[number + 1 :]]
    others = (at for at, piece in enumerate(kept) if piece.segment is None or piece.segment.marker != APP0)
    front = next(others, len(kept))
    return [*kept[:front], _Piece(None, new), *kept[front:]]


def _picture(coded: bytes) -> bytes:
    segments = survey(coded).segments
    return b"".join(coded[s.start : s.scan_end] for s in segments if s.marker in CODING) + b"\xff\xd9"


@dataclass
class _Trailer:
    """What stands behind a picture that now ends elsewhere."""

    photo: bytes
    layout: Layout
    end: int  # of the new picture
    pointers: tuple[Pointer, ...] | None  # of the MakerNote; None: nobody knows what it tells
    notes: list[str] = field(default_factory=list)
    has_preview: bool = False

    def followed(self, segment: Segment, data: bytes, place: int) -> bytes:
        """The segment's new `data`, to stand at `place`, with what it tells of the trailer brought up to date."""
        move = mpf.Move(self.layout.end, self.end - self.layout.end, place - segment.lead)
        if _is_mpf(self.photo, segment):
            return self._indexed(segment, data, move)
        if exif_segments(self.photo, (segment,)):
            head = segment.payload.start - segment.lead + len(_EXIF)
            return data[:head] + self._pointing(data[head:], self.layout.end - segment.lead - head, move)
        return data

    def _pointing(self, tiff: bytes, distance: int, move: mpf.Move) -> bytes:
        """The block with what it tells of the trailer, `distance` bytes from its start, brought up to date."""
        by = move.trailer - move.index
        if self.pointers:
            self.has_preview = self.has_preview or any(each.is_picture for each in self.pointers)
            return makernote.moved(tiff, self.pointers, by)
        if any(_is_mpf(self.photo, segment) for segment in self.layout.segments):
            return tiff
        begins = self.photo.startswith(b"\xff\xd8", self.layout.end)
        result = exif.with_preview(tiff, distance, distance + by) if begins else tiff
        self.has_preview = self.has_preview or result != tiff
        if self.pointers is None and by and result == tiff and _PICTURE.search(self.photo, self.layout.end):
            self.notes.append(_LOST)
        return result

    def _indexed(self, segment: Segment, data: bytes, move: mpf.Move) -> bytes:
        try:
            payload = mpf.moved(self.photo[segment.payload], segment.payload.start, move)
        except UnreadableError:
            self.notes.append("its index of further pictures (MPF) is malformed and was left as it was")
            return data
        self.has_preview = self.has_preview or mpf.names_previews(payload)
        if mpf.names_views(payload):
            self.notes.append(OTHER_VIEWS)
        return self.photo[segment.lead : segment.payload.start] + payload


def _pointers(photo: bytes, layout: Layout) -> tuple[Pointer, ...] | None:
    """Where the MakerNote tells of what lies behind the picture; None where its maker's layout is not known."""
    segments = exif_segments(photo, layout.segments)
    if len(segments) != 1 or layout.end == len(photo):
        return ()
    start = segments[0].payload.start + len(_EXIF)
    pictures, recipes = (
        frozenset(one.start() - start for one in islice(mark.finditer(photo, layout.end), _MOST_PICTURES))
        for mark in (_PICTURE, _RECIPE)
    )
    return makernote.pointers(
        tiff_of(photo, segments[0]), makernote.Behind(layout.end - start, len(photo) - start, pictures, recipes)
    )


def _is_mpf(photo: bytes, segment: Segment) -> bool:
    return segment.marker == APP2 and photo[segment.payload].startswith(mpf.MAGIC)
