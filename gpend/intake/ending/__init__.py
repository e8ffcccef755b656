"""Does a file hold its picture to the end? Judged by its structure, from as few bytes as the format allows (pure).

Trailers after the picture (motion photos, MPF, Samsung's, padding) are allowed. Space that a writer has reserved but
not filled is told by holes in the file: no compressed picture has one inside.
"""

from collections.abc import Callable

from gpend.intake.ending.boxes import boxes_end
from gpend.intake.ending.jpeg import jpeg_end
from gpend.intake.ending.png import png_end
from gpend.intake.ending.reader import End, Ending, Reader
from gpend.intake.ending.tiff import tiff_end
from gpend.intake.ending.webp import webp_end

__all__ = ["Ending", "Reader", "ends"]

_LEAST = 16  # bytes
_MAGIC = {
    b"\xff\xd8": jpeg_end,
    b"\x89PNG\r\n\x1a\n": png_end,
    b"II*\0": tiff_end,
    b"MM\0*": tiff_end,
    b"II+\0": tiff_end,
    b"MM\0+": tiff_end,
}


def ends(reader: Reader) -> Ending:
    """Judge one file. Raises only what the reader raises."""
    head = reader.read(0, _LEAST)
    if len(head) < _LEAST or not any(head):
        return Ending.INCOMPLETE  # empty, reserved, or shorter than any picture
    end = _format_of(head)(reader)
    if isinstance(end, Ending):
        return Ending.INCOMPLETE if reader.first_hole < reader.size else end
    return Ending.COMPLETE if end <= reader.first_hole else Ending.INCOMPLETE


def _format_of(head: bytes) -> Callable[[Reader], End]:
    if head[4:8] == b"ftyp":
        return boxes_end
    if head[:4] == b"RIFF" and head[8:12] in {b"WEBP", bytes(4)}:
        return webp_end
    return next((ending for magic, ending in _MAGIC.items() if head.startswith(magic)), _unknown)


def _unknown(reader: Reader) -> End:
    return Ending.UNKNOWN if any(reader.read(_LEAST // 2, _LEAST // 2)) else Ending.INCOMPLETE
