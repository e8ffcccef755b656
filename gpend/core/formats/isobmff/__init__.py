"""ISO base media files, of which HEIF and AVIF are kinds: their boxes, their items, and what is behind them."""

from gpend.core.formats.isobmff.box import FULL, Box, Field, Numbers, boxes, child, required
from gpend.core.formats.isobmff.items import (
    Extent,
    are_all_here,
    describing,
    exchanged,
    extents,
    kinds,
    orientation,
    parts,
    primary,
    properties,
    references,
    texts,
)
from gpend.core.formats.isobmff.layout import Layout, end, require_written, survey
from gpend.core.formats.isobmff.motion import Film, film, followed

__all__ = [
    "FULL",
    "Box",
    "Extent",
    "Field",
    "Film",
    "Layout",
    "Numbers",
    "are_all_here",
    "boxes",
    "child",
    "describing",
    "end",
    "exchanged",
    "extents",
    "film",
    "followed",
    "kinds",
    "orientation",
    "parts",
    "primary",
    "properties",
    "references",
    "require_written",
    "required",
    "survey",
    "texts",
]
