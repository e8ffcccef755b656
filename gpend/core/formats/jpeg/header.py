"""What a JPEG says of itself before its picture begins, read without decoding."""

from dataclasses import dataclass

from gpend.core.formats import exif
from gpend.core.formats.jpeg import frame
from gpend.core.formats.jpeg.segments import SOS, survey, walk
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
    pictured = frame.read(photo, segments)
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


def refuse_unpatchable(photo: bytes) -> None:
    """Raise UnsupportedError, with the reason, for a kind of JPEG that `patch` refuses; raises as `read_header` too."""
    frame.refuse_unpatchable(frame.read(photo, walk(InMemory(photo), until=SOS)))


def require_end(photo: bytes) -> int:
    """Where the picture ends and any trailer begins. Raises IncompleteError where the file ends first."""
    return survey(photo).end
