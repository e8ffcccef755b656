"""A JPEG file, parsed once: whoever works on it passes this along."""

from dataclasses import dataclass, field
from functools import cached_property

from gpend.core.formats.jpeg import frame
from gpend.core.formats.jpeg.frame import PROGRESSIVE, Colour, Frame
from gpend.core.formats.jpeg.header import Header, header_of
from gpend.core.formats.jpeg.segments import APP0, APP14, CODING, FRAMES, SOS, Layout, packed, survey
from gpend.core.formats.reader import ENDS_EARLY, UNMARKED, UnmarkedError
from gpend.errors import IncompleteError

_JFIF = packed(APP0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
COLOUR_MARKS = {Colour.GREY: _JFIF, Colour.YCC: _JFIF, Colour.RGB: packed(APP14, b"Adobe\0\x64\0\0\0\0\0")}
"""What tells a decoder that knows nothing else of a picture what its components are."""

EOI_BYTES = b"\xff\xd9"

_ALL_OF_A_BLOCK = b"\x00\x3f\x00"
"""The end of every scan header but progressive ones: coefficients 0 to 63, in one go (T.81, table B.3)."""

SCAN_HEADER = (
    "the header of its scan is wrong for its kind of JPEG, as some cameras write it; in the new file it is right"
)
STRAY_BYTES = "it holds bytes between its segments that belong to none, which every reader skips"
JFIF_VERSION = "it names a version of JFIF that nobody knows, which does not matter"
ADOBE_TRANSFORM = "it names a colour transform that nobody knows; like other readers, gpend takes it for YCbCr"


@dataclass(eq=False)
class Jpeg:
    """A JPEG file and what was read of it; `coding` may be mended, all else stays."""

    photo: bytes
    layout: Layout
    frame: Frame
    notes: list[str] = field(default_factory=list)  # harmless damage, for a person
    is_unmarked: bool = False  # it ended without EOI: any damage is the end of its data

    @cached_property
    def header(self) -> Header:
        """What the file says of itself."""
        return header_of(self.photo, self.layout.segments, self.frame)

    @cached_property
    def coding(self) -> bytes:
        """The picture alone: what codes it, after a segment of our own that says what its components stand for."""
        return coding(self.photo, self.layout, self.frame.colour)


def parse(photo: "bytes | Jpeg") -> Jpeg:
    """The file with its segments and its frame; as it is where it was parsed already.

    One that lacks nothing but EOI gets that; whether its data are all there, those who decode it tell. Raises
    IncompleteError where the file ends early, PhotoError where its headers are corrupt.
    """
    if isinstance(photo, Jpeg):
        return photo
    try:
        layout = survey(photo)
    except UnmarkedError:
        return _marked(photo)
    return Jpeg(photo, layout, frame.read(photo, layout.segments), list(_damage(photo, layout)))


def _marked(photo: bytes) -> Jpeg:
    """A file that ends in a scan, with EOI behind it. Raises IncompleteError where further scans would have come."""
    whole = photo.removesuffix(EOI_BYTES[:1]) + EOI_BYTES
    layout = survey(whole)
    read = frame.read(whole, layout.segments)
    if not read.is_whole:
        raise IncompleteError(ENDS_EARLY)
    return Jpeg(whole, layout, read, [UNMARKED, *_damage(whole, layout)], is_unmarked=True)


def coding(photo: bytes, layout: Layout, colour: Colour) -> bytes:
    """Every segment that codes the picture, copied once; scan headers of a sequential picture are put right."""
    return b"".join(coding_parts(photo, layout, colour))


def coding_parts(photo: bytes, layout: Layout, colour: Colour) -> list[bytes | memoryview]:
    """The same in parts: what is large is not copied."""
    view, sequential = memoryview(photo), _is_sequential(layout)
    parts: list[bytes | memoryview] = [b"\xff\xd8", COLOUR_MARKS[colour]]
    for segment in layout.segments:
        if segment.marker == SOS and sequential:
            parts += [view[segment.start : segment.end - 3], _ALL_OF_A_BLOCK, view[segment.end : segment.scan_end]]
        elif segment.marker in CODING:
            parts.append(view[segment.start : segment.scan_end])
    return [*parts, EOI_BYTES]


def _is_sequential(layout: Layout) -> bool:
    return not any(segment.marker == PROGRESSIVE for segment in layout.segments if segment.marker in FRAMES)


def _damage(photo: bytes, layout: Layout) -> list[str]:
    """What libjpeg would warn of in the headers, and yet decode whole; see `damage` for the rest."""
    scans = [photo[segment.payload] for segment in layout.segments if segment.marker == SOS]
    strays = (photo[segment.lead : segment.start] for segment in layout.segments)
    jfif = (photo[segment.payload] for segment in layout.segments if segment.marker == APP0)
    adobe = (photo[segment.payload] for segment in layout.segments if segment.marker == APP14)
    told = {
        SCAN_HEADER: _is_sequential(layout) and any(scan[-3:] != _ALL_OF_A_BLOCK for scan in scans),
        STRAY_BYTES: any(stray.strip(b"\xff") for stray in strays),
        JFIF_VERSION: any(one.startswith(b"JFIF\0") and one[5:6] not in {b"\1", b"\2"} for one in jfif),
        ADOBE_TRANSFORM: any(one.startswith(b"Adobe") and one[11:12] > b"\2" for one in adobe),
    }
    return [note for note, true in told.items() if true]
