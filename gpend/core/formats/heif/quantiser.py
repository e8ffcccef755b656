"""How coarsely a HEIF's picture was quantised: one picture, or the tiles that phones make of it."""

from collections.abc import Iterator
from statistics import fmean

from gpend.core.formats import isobmff
from gpend.core.formats.heif import hevc
from gpend.errors import PhotoError

MOST_TILES = 256
"""That are looked at: phones make 48 of 12 megapixels."""

REACH = 4096
"""Bytes of a tile's data that hold more than the heads that are read."""


def luma_step(photo: bytes, meta: isobmff.Box) -> float | None:
    """The mean step of a picture's luma, in levels of 255 in an orthonormal transform; None where it is not told.

    `meta` is the file's box of that kind. Raises nothing.
    """
    try:
        steps = list(_steps(photo, meta))
    except PhotoError:
        return None
    return fmean(steps) if steps else None


def _steps(photo: bytes, meta: isobmff.Box) -> Iterator[float]:
    """The step of every tile that tells it. Raises PhotoError where the file is corrupt."""
    item = isobmff.primary(photo, meta)
    places = {extent.item: extent.data.start for extent in reversed(isobmff.extents(photo, meta))}
    found, owned = isobmff.properties(photo, meta)
    for tile in (isobmff.parts(photo, meta, item) or (item,))[:MOST_TILES]:
        numbers = [number for number in owned.get(tile, []) if number < len(found)]
        configured = next((found[number] for number in numbers if found[number].kind == b"hvcC"), None)
        if configured is not None and tile in places:
            data = photo[places[tile] : places[tile] + REACH]
            step = hevc.step(photo[configured.start : configured.end], data)
            if step is not None:
                yield step
