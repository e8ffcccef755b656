"""How much of the network's change may a face get, and of which detail? As far as it comes nearer to the truth.

The change is split into octave bands, because what a network adds is worth different things: under a strong blur the
coarse features are right and the finest detail is invented; in noise the finest is the best. Two fits to faces whose
truth is known, on the terms of the sharpness measure: for each band, the share of the change that is nearest to the
sharp face (least squares, the Wiener gain of the band); and of all shares, the part up to which both structure (SSIM)
and features still gain in four of five such faces, and nine of ten for the fit of gpen-256. Where that part is small,
the face is better left alone. What was fitted is of one network and no other: each carries its own (`gpend weights
fit`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import sharpness
from gpend.core.fitted import BANDS, LIVELY, Coefficients
from gpend.core.photo import Plane
from gpend.settings import Grain

LEAST = 0.35
"""The least part that is applied: less is hardly seen."""

_GRAIN = 0.35  # share of the photo's own grain that stays in the middle of a face, so that it does not look pasted
_NOISE = 0.004  # spread of grain below which a photo has none worth keeping: one step of 8 bits
_GRAIN_SIGMA = 1.2  # pixels; what is finer is grain: no detail of a blurred face is
_TO_DEVIATION = 1.4826  # the standard deviation of Gaussian noise for its median absolute value
_OUTLIER = 2.0  # deviations from which a pixel is no grain any more

_CRISP = 1.5  # standard deviation of the Gaussian, in pixels of a face 256 wide, that parts the finest from the rest
_STRONGER = 0.3
"""How much stronger the finest of a restored face is made. What is nearest to the truth on average is softer than the
truth: restored faces had .45 to .73 of its contrast there. By this much likeness came nearer, or stayed, in every kind
of blur, and structure stayed as near."""

_WHOLE = 2.0  # the strength at which a network's whole change is used


@dataclass(frozen=True)
class BlendWeights:
    """How much of the network's change is used."""

    part: float  # of all shares, LEAST to 1; 0: none of the change is worth having
    shares: tuple[float, ...]  # in each of BANDS, 0 to 1

    @property
    def bands(self) -> tuple[float, ...]:
        """What is applied in each of BANDS, 0 to 1."""
        return tuple(self.part * share for share in self.shares)

    @property
    def strength(self) -> float:
        """The mean over BANDS, as people are told it."""
        return float(np.mean(self.bands))

    def at_least(self, part: float) -> "BlendWeights":
        """The same shares, and no smaller part of them."""
        return replace(self, part=max(self.part, part))

    def raised(self, strength: float) -> "BlendWeights":
        """As a person wishes it who wants more: 1 as fitted (so is less), 2 the network's whole change."""
        more = min(strength, _WHOLE) - 1
        if more <= 0:
            return self
        part = self.part + more * (1 - self.part)
        shares = tuple(share + more * (1 - share) for share in self.shares)
        return BlendWeights(part if part >= LEAST else 0.0, shares)


def weights_of(fitted: Coefficients, terms: sharpness.Terms) -> BlendWeights:
    """What was fitted, for a face of these terms."""
    part = float((sharpness.quadratic(terms.row()) @ np.asarray(fitted.strength))[0])
    bands = sharpness.standard(terms.row()) @ np.asarray(fitted.shares).T
    shares = np.clip(LIVELY * bands[0], 0, 1)
    return BlendWeights(min(part, 1.0) if part >= LEAST else 0.0, tuple(shares.tolist()))


def blended(output: Plane, crop: Plane, bands: Sequence[float], unit: float) -> Plane:
    """The crop with this share of the network's change in each of BANDS; all (side, side, 3) float32, 0 to 1.

    `unit` is how many of its pixels make one of the crop that BANDS are told in. Only light and dark change, and no
    tone: the chroma stays the photo's own, so grey stays grey.
    """
    return added(crop, change_of(output, crop, bands, unit))


def change_of(output: Plane, crop: Plane, bands: Sequence[float], unit: float) -> Plane:
    """(side, side): what `blended` adds to the crop's light and dark."""
    change = finer = luma(output) - luma(crop)
    wanted = np.zeros_like(change)
    for share, sigma in zip(bands, BANDS, strict=True):
        coarser = smooth(change, sigma * unit)
        wanted += np.float32(share) * (finer - coarser)
        finer = coarser
    return wanted


def added(crop: Plane, change: Plane) -> Plane:
    """The crop (side, side, 3), 0 to 1, made lighter and darker by (side, side)."""
    return np.asarray(np.clip(crop + change[:, :, None], 0, 1), np.float32)


def crisper(restored: Plane, unit: float) -> Plane:
    """(side, side): what gives a restored face (side, side, 3), 0 to 1, the contrast of its finest detail back.

    To be added to its light and dark. It must hold no grain: that would be made stronger with it. `unit` is how many of
    its pixels make one of a face 256 pixels wide.
    """
    bright = luma(restored)
    return np.asarray(_STRONGER * (bright - smooth(bright, _CRISP * unit)), np.float32)


def luma(image: Plane) -> Plane:
    """(height, width) float32 of an RGB picture (height, width, 3), in its range, by Rec. 601."""
    return np.asarray(cv2.cvtColor(np.asarray(image, np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def smooth(image: Plane, sigma: float) -> Plane:
    """A picture (h, w) or (h, w, channels), of any range, under a Gaussian of `sigma` pixels; edges are mirrored."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def grain_kept(grain: Grain, face: Plane) -> Plane:
    """(side, side), 0 to 1: how much of the photo's grain stays, with the face at `face` (side, side), 0 to 1."""
    middle = {Grain.SOFTEN: _GRAIN, Grain.KEEP: 1.0, Grain.REMOVE: 0.0}[grain]
    return np.asarray(1 - (1 - middle) * face, np.float32) if grain is Grain.SOFTEN else np.full_like(face, middle)


def grained(restored: Plane, crop: Plane, kept: Plane) -> Plane:
    """`restored` (side, side, 3) with as much of the grain of `crop` as `kept` (side, side) asks for; all 0 to 1."""
    fine, spread = _grain(luma(crop))
    if spread <= _NOISE:
        return restored
    _, left = _grain(luma(restored))
    missing = np.clip(kept - left / spread, 0, 1)
    return np.asarray(np.clip(restored + (missing * fine)[:, :, None], 0, 1), np.float32)


def _grain(plane: Plane) -> tuple[Plane, float]:
    """What is too fine to be the detail of a blurred face, cut where it is stronger than noise; and its spread."""
    fine = plane - smooth(plane, _GRAIN_SIGMA)
    spread = _TO_DEVIATION * float(np.median(np.abs(fine)))
    return np.asarray(np.clip(fine, -_OUTLIER * spread, _OUTLIER * spread), np.float32), spread
