"""What a JPEG says of itself before its picture begins, read without decoding."""

from dataclasses import dataclass

from gpend.core.formats import exif
from gpend.core.formats.jpeg import frame
from gpend.core.formats.jpeg.frame import Frame
from gpend.core.formats.jpeg.segments import SOS, Segment, walk
from gpend.core.formats.jpeg.splice import exif_segments, tiff_of
from gpend.core.formats.reader import InMemory


@dataclass(frozen=True)
class Header:
    """A JPEG's header."""

    width: int  # in pixels, as stored
    height: int
    components: int
    precision: int  # bits for a sample
    grey: bool
    progressive: bool
    orientation: int  # EXIF's, 1 to 8
    exif: bytes  # the TIFF block; empty where there is none


def read_header(photo: bytes) -> Header:
    """Read the segments before the first scan. Raises PhotoError, or IncompleteError where they are cut off."""
    segments = tuple(walk(InMemory(photo), until=SOS))
    return header_of(photo, segments, frame.read(photo, segments))


def header_of(photo: bytes, segments: tuple[Segment, ...], pictured: Frame) -> Header:
    """What the segments, as far as they are known, say of the file."""
    blocks = exif_segments(photo, segments)
    tiff = tiff_of(photo, blocks[0]) if blocks else b""
    return Header(
        pictured.width,
        pictured.height,
        len(pictured.components),
        pictured.precision,
        pictured.colour is frame.Colour.GREY,
        pictured.process == frame.PROGRESSIVE,
        exif.orientation(tiff),
        tiff,
    )
