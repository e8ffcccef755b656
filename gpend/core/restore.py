"""Restore aligned faces, match their colour and tone to the photo, and refuse what is not better."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, sharpness
from gpend.core.networks import DetectFaces, Networks
from gpend.core.photo import Landmarks, Plane

_BATCH = 8  # faces restored at once: bounds the memory of a photo with a crowd
_TONE = 0.06  # share of the crop's side: tone and colour coarser than this come from the photo
_STRUCTURE = 0.030  # share of the crop's side: what is coarser than this must not move
_MOVED = 0.075  # root mean square difference of the coarse structure, 0 to 1
_LANDMARKS = 0.12  # landmarks may move by this share of the eye distance
_SHARPER = 0.02  # sharpness must rise by this


@dataclass(frozen=True)
class Attempt:
    """One face after the network: what to add to the crop, or why it was refused."""

    difference: Plane  # (side, side, 3): to be added to the aligned crop
    refusal: str  # empty if it passed the gates


def attempts(crops: list[Plane], before: list[float], scales: list[float], networks: Networks) -> list[Attempt]:
    """Restore crops aligned to the network's template; `before` is their sharpness, `scales` crop px per photo px."""
    results: list[Attempt] = []
    for start in range(0, len(crops), _BATCH):
        batch = np.stack(crops[start : start + _BATCH])
        outputs = networks.restore(batch)
        for index, output in enumerate(outputs, start):
            results.append(_attempt(crops[index], output, before[index], scales[index], networks))
    return results


def _attempt(crop: Plane, output: NDArray[np.float32], before: float, scale: float, networks: Networks) -> Attempt:
    restored = matched(np.asarray(output, np.float32), crop)
    refusal = (
        _structure_refusal(output, crop)
        or _sharpness_refusal(restored, before, scale, networks.restore.template)
        or _landmark_refusal(restored, crop, networks)
    )
    return Attempt(restored - crop, refusal)


def matched(restored: Plane, crop: Plane) -> Plane:
    """The restored detail on the tone and colour of the crop; the chroma stays the photo's own, so grey stays grey."""
    sigma = _TONE * crop.shape[0]
    ours, theirs = _luma(restored), _luma(crop)
    tone = ours + _smooth(theirs, sigma) - _smooth(ours, sigma)
    return np.asarray(np.clip(crop + (tone - theirs)[:, :, None], 0, 1), np.float32)


def _structure_refusal(output: Plane, crop: Plane) -> str:
    side = crop.shape[0]
    centre = slice(side // 4, side - side // 8)
    across = slice(side // 4, side - side // 4)
    gap = _smooth(_luma(output), _STRUCTURE * side) - _smooth(_luma(crop), _STRUCTURE * side)
    inner = gap[centre, across]
    moved = float(np.sqrt(((inner - inner.mean()) ** 2).mean()))
    return f"the restored face differs too much in its coarse structure ({moved:.3f})" if moved > _MOVED else ""


def _sharpness_refusal(restored: Plane, before: float, scale: float, template: Landmarks) -> str:
    after = sharpness.measure(to_ffhq(restored, template), scale).sharpness
    return "" if after >= before + _SHARPER else f"the restored face is not sharper ({before:.2f} to {after:.2f})"


def to_ffhq(crop: Plane, template: Landmarks) -> Plane:
    """A crop of any template as the FFHQ crop that sharpness is measured on."""
    transform = align.similarity(template, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE))
    return align.warped(crop, transform, (sharpness.SIDE, sharpness.SIDE), cv2.BORDER_REPLICATE)


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


def _luma(image: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _smooth(image: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
