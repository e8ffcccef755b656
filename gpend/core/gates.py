"""Gates: a network's result is refused where it moves what must not move, or does not make the face sharper."""

from dataclasses import replace

import cv2
import numpy as np

from gpend.core import align, sharpness
from gpend.core.blend import luma, smooth
from gpend.core.networks import DetectFaces
from gpend.core.photo import Landmarks, Plane

_STRUCTURE = 0.03  # share of the crop's side: what is coarser than this must not move
_MOVED = 0.075  # root mean square difference of the coarse structure, 0 to 1, over the face
_PART_MOVED = 0.11  # the same over one eye, the nose or the mouth
_LANDMARKS = 0.12  # landmarks may move by this share of the eye distance
_SHARPER = 0.2  # the log-odds that the face needs restoring must fall by this
_REACH = 12  # a feature is looked at within this part of the crop's side, up, down, left and right


def unit(template: Landmarks) -> float:
    """Pixels of a crop with its landmarks at `template` for each pixel of the crop that sharpness is measured on."""
    return 1 / align.scale_of(align.similarity(template, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)))


def structure_refusal(output: Plane, crop: Plane, template: Landmarks) -> str:
    """Why the network's output, (side, side, 3), 0 to 1, must not be used for the crop, or "".

    Tone may differ as a whole; its coarse pattern over the face, and over each feature, may not.
    """
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


def sharpness_refusal(restored: Plane, crop: Plane, scale: float, template: Landmarks) -> str:
    """Why a result that is hardly sharper must not be used, or ""; `scale` is crop pixels for each photo pixel.

    Both crops, (side, side, 3) float32, 0 to 1, are measured alike: neither the trace of the JPEG grid nor the
    direction of a motion plays a part.
    """
    before, after = (terms_of(one, scale, template) for one in (crop, restored))
    after = replace(after, direction=before.direction)
    fallen = sharpness.log_odds(before) - sharpness.log_odds(after)
    return "" if fallen >= _SHARPER else "the restored face is not clearly sharper"


def terms_of(crop: Plane, scale: float, template: Landmarks) -> sharpness.Terms:
    """The terms of the sharpness measure for a crop (side, side, 3), 0 to 1, with its landmarks at `template`."""
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    side = (sharpness.SIDE, sharpness.SIDE)
    aligned = align.warped(crop, align.similarity(template, target), side, cv2.BORDER_REPLICATE)
    return sharpness.measured_terms(aligned, scale / unit(template), 0.0)


def landmark_refusal(restored: Plane, crop: Plane, detect: DetectFaces, template: Landmarks) -> str:
    """Why a result whose features moved must not be used, or "".

    Both crops, (side, side, 3) float32, 0 to 1, are searched: what the detector gets wrong on such faces cancels.
    """
    before = _landmarks(crop, detect, template)
    after = _landmarks(restored, detect, template)
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
