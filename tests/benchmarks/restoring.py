"""What the network does to a shot, measured against the truth: structure, features and, where dlib is, identity."""

import itertools
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpend.core import align, deconvolution, occlusion, restore, sharpness, triage
from gpend.core.blend import BANDS, BlendFit, blended, luma
from gpend.core.blur import Blur
from gpend.core.direction import blurs_of
from gpend.core.networks import Networks
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.core.photo import Face, Plane
from gpend.core.report import Verdict
from gpend.settings import TriageSettings
from tests.benchmarks.degradations import Kind
from tests.benchmarks.material import TARGET, Sample

Values = NDArray[np.float64]

PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
FINE = np.linspace(0, 1, 41)
"""Curves over the parts are cubic between the measured ones."""

INNER = np.s_[72:232, 56:200]
"""The face in the measured crop."""

_UNIT = 1.0  # the shipped network's crop is the one that is measured


@dataclass(frozen=True)
class Trial:
    """One shot beside its truth, and what the network makes of it; all three aligned, (256, 256, 3)."""

    sample: Sample
    truth: Plane
    output: Plane
    shares: tuple[float, ...]  # as fitted

    @property
    def kind(self) -> Kind:
        """How it was spoiled."""
        return self.sample.shot.kind

    @property
    def severity(self) -> int:
        """How badly."""
        return self.sample.shot.severity

    def blended(self, part: float) -> Plane:
        """Restored as gpend does it, with this part of the fitted shares; 0 is the crop itself."""
        crop = self.sample.crop
        return blended(self.output, crop, [part * share for share in self.shares], _UNIT) if part else crop


def trial(sample: Sample, networks: Networks) -> Trial:
    """Let the network restore a shot."""
    output = np.asarray(networks.restore(sample.crop[None])[0])
    return Trial(sample, truth_of(sample), output, networks.restore.fit.on_photo.weights(sample.terms).shares)


def trial_after_filter(sample: Sample, networks: Networks) -> Trial | None:
    """Let the network restore a shot whose blur was taken out before; None where gpend takes none out."""
    blur = blur_of(sample, networks)
    if blur is None or not deconvolution.helps(blur):
        return None
    crop = restore.through_filter(seen_of(sample, blur), networks)
    if crop is None:
        return None
    crop = resized(crop, sharpness.SIDE)
    filtered = replace(sample, crop=crop, terms=sharpness.measured_terms(crop, sample.scale, 0.0))
    tried = trial(filtered, networks)
    return replace(tried, shares=networks.restore.fit.after_filter.weights(filtered.terms).shares)


def truth_of(sample: Sample) -> Plane:
    """The sharp face in the crop that is measured."""
    marks = align.scaled(align.FFHQ_TEMPLATE, sample.shot.truth.shape[0])
    return align.crop(sample.shot.truth, align.similarity(marks, TARGET), sharpness.SIDE)


def resized(crop: Plane, side: int) -> Plane:
    """A square crop at another side; shrunk by area."""
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def blur_of(sample: Sample, networks: Networks) -> Blur | None:
    """What the network finds that blurred a shot."""
    if networks.estimate is None:
        return None
    return blurs_of([luma(sample.crop)], networks.estimate)[0]


def findings_of(sample: Sample, blur: Blur | None, fit: BlendFit) -> triage.Findings:
    """What gpend knows of a shot that a network of this fit would restore."""
    measure = sharpness.measure(sample.crop, sample.scale, sample.blockiness)
    words = "blurred" if blur and deconvolution.helps(blur) else ""
    return triage.Findings(measure, occlusion.log_odds(sample.crop), None, words, None, fit)


def attempted(sample: Sample, blur: Blur | None, networks: Networks) -> restore.Attempt | None:
    """What gpend makes of a shot with all its stages, or with those that it has without a kernel; None: left alone."""
    marks = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    face = Face((0, 0, sample.shot.face_px, sample.shot.face_px), marks, 1.0)
    judged = triage.judged(face, findings_of(sample, blur, networks.restore.fit), TriageSettings())
    if judged.report.verdict is not Verdict.RESTORED:
        return None
    seen = seen_of(sample, blur) if judged.plan.sees and blur else None
    plan = judged.plan
    blurred = restore.Blurred(networks.restore, sample.crop, sample.transform, plan.weights, plan.paints, seen)
    (attempt,) = restore.attempts([blurred], networks)
    return attempt


def seen_of(sample: Sample, blur: Blur) -> restore.Seen:
    """A shot as the filter takes it; around it, its edges are continued."""
    side = deconvolution.side_for(blur, sample.scale)
    margin = round(side * deconvolution.MARGIN)
    transform = sample.transform * (side / sharpness.SIDE)
    transform[:, 2] += 0.5 * (side / sharpness.SIDE - 1)
    around = transform + np.array([[0, 0, margin], [0, 0, margin]])
    noise = Noise(noise_level(sample.shot.seen), quantisation_power(sample.shot.table))
    return restore.Seen(align.crop(sample.shot.seen, around, side + 2 * margin), transform, blur, noise, sample.terms)


def applied(crop: Plane, attempt: restore.Attempt, transform: align.Transform) -> Plane:
    """The measured crop of `transform` with what an attempt changes."""
    change = np.asarray(attempt.change * attempt.weight[:, :, None], np.float32)
    onwards = align.chained(transform, align.inverted(attempt.transform))
    side = (crop.shape[1], crop.shape[0])
    return np.asarray(np.clip(crop + align.warped(change, onwards, side, cv2.BORDER_CONSTANT), 0, 1), np.float32)


class Distance(Protocol):
    """How far two aligned crops are from each other, by one measure; `frame` shows where the face is."""

    def __call__(self, first: Plane, second: Plane, frame: Plane) -> float:
        """0 for the same."""
        ...


def structure(first: Plane, second: Plane, frame: Plane) -> float:
    """1 less the structural similarity of luma within the face (Wang 2004, Gaussian window of 1.5 px)."""
    del frame
    one, two = (np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float64) for crop in (first, second))
    mean_one, mean_two = _blur(one), _blur(two)
    spread_one, spread_two = _blur(one * one) - mean_one**2, _blur(two * two) - mean_two**2
    shared = _blur(one * two) - mean_one * mean_two
    light = (2 * mean_one * mean_two + 1e-4) / (mean_one**2 + mean_two**2 + 1e-4)
    return 1 - float((light * (2 * shared + 9e-4) / (spread_one + spread_two + 9e-4))[INNER].mean())


def decibels(picture: Plane, truth: Plane) -> float:
    """Peak signal to noise of luma in the face, in dB."""
    return float(-10 * np.log10(((luma(picture) - luma(truth))[INNER] ** 2).mean() + 1e-9))


class Features:
    """Activations of the detector's body: what a face network sees of a face. The gates do not use them."""

    def __init__(self, networks: Networks) -> None:
        self._body = networks.detect._network.body  # type: ignore[attr-defined]  # noqa: SLF001  # the shipped one

    def __call__(self, first: Plane, second: Plane, frame: Plane) -> float:
        """Mean absolute difference, summed over the stages."""
        del frame
        with torch.inference_mode():
            one, two = (self._body(self._input(picture)) for picture in (first, second))
        return float(sum((one[key] - two[key]).abs().mean() for key in one))

    def _input(self, picture: Plane) -> torch.Tensor:
        bgr = np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1)[None] * 255)
        return torch.from_numpy(bgr) - torch.tensor((104.0, 117.0, 123.0)).view(1, 3, 1, 1)


class Identity:
    """Is it the same person? dlib's face recognition network: it took no part in any fit, and no gate asks it.

    It wants `pip install dlib-bin face-recognition-models`; faces of one person are usually nearer than 0.6.
    """

    PACKAGES = ("dlib", "face_recognition_models")
    _BOX = (61, 95, 195, 229)  # the face in the measured crop

    def __init__(self) -> None:
        import dlib  # noqa: PLC0415  # not everyone has it

        spec = find_spec("face_recognition_models")
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("face_recognition_models")
        models = Path(spec.origin).parent / "models"
        self._chip: Any = dlib.get_face_chip
        self._box = dlib.rectangle(*self._BOX)
        self._marks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._network = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))

    @classmethod
    def is_there(cls) -> bool:
        """Whether its packages are installed."""
        return all(find_spec(name) is not None for name in cls.PACKAGES)

    def __call__(self, first: Plane, second: Plane, frame: Plane) -> float:
        """Euclidean distance of the two descriptors; both crops are framed alike."""
        marks = self._marks(_eight_bits(frame), self._box)
        one, two = (
            np.asarray(self._network.compute_face_descriptor(self._chip(_eight_bits(crop), marks, 150, 0.25)))
            for crop in (first, second)
        )
        return float(np.linalg.norm(one - two))


def distances(networks: Networks) -> dict[str, Distance]:
    """Every measure that there is, by name."""
    found: dict[str, Distance] = {"structure": structure, "features": Features(networks)}
    return found | {"identity": Identity()} if Identity.is_there() else found


@dataclass(frozen=True)
class BandSums:
    """Of the network's change and the change that the truth asks for, in each of BANDS: sums over the face."""

    terms: sharpness.Terms
    own: Values  # of the network's change, squared
    shared: Values  # of both multiplied
    wanted: Values  # of the truth's, squared

    @classmethod
    def of(cls, tried: Trial) -> "BandSums":
        """Measured on light and dark."""
        crop, truth, output = (
            np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
            for picture in (tried.sample.crop, tried.truth, tried.output)
        )
        change, asked = _bands(output - crop), _bands(truth - crop)
        own, shared, wanted = (
            np.array([float((one * two).sum()) for one, two in zip(left, right, strict=True)])
            for left, right in ((change, change), (change, asked), (asked, asked))
        )
        return cls(tried.sample.terms, own, shared, wanted)


@dataclass(frozen=True)
class Curve:
    """Distances from the truth along FINE, the part of the fitted shares that is applied: rows by measure."""

    terms: sharpness.Terms
    values: Values  # (2, len(FINE)): structure, features

    @classmethod
    def of(cls, tried: Trial, features: Distance) -> "Curve":
        """Follow both distances."""
        crops = [tried.blended(part) for part in PARTS]
        rows = [[measure(crop, tried.truth, tried.truth) for crop in crops] for measure in (structure, features)]
        return cls(tried.sample.terms, np.stack([np.polyval(np.polyfit(PARTS, row, 3), FINE) for row in rows]))

    def largest(self) -> float:
        """The largest part up to which both stay nearer to the truth than the shot was."""
        good = np.asarray((self.values <= self.values[:, :1] + 1e-9).all(axis=0))
        return float(FINE[len(good) - 1 if good.all() else max(0, int(np.argmin(good)) - 1)])


def colour_shift(before: Plane, after: Plane) -> float:
    """Mean CIE76 difference of two crops after a low-pass of 8 px, in the face."""
    one, two = (cv2.cvtColor(cv2.GaussianBlur(crop, (0, 0), 8), cv2.COLOR_RGB2LAB)[INNER] for crop in (before, after))
    return float(np.linalg.norm(np.asarray(one) - np.asarray(two), axis=2).mean())


def _bands(change: Plane) -> list[Plane]:
    levels = [change, *(cv2.GaussianBlur(change, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) for sigma in BANDS)]
    return [np.asarray(fine - coarse, np.float32)[INNER] for fine, coarse in itertools.pairwise(levels)]


def _blur(plane: Values) -> Values:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))


def _eight_bits(crop: Plane) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rint(np.clip(crop, 0, 1) * 255), np.uint8)
