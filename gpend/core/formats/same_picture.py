"""A photo whose metadata were edited after it was restored: known by its picture, and given the finished picture.

Nothing is decoded. JPEG alone tells so; for other formats nothing is known, and the photo is processed anew.
"""

import hashlib
import re

from gpend.core.formats import exif, history
from gpend.core.formats.jpeg.frame import Colour
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.patching import comment_of, edited_exif
from gpend.core.formats.jpeg.splice import Added, exif_segments, splice, tiff_of
from gpend.core.formats.signatures import HEAD, Structure, structure_of
from gpend.errors import PhotoError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def digest(photo: bytes) -> str:
    """SHA-256, hexadecimal, of what codes the picture and turns it: as long as other metadata change, the same.

    "" where that is unknown, as for inks (CMYK), which gpend leaves alone.
    """
    if structure_of(photo[:HEAD]) is not Structure.JPEG:
        return ""
    try:
        jpeg = parse(photo)
        return "" if jpeg.frame.colour is Colour.INK else _digest(jpeg)
    except PhotoError:
        return ""


def _digest(jpeg: Jpeg) -> str:
    """Which way up the picture is belongs to it: faces may be found in it that were not found on their side."""
    return hashlib.sha256(bytes([jpeg.header.orientation]) + jpeg.coding).hexdigest()


def carried_over(photo: bytes, restored: bytes) -> bytes | None:
    """`photo`, whose metadata were edited, with the picture of `restored`; None where that cannot be done."""
    if {structure_of(photo[:HEAD]), structure_of(restored[:HEAD])} != {Structure.JPEG}:
        return None
    try:
        return _transplant(photo, restored)
    except PhotoError:
        return None


def _transplant(photo: bytes, restored: bytes) -> bytes | None:
    """`photo` with the picture of `restored`, which was made from the same picture under other metadata.

    Nothing is decoded. The restoration is told of as in `restored`, and its EXIF thumbnail follows if both have one.
    None: that cannot be done. Raises PhotoError.
    """
    jpeg, finished = parse(photo), parse(restored)
    if Colour.INK in (jpeg.frame.colour, finished.frame.colour):
        return None
    told = _SHA256.sub(hashlib.sha256(photo).hexdigest(), history.last(restored))

    def refreshed(tiff: bytes) -> tuple[bytes, list[str]]:
        thumbnail = _thumbnail(restored)
        return (exif.with_thumbnail(tiff, thumbnail) if thumbnail and exif.thumbnail(tiff) else tiff), []

    try:
        tiff, _ = edited_exif(jpeg, refreshed, told)
        comment = comment_of(told, tiff if tiff is not None else jpeg.header.exif)
        result = splice(photo, jpeg.layout, restored, tiff, Added(comment)).photo
    except exif.ThumbnailError:
        return None
    return result if parse(result).coding == finished.coding else None


def _thumbnail(photo: bytes) -> bytes:
    segments = exif_segments(photo, parse(photo).layout.segments)
    try:
        return exif.thumbnail(tiff_of(photo, segments[0])) if segments else b""
    except exif.UnreadableError:
        return b""
