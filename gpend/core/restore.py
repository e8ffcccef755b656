"""Restore aligned faces, and refuse what is not better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import align, sharpness
from gpend.core.blend import BlendWeights, blended, luma, smooth
from gpend.core.networks import DetectFaces, Networks
from gpend.core.photo import Landmarks, Plane

_BATCH = 8  # faces restored at once: bounds the memory of a photo with a crowd
_STRUCTURE = 0.03  # share of the crop's side: what is coarser than this must not move
_MOVED = 0.075  # root mean square difference of the coarse structure, 0 to 1, over the face
_PART_MOVED = 0.11  # the same over one eye, the nose or the mouth
_LANDMARKS = 0.12  # landmarks may move by this share of the eye distance
_SHARPER = 0.2  # the log-odds that the face needs restoring must fall by this
_REACH = 12  # a feature is looked at within this part of the crop's side, up, down, left and right


@dataclass(frozen=True)
class Blurred:
    """A face that is to be restored."""

    crop: Plane  # (side, side, 3), 0 to 1, aligned to the network's template
    scale: float  # crop pixels for each photo pixel
    weights: BlendWeights  # how much of the network's change is used


@dataclass(frozen=True)
class Attempt:
    """One face after the network."""

    difference: Plane  # (side, side, 3), -1 to 1: to be added to the aligned crop
    refusal: str  # why it must not be added, or ""


def attempts(faces: Sequence[Blurred], networks: Networks) -> list[Attempt]:
    """Restore every face, and judge each result against what the photo holds."""
    results: list[Attempt] = []
    for start in range(0, len(faces), _BATCH):
        batch = faces[start : start + _BATCH]
        outputs = networks.restore(np.stack([face.crop for face in batch]))
        results += [_attempt(face, output, networks) for face, output in zip(batch, outputs, strict=True)]
    return results


def unit(template: Landmarks) -> float:
    """Pixels of a crop with its landmarks at `template` for each pixel of the crop that sharpness is measured on."""
    return 1 / align.scale_of(align.similarity(template, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)))


def _attempt(face: Blurred, output: Plane, networks: Networks) -> Attempt:
    template = networks.restore.template
    restored = blended(np.asarray(output, np.float32), face.crop, face.weights.bands, unit(template))
    refusal = (
        _structure_refusal(output, face.crop, template)
        or _sharpness_refusal(restored, face, template)
        or _landmark_refusal(restored, face.crop, networks)
    )
    return Attempt(restored - face.crop, refusal)


def _structure_refusal(output: Plane, crop: Plane, template: Landmarks) -> str:
    """Tone may differ as a whole; its coarse pattern over the face, and over each feature, may not."""
    side = crop.shape[0]
    gap = smooth(luma(output), _STRUCTURE * side) - smooth(luma(crop), _STRUCTURE * side)
    reach = side // _REACH
    left, right = round(template[0][0]) - 2 * reach, round(template[1][0]) + 2 * reach
    face = gap[round(template[0][1]) - 2 * reach : round(template[4][1]) + reach, left:right]
    moved = float(face.std())
    if moved > _MOVED:
        return f"the restored face differs too much in its coarse structure ({moved:.3f})"
    parts = (gap[round(y) - reach : round(y) + reach, round(x) - reach : round(x) + reach] for x, y in template)
    worst = max(float(np.abs(part - face.mean()).mean()) for part in parts)
    return f"an eye, the nose or the mouth differs too much ({worst:.3f})" if worst > _PART_MOVED else ""


def _sharpness_refusal(restored: Plane, face: Blurred, template: Landmarks) -> str:
    """Both crops are measured alike: neither the trace of the JPEG grid nor the direction of a motion plays a part."""
    scale = face.scale / unit(template)
    before, after = (_terms(crop, scale, template) for crop in (face.crop, restored))
    after = replace(after, direction=before.direction)
    fallen = sharpness.log_odds(before) - sharpness.log_odds(after)
    return "" if fallen >= _SHARPER else "the restored face is not clearly sharper"


def _terms(crop: Plane, scale: float, template: Landmarks) -> sharpness.Terms:
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    side = (sharpness.SIDE, sharpness.SIDE)
    aligned = align.warped(crop, align.similarity(template, target), side, cv2.BORDER_REPLICATE)
    return sharpness.measured_terms(aligned, scale, 0.0)


def _landmark_refusal(restored: Plane, crop: Plane, networks: Networks) -> str:
    """Both crops are searched, so that what the detector gets wrong on such faces cancels."""
    template = networks.restore.template
    before = _landmarks(crop, networks.detect, template)
    after = _landmarks(restored, networks.detect, template)
    if after is None:
        return "no face is found in the restored crop"
    eyes = float(np.hypot(template[1][0] - template[0][0], template[1][1] - template[0][1]))
    shift = _distance(after, template if before is None else before) / eyes
    return "" if shift <= _LANDMARKS else f"eyes, nose or mouth have moved by {shift:.0%} of the eye distance"


def _landmarks(crop: Plane, detect: DetectFaces, template: Landmarks) -> Landmarks | None:
    """Of the faces found in a crop, the landmarks nearest to the template."""
    found = [face.landmarks for face in detect(np.asarray(np.rint(crop * 255), np.uint8))]
    return min(found, key=lambda landmarks: _distance(landmarks, template), default=None)


def _distance(landmarks: Landmarks, others: Landmarks) -> float:
    gap = np.asarray(landmarks) - np.asarray(others)
    return float(np.sqrt((gap**2).sum(1).mean()))
