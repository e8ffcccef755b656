"""The physical gate: a result, blurred again by what blurred the face, must give the photo back within its noise.

Where it does not, locally, the photo stays as it is. As a whole, linear functions of what is left over, of the kernel
and of what the network that told it knows besides, of the result and of the face's coarse pattern tell a face whose
filtering would make it worse, a double exposure, something sharp before a blurred face, and something as blurred as the
face, which may be filtered with it but not painted over. Fitted by
`python -m tests.benchmarks.agreement FACES --fit all`.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, bars, coefficients, deconvolution, edges, occlusion, second_image, sharpness
from gpend.core.blend import luma, smooth
from gpend.core.blur import Blur
from gpend.core.deconvolution import Deconvolved
from gpend.core.noise import Noise
from gpend.core.percentiles import percentiles
from gpend.core.photo import Plane

_SIDE = sharpness.SIDE
_FACE = (slice(56, 232), slice(48, 208))  # of the crop of _SIDE: brows to chin, cheek to cheek
_WIDE = 0.03  # of the crop's side: what is judged together
_FREE, _NONE = 2.5, 6.0  # expected deviations that a place may show without losing trust, and that cost all of it
_GRANTED = 2.5 / 255  # deviation that is always expected: the face's own finest texture is smoothed as noise is
_GRAINLESS = 1.5  # pixels over which noise averages out and structure stays
_SPOT = 3.0  # pixels: an edge that stands alone
_SHADE = 12.0  # pixels; contrast is what is finer
_EDGES = 0.002  # of full scale, next to black and to white
_TWICE = 0.36  # of a second image in the photo and in the result
_NO_SHAKE = 0.35  # of what the kernel does not explain of it: shakes with pauses leave 0.2, two exposures 0.44 and more
_STRETCHED = 0.6  # of a kernel: with something before the face, it may be that one's edges which pass for a shake
_FAR = 4.0  # standard deviations: what the fit never saw must not swing it
_LOUD = 6 / 255  # noise that the cepstrum of a result counts with at least: what rings in it is no second image
_SURE = 0.985  # confidence of a kernel that is nearly always right: what is out of focus, not what was shaken
_FOR_CERTAINTY = (
    2.0  # log-odds granted to it: shrunk photos outweighed such faces in the fit, and here the filter gains
)
_LONG = 1.2  # of a kernel's stretch: such shakes were few in the fits, and are granted
_FOR_SHAKE = 0.5  # log-odds
_EXPLAINED = 0.13  # of a second image that the kernel leaves unexplained: of what rested for a moment, hardly more
_FOR_PAUSE = 3.0  # log-odds
_PULLING = 2.0  # log-odds, from which something before the face may be what passes for a shake: clean ones reached 1.7
_LEAST_SECOND = 0.01  # of a second image
_STRONGEST = 90  # percentile: the tenth of places where most is left over, so that one glint does not decide
_EXTREME = 99.5  # the same, for what stands alone
_LEVELS = 255  # of a photo's luma
_FEW_LEVELS = 0.1  # less is left over nowhere, when a photo is of whole levels
_FLAT = 0.01  # of full scale: contrast below which a share of it tells nothing
_SMALL_SHARE = 0.005  # of the contrast: as little as cannot be told from none
_SHARP_SPREAD, _SHARP_AXIS = 0.3, 0.2  # pixels that every kernel on this grid has: none is a ratio against nothing
_UNCLIPPED = 1e-3  # of the pixels: as good as none ran into black or white
_SMOOTH = 1e-4  # finest detail of a flat picture
_EVEN = 1e-3  # of full scale: what is usually left over, at least
_LEVEL_STRUCTURE = 0.1  # of the usual: the strongest is hardly ever less
_NO_WEIGHT = 1e-9  # in a kernel: its logarithm is to be had, and counts for nothing
_COARSE = 1.0  # pixels: what a photo still holds when its noise is smoothed away
_TINY = 1e-6  # for a logarithm or a division to be had at all
_BEFORE = "something may lie before the face, over which the network would paint"
_NO_HELP = "taking out the blur that was found would not make it better"
_SMOOTHED_NOISE = 0.5  # of its deviation: what of it is left in structure
_FEATURE = 0.024  # root mean square, of full scale: what an eye or the mouth may differ by, blurred again

CERTAIN = 0.0
"""Log-odds from which a face is taken to be what one of the fits looks for."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a result; logarithms where ratios count."""

    leftover: float  # structure that the result blurred again does not explain, of the strongest tenth of places
    misfit: float  # the same with the noise
    share: float  # the same against the photo's own contrast
    spread: float  # of the kernel
    stretch: float  # of the kernel: its longer axis against the shorter
    disorder: float  # of the kernel: its entropy
    doubled: float  # the strongest second image in the photo's cepstrum
    peaked: float  # of the result's Laplacian: its kurtosis, high where a few edges are far sharper than the rest
    rough: float  # the result's finest detail against the photo's
    clipped: float  # the share of the result that ran into black or white
    covered: float  # log-odds of `occlusion`, of the photo
    covered_after: float  # and of the result
    doubled_after: float  # the strongest second image in the result's cepstrum, where blur no longer hides it
    remaining: float  # what is left of the features in the photo
    local: float  # what is left over where it is strongest against what is left over everywhere
    narrow: float  # the photo's edges against the kernel's spread, as `edges.Widths` tells
    narrowest: float  # the same where they are narrowest
    uneven: float  # the narrowest edges against the others
    unexplained: float  # the second image that the kernel does not explain
    told_doubled: float  # log-odds of the network that told the kernel: the face is there twice
    clear_near: float  # how far a second image in the photo stands out, shifted by as much, as `second_image.clearness`
    clear_middle: float
    clear_far: float

    def row(self, terms: sharpness.Terms) -> NDArray[np.float64]:
        """(1, values) float64: with the terms of the sharpness measure, as the fits take them."""
        return np.array([[*vars(self).values(), *vars(terms).values()]], np.float64)


_PLACES = {each.name: place for place, each in enumerate(fields(Evidence))}
_USUAL_ODDS = coefficients.EVIDENCE_MEANS[_PLACES["told_doubled"]]  # where a network tells none: nothing is known


@dataclass(frozen=True)
class Judgement:
    """Log-odds of what was fitted; CERTAIN and above is taken for true."""

    worsens: float  # the filter would take the face away from the truth
    doubled: float  # two exposures
    overlaid: float  # something sharp before a blurred face
    before: float  # something before the face, as blurred as it is

    @property
    def is_doubled(self) -> bool:
        """Whether the face is there twice, whatever blurred it."""
        return self.doubled >= CERTAIN

    @property
    def forbids(self) -> str:
        """Why the filter must not be used, or ""."""
        return self.refusal or (_NO_HELP if self.worsens >= CERTAIN else "")

    @property
    def refusal(self) -> str:
        """Why the face must be left as it is, or ""."""
        if self.is_doubled:
            return "the face is there twice, as in a double exposure"
        return "something sharp lies before the blurred face" if self.overlaid >= CERTAIN else ""

    @property
    def unpaintable(self) -> str:
        """Why nothing may be painted, whatever the filter may do, or ""."""
        return self.refusal or (_BEFORE if self.before >= CERTAIN else "")


def judgement(found: Deconvolved, crop: Plane, blur: Blur, noise: Noise, terms: sharpness.Terms) -> Judgement:
    """What the fits say of a result; `crop` (side, side, 3), 0 to 1, is the photo's, `terms` those of its measure."""
    told = judged(evidence(found, crop, blur, noise).row(terms), blur.confidence)
    barred = bars.lie_before(_small(luma(crop)), blur)
    return replace(told, overlaid=max(told.overlaid, CERTAIN)) if barred else told


def judged(row: NDArray[np.float64], confidence: float) -> Judgement:
    """What the fits say of evidence, (1, values) float64, with a kernel of this confidence, 0 to 1."""
    unit = np.clip((row - coefficients.EVIDENCE_MEANS) / np.asarray(coefficients.EVIDENCE_SPREADS), -_FAR, _FAR)
    values = np.hstack([np.ones((1, 1)), unit])[0]
    worse, doubled, overlaid, before = (float(values @ np.asarray(weights)) for weights in coefficients.EVIDENCE)
    second = min(row[0, _PLACES["doubled"]], row[0, _PLACES["doubled_after"]])
    twice = second >= _TWICE and row[0, _PLACES["unexplained"]] >= math.log(_NO_SHAKE)
    pulls = before >= _PULLING and row[0, _PLACES["stretch"]] >= _STRETCHED
    worse -= _FOR_CERTAINTY if confidence >= _SURE else 0.0
    granted = _FOR_SHAKE if row[0, _PLACES["stretch"]] >= _LONG else 0.0
    doubled, overlaid = doubled - granted, overlaid - granted
    doubled -= _FOR_PAUSE if row[0, _PLACES["unexplained"]] < math.log(_EXPLAINED) else 0.0
    overlaid = max(overlaid, before) if pulls else overlaid
    return Judgement(worse, max(doubled, CERTAIN) if twice else doubled, overlaid, before)


def evidence(found: Deconvolved, crop: Plane, blur: Blur, noise: Noise) -> Evidence:
    """Measured in the crop of SIDE, whatever the side, (side, side, 3) 0 to 1, that was filtered."""
    before, after, residual = (_small(plane) for plane in (luma(crop), luma(found.restored), found.residual))
    structure = np.sqrt(_near(smooth(residual, _GRAINLESS) ** 2))[_FACE]
    contrast = np.sqrt(_near((before - smooth(before, _SHADE)) ** 2))[_FACE]
    long, short, _ = blur.axes()
    fine = cv2.Laplacian(after, cv2.CV_32F)[_FACE]
    coarse = cv2.Laplacian(smooth(before, _COARSE), cv2.CV_32F)[_FACE]
    squared = fine * fine
    inner = after[_FACE]
    widths = edges.widths(before, noise.level, blur)
    waves = second_image.waves(before, noise.level)
    near, middle, far = second_image.clearness(waves)
    return Evidence(
        leftover=math.log(_strongest(structure) * _LEVELS + _FEW_LEVELS),
        misfit=math.log(_strongest(np.sqrt(_near(residual**2))[_FACE]) * _LEVELS + _FEW_LEVELS),
        share=math.log(_strongest(structure / (contrast + _FLAT)) + _SMALL_SHARE),
        spread=math.log(blur.spread + _SHARP_SPREAD),
        stretch=math.log((long + _SHARP_AXIS) / (short + _SHARP_AXIS)),
        disorder=float(-(blur.kernel * np.log(blur.kernel + _NO_WEIGHT)).sum()),
        doubled=second_image.strength(waves),
        peaked=math.log(float((squared * squared).mean()) / (float(squared.mean()) ** 2 + _TINY**2) + _TINY),
        rough=math.log((float(np.abs(fine).mean()) + _TINY) / (float(np.abs(coarse).mean()) + _SMOOTH)),
        clipped=math.log(float(((inner <= _EDGES) | (inner >= 1 - _EDGES)).mean()) + _UNCLIPPED),
        covered=occlusion.log_odds(crop),
        covered_after=occlusion.log_odds(found.restored),
        doubled_after=second_image.strength(second_image.waves(after, max(noise.level, _LOUD))),
        remaining=sharpness.residual_detail(_small(crop)),
        local=_local(residual),
        narrow=widths.narrow,
        narrowest=widths.narrowest,
        uneven=widths.uneven,
        unexplained=math.log(max(second_image.unexplained(waves, blur.kernel), _LEAST_SECOND)),
        told_doubled=blur.doubled if math.isfinite(blur.doubled) else _USUAL_ODDS,
        clear_near=near,
        clear_middle=middle,
        clear_far=far,
    )


def _local(residual: Plane) -> float:
    """Log of the strongest structure in a residual (_SIDE, _SIDE) against the usual one, over small places."""
    structure = np.sqrt(np.maximum(smooth(smooth(residual, _GRAINLESS) ** 2, _SPOT), 0))[_FACE]
    usual, strongest = percentiles(structure, 50, _EXTREME)
    return math.log(strongest / (usual + _EVEN) + _LEVEL_STRUCTURE)


def _strongest(structure: NDArray[Any]) -> float:
    """What is reached where there is most of it."""
    return percentiles(structure, _STRONGEST)[0]


def trust(residual: Plane, noise: float) -> Plane:
    """(side, side), 0 to 1: where a result may be used, by its residual (side, side); `noise` is a deviation."""
    deviation = np.sqrt(smooth(residual**2, _WIDE * residual.shape[0])) / np.hypot(_GRANTED, noise)
    return np.asarray(1 - np.clip((deviation - _FREE) / (_NONE - _FREE), 0, 1), np.float32)


def feature_refusal(result: Plane, padded: Plane, blur: Blur, noise: Noise) -> str:
    """Why a result must not be used, which does not give the photo back at an eye, the nose or the mouth, or "".

    `result` (side, side, 3), 0 to 1, stands for the crop in the middle of `padded`.
    """
    seen = luma(padded)
    side = result.shape[0]
    residual = deconvolution.middle(seen) - deconvolution.blurred_again(luma(result), seen, blur)
    structure = np.sqrt(smooth(smooth(residual, _GRAINLESS * side / _SIDE) ** 2, _WIDE * side))
    points = np.rint(align.scaled(align.FFHQ_TEMPLATE, side)).astype(int)
    worst = float(max(structure[y, x] for x, y in points))
    granted = _FEATURE + _SMOOTHED_NOISE * noise.level
    return "its eyes, nose or mouth do not agree with the photo" if worst > granted else ""


def _near(plane: Plane) -> Plane:
    return np.maximum(smooth(plane, _WIDE * _SIDE), 0)


def _small(plane: Plane) -> Plane:
    if plane.shape[0] == _SIDE:
        return plane
    return np.asarray(cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
