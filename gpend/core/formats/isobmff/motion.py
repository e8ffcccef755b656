"""Motion photos: where the video of a HEIF or AVIF lies, and what Samsung tells of its place (mpv2)."""

import struct
from typing import NamedTuple

from gpend.core.formats.isobmff.box import boxes
from gpend.core.formats.isobmff.layout import Layout
from gpend.errors import PhotoError

_MAKERS = b"sefd"  # the box of Samsung's own, which stands behind the video and in the same box
_TOLD = struct.Struct(">4sI")  # in it: before the video's length


class Film(NamedTuple):
    """A stretch of the file, without what its maker put behind it."""

    start: int
    stop: int
    end: int  # with that


def film(photo: bytes, layout: Layout) -> Film | None:
    """In a box of its own, or a file behind the picture's boxes; None where there is none."""
    box = next((box for box in layout.boxes if box.kind == b"mpvd"), None)
    start, end = (box.start, box.end) if box else (layout.boxes[-1].end, layout.end)
    if photo[start + 4 : min(start + 8, end)] != b"ftyp" or (layout.is_cut and not box):
        return None
    stop = start
    try:
        for each in boxes(photo, start, end):
            if each.kind == _MAKERS:
                return Film(start, stop, end)
            stop = each.end
    except PhotoError:
        pass  # it is for players to say what is behind
    return Film(start, end, end)


def followed(photo: bytes, before: Film | None, after: Film | None) -> bytes:
    """The file whose film was at `before`, and is at `after`, with Samsung's note of that brought up to date."""
    if before is None or after is None or before.start == after.start:
        return photo
    old, new = (_TOLD.pack(b"mpv2", each.start) for each in (before, after))
    return photo[: after.stop] + photo[after.stop : after.end].replace(old, new) + photo[after.end :]
