"""How blurred is this face? One number, 0 (gone) to 1 (crisp), measured on the crop aligned to a fixed scale."""

from dataclasses import dataclass

import cv2
import numpy as np

from gpend.core.photo import Plane

SIDE = 256
"""Side of the FFHQ-aligned crop that is measured."""


@dataclass(frozen=True)
class Measure:
    """The sharpness of a face, and every term it was made of."""

    sharpness: float  # 0 to 1
    terms: dict[str, float]


def measure(crop: Plane, scale: float) -> Measure:
    """Judge an FFHQ-aligned crop (SIDE, SIDE, 3), 0 to 1; `scale` is crop pixels for each photo pixel."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)[64:224, 56:200]
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 2.0)
    coarse = cv2.GaussianBlur(grey, (0, 0), 2.0) - cv2.GaussianBlur(grey, (0, 0), 8.0)
    noise = 1.4826 * float(np.median(np.abs(cv2.Laplacian(grey, cv2.CV_32F)))) / 6
    energy = max(float((fine**2).mean()) - noise**2, 1e-9)
    ratio = float(np.log10(energy / (float((coarse**2).mean()) + 1e-6)))
    sharpness = 1 / (1 + float(np.exp(-4.0 * (ratio + 1.15))))
    return Measure(sharpness, {"ratio": ratio, "noise": noise, "scale": scale})
