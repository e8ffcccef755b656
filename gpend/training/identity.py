"""Is it the same person? dlib's face recognition network: it takes part in no training and no fit, so it can judge."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_PACKAGES = ("dlib", "face_recognition_models")
_BOX = (61, 95, 195, 229)  # the face in an FFHQ-aligned crop of 256 px


class Identity:
    """Distances of descriptors; faces of one person are usually nearer than 0.6. Comes with `gpend[train]`."""

    def __init__(self) -> None:
        import dlib  # noqa: PLC0415  # not everyone has it

        spec = find_spec("face_recognition_models")
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("face_recognition_models")
        models = Path(spec.origin).parent / "models"
        self._chip: Any = dlib.get_face_chip
        self._box = dlib.rectangle(*_BOX)
        self._marks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._network = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))

    @classmethod
    def is_there(cls) -> bool:
        """Whether its packages are installed."""
        return all(find_spec(name) is not None for name in _PACKAGES)

    def mean(self, pictures: Tensor, truth: Tensor) -> float:
        """The mean distance of RGB pictures (n, 3, 256, 256), 0 to 1, from the truth; aligned by the truth's marks."""
        pairs = zip(_eight_bits(pictures), _eight_bits(truth), strict=True)
        return float(np.mean([self._distance(one, two) for one, two in pairs]))

    def _distance(self, picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
        marks = self._marks(truth, self._box)
        one, two = (
            np.asarray(self._network.compute_face_descriptor(self._chip(crop, marks, 150, 0.25)))
            for crop in (picture, truth)
        )
        return float(np.linalg.norm(one - two))


def _eight_bits(pictures: Tensor) -> NDArray[np.uint8]:
    levels = np.rint(pictures.clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy() * 255)
    return np.ascontiguousarray(levels, np.uint8)
