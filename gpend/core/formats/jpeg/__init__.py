"""Keeping a JPEG whole: what changed is replaced block by block, all the rest stays as it is, bit for bit.

patching ─ picture ─┬ blocks, turbo      the changed blocks, put in without touching the others
         │          ├ finer              steps in which hard compressed luma keeps what was restored
         │          └ reencode           without libturbojpeg
         ├ thumbnail ─ difference        the small picture in the EXIF
         ├ exif ─ tiff                   tags, by appending
         └ splice ─ mpf                  the file around the picture
parsed ─ header, frame ─ segments        reading, once
damage                                   what harms no reader
"""

from gpend.core.formats.jpeg.header import Header, read_header
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.patching import Patched, patch
from gpend.core.formats.jpeg.picture import decode
from gpend.core.formats.jpeg.turbo import load as _load

__all__ = [
    "Header",
    "Jpeg",
    "Patched",
    "decode",
    "lossless_library",
    "parse",
    "patch",
    "read_header",
]


def lossless_library() -> str | None:
    """The library that lets `patch` keep untouched blocks bit for bit, such as "libturbojpeg 2"; None if not found.

    Without it a patched photo is coded again as a whole, and says so in its notes.
    """
    library = _load()
    return None if library is None else library.name
