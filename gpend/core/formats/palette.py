"""Pictures that choose their colours from a palette: the nearest entry for a colour, and how far off it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BAND = 1 << 14  # colours compared at once: bounds the table of distances to 16 MB

VISIBLE = 8.0
"""Root mean square error, in levels of 255, from which a face would look posterised. A palette made for the photo lies
at 3 to 5 (256 entries, no dithering); the 216 web colours at 15 and more."""


@dataclass(frozen=True)
class Match:
    """Palette entries for colours."""

    entries: NDArray[np.uint8]  # (n,), one for each colour
    error: float  # root mean square over all colours, in levels of 255

    @property
    def visible(self) -> bool:
        """Whether a person would see that the palette has no better colours."""
        return self.error > VISIBLE


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
