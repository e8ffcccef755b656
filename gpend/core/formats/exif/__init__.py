"""EXIF in every format: one reader of TIFF directories, edited by appending alone.

edit ─ block      what is read of a block and written into it
fitting ─ parts   a block that is too long for one segment of a JPEG
"""

from gpend.core.formats.exif.block import UnreadableError
from gpend.core.formats.exif.edit import (
    SOFTWARE,
    ThumbnailError,
    has_raw_thumbnail,
    minimal,
    orientation,
    thumbnail,
    upright,
    with_history,
    with_preview,
    with_thumbnail,
    with_words_behind,
)

__all__ = [
    "SOFTWARE",
    "ThumbnailError",
    "UnreadableError",
    "has_raw_thumbnail",
    "minimal",
    "orientation",
    "thumbnail",
    "upright",
    "with_history",
    "with_preview",
    "with_thumbnail",
    "with_words_behind",
]
