"""How any photo came to be, by its EXIF, wherever its format keeps it."""

from collections.abc import Callable

from gpend.core.formats import isobmff
from gpend.core.formats.exif.block import UnreadableError
from gpend.core.formats.exif.capture import Capture, capture_of
from gpend.core.formats.jpeg import segments
from gpend.core.formats.png import chunks, profile
from gpend.core.formats.reader import InMemory
from gpend.core.formats.signatures import HEAD, Structure, structure_of
from gpend.core.formats.webp import riff
from gpend.errors import GpendError

_MOST = 64 << 10  # bytes of one text
_PREFIX = b"Exif\0\0"


def described(photo: bytes) -> Capture:
    """Camera, lens and capture date of a photo; empty where it does not tell, or cannot be followed. Never raises."""
    structure = structure_of(photo[:HEAD])
    try:
        block = _BLOCKS[structure](photo) if structure is not None else b""
    except (GpendError, UnreadableError, ValueError, IndexError, KeyError):
        return Capture()
    return capture_of(block.removeprefix(_PREFIX))


def remarks(photo: bytes) -> bytes:
    """The texts in which programs leave a word about a picture, and what stands around them: EXIF, and text in a PNG.

    To look for words in; b"" where there is nothing, or it cannot be followed. Never raises.
    """
    structure = structure_of(photo[:HEAD])
    try:
        found = _BLOCKS[structure](photo)[:_MOST] if structure not in (None, Structure.TIFF) else b""
        if structure is Structure.PNG:
            told = [
                photo[chunk.data][:_MOST]
                for chunk in chunks.walk_what_is_there(photo)
                if chunk.kind in (b"tEXt", b"iTXt")
            ]
            found = b"\n".join((found, *told))
    except (GpendError, UnreadableError, ValueError, IndexError, KeyError, StopIteration):
        return b""
    return found


def _in_jpeg(photo: bytes) -> bytes:
    for segment in segments.walk(InMemory(photo), until=segments.SOS):
        if segment.marker == segments.APP1 and photo[segment.payload].startswith(_PREFIX):
            return photo[segment.payload]
    return b""


def _in_png(photo: bytes) -> bytes:
    return next((held.block for held in profile.held(photo, chunks.walk_what_is_there(photo)).values()), b"")


def _in_webp(photo: bytes) -> bytes:
    return next((photo[chunk.data] for chunk in riff.walk(photo) if chunk.kind == b"EXIF"), b"")


def _in_boxes(photo: bytes) -> bytes:
    """The item begins with the length of what precedes the block (ISO/IEC 23008-12, annex A)."""
    meta = next((box for box in isobmff.survey(InMemory(photo)).boxes if box.kind == b"meta"), None)
    if meta is None:
        return b""  # a film
    item = next(iter(isobmff.texts(photo, meta, b"Exif")), b"")
    return item[4 + int.from_bytes(item[:4], "big") :]


_BLOCKS: dict[Structure, Callable[[bytes], bytes]] = {
    Structure.JPEG: _in_jpeg,
    Structure.PNG: _in_png,
    Structure.RIFF: _in_webp,
    Structure.TIFF: bytes,
    Structure.ISOBMFF: _in_boxes,
}
