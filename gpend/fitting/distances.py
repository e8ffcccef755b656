"""How far a restored face is from the truth: in structure, in features and, where dlib is, in identity."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, sharpness
from gpend.core.networks import Networks
from gpend.core.photo import Landmarks, Plane

Values = NDArray[np.float64]
Slices = tuple[slice, slice]

TEMPLATE: Landmarks = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
"""Where the landmarks stand in the crop that sharpness is measured on."""

_LIGHT, _CONTRAST = 1e-4, 9e-4  # Wang's constants, (0.01)^2 and (0.03)^2 of full scale
_WINDOW = 1.5  # pixels, the standard deviation of his window
_CHIP = (150, 0.25)  # side and padding of what dlib's network was trained with
_REACH = 5  # pixels: of the window of structural similarity, from its middle
_INNER = (56, 72, 200, 232)  # left, top, right and bottom of the face in that crop

Seen = tuple[NDArray[np.float32], ...]


class SeesFeatures(Protocol):
    """A network that looks at faces, and tells what it sees."""

    def features(self, picture: Plane) -> Seen:
        """Activations, stage by stage, on an RGB picture (height, width, 3), 0 to 1."""
        ...


def inner(template: Landmarks) -> Slices:
    """The face in a crop with its landmarks at `template`: rows and columns."""
    corners = align.moved((_INNER[:2], _INNER[2:]), align.similarity(TEMPLATE, template))
    (left, top), (right, bottom) = np.rint(corners).astype(int)
    return slice(max(0, int(top)), int(bottom)), slice(max(0, int(left)), int(right))


def dissimilarity(first: Plane, second: Plane, where: Slices) -> float:
    """1 less the structural similarity of luma over a part of crops (side, side, 3), 0 to 1.

    Wang 2004, with a Gaussian window of 1.5 px.
    """
    around, where = _with_margin(where)
    one, two = (np.asarray(cv2.cvtColor(crop[around], cv2.COLOR_RGB2GRAY), np.float64) for crop in (first, second))
    mean_one, mean_two = _blur(one), _blur(two)
    spread_one, spread_two = _blur(one * one) - mean_one**2, _blur(two * two) - mean_two**2
    shared = _blur(one * two) - mean_one * mean_two
    light = (2 * mean_one * mean_two + _LIGHT) / (mean_one**2 + mean_two**2 + _LIGHT)
    return 1 - float((light * (2 * shared + _CONTRAST) / (spread_one + spread_two + _CONTRAST))[where].mean())


class Features:
    """Activations of the detector's body: what a face network sees of a face. The gates do not use them."""

    def __init__(self, detect: SeesFeatures) -> None:
        self._detect = detect

    def __call__(self, first: Plane, second: Plane, frame: Plane) -> float:
        """Mean absolute difference of two crops, (side, side, 3) RGB, 0 to 1, summed over the stages."""
        del frame
        return self.apart(self.seen(first), self.seen(second))

    def seen(self, picture: Plane) -> Seen:
        """What the network sees of a picture (height, width, 3), 0 to 1, for whoever compares many with one."""
        return self._detect.features(picture)

    @staticmethod
    def apart(first: Seen, second: Seen) -> float:
        """The distance of what was seen."""
        return float(sum(np.abs(one - two).mean() for one, two in zip(first, second, strict=True)))


class Identity:
    """Is it the same person? dlib's face recognition network: it takes part in no fit, and no gate asks it.

    Comes with `gpend[train]`; faces of one person are usually nearer than 0.6.
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
        """Euclidean, of the two descriptors; all three are measured crops, (256, 256, 3) RGB, 0 to 1, framed alike."""
        return float(np.linalg.norm(self.descriptor(first, frame) - self.descriptor(second, frame)))

    def descriptor(self, crop: Plane, frame: Plane) -> Values:
        """(128,) float64: what tells people apart."""
        marks = self._marks(_eight_bits(frame), self._box)
        chip = self._chip(_eight_bits(crop), marks, *_CHIP)
        return np.asarray(self._network.compute_face_descriptor(chip), np.float64)


def features_of(networks: Networks) -> Features:
    """Those of the detector. Raises TypeError for one that does not tell."""
    detect: object = networks.detect
    if not hasattr(detect, "features"):
        raise TypeError("this detector tells no features")
    return Features(detect)


def _with_margin(where: Slices) -> tuple[Slices, Slices]:
    """The part with as much around it as the window reaches over, and where it lies in that."""
    starts = [max(0, side.start - _REACH) for side in where]
    rows, columns = (slice(start, side.stop + _REACH) for side, start in zip(where, starts, strict=True))
    down, across = (slice(side.start - start, side.stop - start) for side, start in zip(where, starts, strict=True))
    return (rows, columns), (down, across)


def _blur(plane: Values) -> Values:
    return np.asarray(cv2.GaussianBlur(plane, (2 * _REACH + 1, 2 * _REACH + 1), _WINDOW))


def _eight_bits(crop: Plane) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rint(np.clip(crop, 0, 1) * 255), np.uint8)
