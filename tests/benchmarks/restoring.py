"""What the network does to a shot at several strengths, measured against the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpend.core import align, restore, sharpness
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from tests.benchmarks.degradations import Kind
from tests.benchmarks.material import TARGET, Sample

STRENGTHS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
FINE = np.linspace(0, 1, 41)
"""Curves over the strengths are cubic between the measured ones."""

_INNER = np.s_[72:232, 56:200]
SSIM, FEATURE = 0, 1


@dataclass(frozen=True)
class Curve:
    """Distance from the truth along FINE: rows are (SSIM, feature distance)."""

    kind: Kind
    severity: int
    terms: dict[str, float]
    values: NDArray[np.float64]  # (2, len(FINE))

    def nearer(self, strength: float) -> tuple[bool, bool]:
        """Whether structure, and features, are nearer to the truth at a strength than at 0."""
        place = round(strength * (len(FINE) - 1))
        structure, feature = self.values[:, place] - self.values[:, 0]
        return bool(structure > 0), bool(feature < 0)

    def largest(self) -> float:
        """The largest strength up to which both stay nearer to the truth."""
        good = (self.values[SSIM] >= self.values[SSIM, 0]) & (self.values[FEATURE] <= self.values[FEATURE, 0])
        return float(FINE[len(good) - 1 if good.all() else max(0, int(np.argmin(good)) - 1)])


class FaceFeatures:
    """Activations of the detector's body: what a face network sees of a face. The gates do not use them."""

    def __init__(self, networks: Networks) -> None:
        self._body = networks.detect._network.body  # type: ignore[attr-defined]  # noqa: SLF001  # the shipped one

    def distance(self, first: Plane, second: Plane) -> float:
        """Mean absolute difference, summed over the stages."""
        with torch.inference_mode():
            one, two = (self._body(self._input(picture)) for picture in (first, second))
        return float(sum((one[key] - two[key]).abs().mean() for key in one))

    def _input(self, picture: Plane) -> torch.Tensor:
        bgr = np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1)[None] * 255)
        return torch.from_numpy(bgr) - torch.tensor((104.0, 117.0, 123.0)).view(1, 3, 1, 1)


def curve(sample: Sample, networks: Networks, features: FaceFeatures) -> Curve:
    """Restore the shot, and follow both distances along the strengths."""
    truth = align.crop(sample.shot.truth, _straight(sample), sharpness.SIDE)
    output = restore.matched(np.asarray(networks.restore(sample.crop[None])[0]), sample.crop)
    points = [_distances(restore.blended(output, sample.crop, part), truth, features) for part in STRENGTHS]
    fits = [np.polyfit(STRENGTHS, values, 3) for values in np.asarray(points).T]
    return Curve(
        sample.shot.kind, sample.shot.severity, sample.terms, np.stack([np.polyval(fit, FINE) for fit in fits])
    )


def similar(first: Plane, second: Plane) -> float:
    """Structural similarity of two luma crops within the face (Wang 2004, Gaussian window of 1.5 px)."""
    one, two = (np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float64) for crop in (first, second))
    mean_one, mean_two = _blur(one), _blur(two)
    spread_one, spread_two = _blur(one * one) - mean_one**2, _blur(two * two) - mean_two**2
    shared = _blur(one * two) - mean_one * mean_two
    light = (2 * mean_one * mean_two + 1e-4) / (mean_one**2 + mean_two**2 + 1e-4)
    return float((light * (2 * shared + 9e-4) / (spread_one + spread_two + 9e-4))[_INNER].mean())


def colour_shift(before: Plane, after: Plane) -> float:
    """Mean CIE76 difference of two crops after a low-pass of 8 px, in the face."""
    one, two = (cv2.cvtColor(cv2.GaussianBlur(crop, (0, 0), 8), cv2.COLOR_RGB2LAB)[_INNER] for crop in (before, after))
    return float(np.linalg.norm(np.asarray(one) - np.asarray(two), axis=2).mean())


def _distances(picture: Plane, truth: Plane, features: FaceFeatures) -> tuple[float, float]:
    return similar(picture, truth), features.distance(picture, truth)


def _straight(sample: Sample) -> align.Transform:
    marks: Sequence[tuple[float, float]] = align.scaled(align.FFHQ_TEMPLATE, sample.shot.truth.shape[0])
    return align.similarity(marks, TARGET)


def _blur(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))
