"""A newly coded picture between the segments and the trailer of the file that it came from."""

from dataclasses import dataclass, field

from gpend.core.formats import exif
from gpend.core.formats.exif.block import UnreadableError
from gpend.core.formats.jpeg import mpf
from gpend.core.formats.jpeg.segments import APP0, APP1, APP2, APP11, CODING, LONGEST, Layout, Segment, packed, survey

_EXIF = b"Exif\0\0"
LONGEST_EXIF = LONGEST - len(_EXIF)
"""The largest TIFF block that fits into an EXIF segment, in bytes."""


@dataclass(frozen=True)
class Spliced:
    """A whole file."""

    photo: bytes
    notes: tuple[str, ...]  # what a person should know


def exif_segments(photo: bytes, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The segments that hold EXIF; more than one where a block is larger than a segment can be."""
    return tuple(s for s in segments if s.marker == APP1 and photo[s.payload].startswith(_EXIF))


def tiff_of(photo: bytes, segment: Segment) -> bytes:
    """The TIFF block in an EXIF segment."""
    return photo[segment.payload][len(_EXIF) :]


def signed(photo: bytes, layout: Layout) -> bool:
    """Does a C2PA manifest (in JUMBF boxes, APP11) sign the picture?"""
    return any(s.marker == APP11 and b"c2pa" in photo[s.payload] for s in layout.segments)


def splice(photo: bytes, layout: Layout, coded: bytes, tiff: bytes | None = None) -> Spliced:
    """The picture of `coded` with every segment of `photo` that does not code the picture, in order, and its trailer.

    `tiff` takes the place of the TIFF block in the EXIF segment; without one, a segment is added. Where MPF or a
    MakerNote tells what stands behind the picture, it follows; everything else is carried over byte for byte.
    """
    kept = [_Piece(s, photo[s.lead : s.end]) for s in layout.segments if s.marker not in CODING]
    if tiff is not None:
        kept = _with_exif(photo, kept, tiff)
    picture = _picture(coded)
    end = 2 + sum(len(piece.data) for piece in kept) + len(picture)
    trailer = _Trailer(photo, layout, end)
    place = 2
    for piece in kept:
        if piece.segment is not None:
            piece.data = trailer.followed(piece.segment, piece.data, place)
        place += len(piece.data)
    whole = b"".join((b"\xff\xd8", *(piece.data for piece in kept), picture, photo[layout.end :]))
    return Spliced(whole, tuple(trailer.notes))


@dataclass
class _Piece:
    """A segment that is carried over, or None for a new one, and its bytes with the fill bytes before it."""

    segment: Segment | None
    data: bytes


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
    notes: list[str] = field(default_factory=list)

    def followed(self, segment: Segment, data: bytes, place: int) -> bytes:
        """The segment's new `data`, to stand at `place`, with what it tells of the trailer brought up to date."""
        move = mpf.Move(self.layout.end, self.end - self.layout.end, place - segment.lead)
        if _is_mpf(self.photo, segment):
            return self._indexed(segment, data, move)
        if exif_segments(self.photo, (segment,)) and self._is_unlisted_picture():
            head = segment.payload.start - segment.lead + len(_EXIF)
            distance = self.layout.end - (segment.lead + head)
            return data[:head] + exif.with_preview(data[head:], distance, distance + move.trailer - move.index)
        return data

    def _is_unlisted_picture(self) -> bool:
        listed = any(_is_mpf(self.photo, segment) for segment in self.layout.segments)
        return not listed and self.photo.startswith(b"\xff\xd8", self.layout.end)

    def _indexed(self, segment: Segment, data: bytes, move: mpf.Move) -> bytes:
        try:
            payload = mpf.moved(self.photo[segment.payload], segment.payload.start, move)
        except UnreadableError:
            self.notes.append("its index of further pictures (MPF) is malformed and was left as it was")
            return data
        return self.photo[segment.lead : segment.payload.start] + payload


def _is_mpf(photo: bytes, segment: Segment) -> bool:
    return segment.marker == APP2 and photo[segment.payload].startswith(mpf.MAGIC)
