"""Pictures of few colours, as from a palette: the nearest entry for a colour, and how far off that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND = 1 << 14  # colours compared at once: bounds the table of distances to 16 MB

VISIBLE = 8.0
"""Root mean square error, in levels of 255, from which a face would look posterised. A palette made for the photo lies
at 3 to 5 (256 entries, no dithering); the 216 web colours at 15 and more."""

LEAST = 0.5
"""Share of a restoration that must be in what is written. Of restored faces, palettes made for their photo and sixteen
greys tell .88 and more, 64 colours for a slight change .31, four colours or greys nothing at all; TIFFs of JPEGs of
quality 50 .91 and more, of 20 .43 to .93, of 5 hardly anything."""

NO_PHOTO = 16  # colours, with which a face is a drawing of itself, whatever is done to it
TOO_FEW = "the picture has so few colours that nothing would be seen of the restoration; gpend keeps it"


@dataclass(frozen=True)
class Match:
    """Palette entries for colours."""

    entries: NDArray[np.uint8]  # (n,), one for each colour
    error: float  # root mean square over all colours, in levels of 255

    @property
    def visible(self) -> bool:
        """Whether a person would see that the palette has no better colours."""
        return self.error > VISIBLE


def told(before: NDArray[Any], wanted: NDArray[Any], written: NDArray[Any]) -> float:
    """How much of a change is in what is written, as an eye takes many pixels together: 0 nothing, 1 all of it.

    Each (n, channels), of any one scale. 1 where there is no change.
    """
    change = np.asarray(wanted, np.float64) - before
    whole = float((change**2).sum())
    return float((change * (np.asarray(written, np.float64) - before)).sum()) / whole if whole else 1.0


def nearest(colours: NDArray[np.uint8], palette: NDArray[np.uint8], usable: NDArray[np.bool_]) -> Match:
    """The nearest entry for each colour.

    colours: (n, 3) uint8; palette: (m, 3) uint8, m at most 256; usable: (m,) bool, at least one True.
    """
    allowed = np.flatnonzero(usable)
    entries = palette[allowed].astype(np.float32)
    unique, places = np.unique(colours, axis=0, return_inverse=True)
    best = np.empty(len(unique), np.intp)
    for start in range(0, len(unique), BAND):
        band = unique[start : start + BAND].astype(np.float32)
        distances = (entries**2).sum(axis=1) - 2 * band @ entries.T
        best[start : start + BAND] = np.argmin(distances, axis=1)
    chosen = allowed[best][places.reshape(-1)].astype(np.uint8)
    difference = palette[chosen].astype(np.float64) - colours
    return Match(chosen, float(np.sqrt(np.mean(difference**2))) if len(colours) else 0.0)
