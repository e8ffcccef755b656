"""facexlib's RetinaFace behind DetectFaces: its layers with our own, quicker way from features to faces.

facexlib's own detect_faces spends more than half of its time outside the network: it rebuilds the anchors in Python
for every photo and decodes all of them. Here the scores come first, and only anchors that pass are decoded.
"""

import copy
import math
import warnings
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gpend.core.photo import Face
from gpend.errors import DeviceError, FatalError
from gpend.models.backend import Backend, Cpu
from gpend.models.device import backend_of, named
from gpend.models.facexlib import MobileRetinaFace
from gpend.models.fused import computes_in_bfloat16, fused
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, Proven

_MOBILE = "retinaface-mobile0.25"
_OVERLAP = 0.4  # boxes that share more than this are one face
_MEAN = (104.0, 117.0, 123.0)  # of blue, green and red in the pictures it was trained on
_STEPS = (8, 16, 32)  # pixels between anchors, per level
_SIDES = ((16, 32), (64, 128), (256, 512))  # of the two anchors at every place, per level
_SPREADS = (0.1, 0.2)  # of the encoded shifts and sizes
_SAME = 1e-4  # relative distance of features up to which another form computes the same
_SHARED = 0.02  # of a face's width, and of a score: two forms that agree so far find the same face
_PORTRAIT = "portrait-blurred.jpg"  # of gpend/samples: what the forms are compared on
RetinaFace: TypeAlias = Any
"""facexlib's, whose layers have no types: `body`, `fpn`, `ssh1` to `ssh3`, and three heads for each level."""

_DOUBTS = 0.2  # the score from which a screen tells of what may be a face


class Detector:
    """A RetinaFace on its device, as gpend.core.networks.DetectFaces asks. May be called from several threads."""

    def __init__(  # noqa: PLR0913 - what it is, where, and how it computes
        self,
        network: RetinaFace,
        device: torch.device,
        turn: Turn,
        floor: float = 0.5,
        *,
        form: RetinaFace | None = None,
        dtype: torch.dtype = torch.float32,
        backend: Backend | None = None,
    ) -> None:
        """`network` holds its weights, on `device`; `turn` is held while the device computes.

        `floor` is the score below which it says nothing of what it found. `form` are the layers that compute, in
        `dtype`, where they are others.
        """
        self.floor = floor
        self._backend = backend or backend_of(device)
        self._is_on_cpu = isinstance(self._backend, Cpu)
        self._network = network
        self._form, self._dtype = form or network, dtype
        self._device = device
        self._turn = turn
        self._mean = torch.tensor(_MEAN, device=device).view(1, 3, 1, 1)

    @property
    def precision(self) -> str:
        """What it computes in: "float32" or "bfloat16"."""
        return str(self._dtype).removeprefix("torch.")

    def quicker(self) -> Self:
        """The same in a form that is quicker on this processor, where one computes the same; else itself."""
        quicker = self._formed(torch.float32)
        return quicker if quicker is not None and _differ(self, quicker) <= _SAME else self

    def screen(self) -> Self:
        """One for a first look, which tells of doubtful faces too: in half precision where that finds the same."""
        narrow = self._narrow
        half = self._formed(narrow) if narrow is not None else None
        chosen = copy.copy(half if half is not None and _agree(self, half) else self)
        chosen.floor = _DOUBTS
        return chosen

    @property
    def _narrow(self) -> torch.dtype | None:
        """The half precision that is faster here, if one is."""
        if self._is_on_cpu and computes_in_bfloat16():
            return torch.bfloat16
        return next(iter(self._backend.precisions), None)

    def _formed(self, dtype: torch.dtype) -> Self | None:
        """A twin that computes in `dtype`, on the CPU with its layers fused; None where that cannot be had."""
        if not self._is_on_cpu and dtype == torch.float32:
            return None
        try:
            form: RetinaFace = (fused if self._is_on_cpu else _narrowed)(self._network, dtype)
        except (AttributeError, RuntimeError):
            return None
        for heads in (form.ClassHead, form.BboxHead, form.LandmarkHead):
            heads.float()
        kept = {"form": form, "dtype": dtype, "backend": self._backend}
        return type(self)(self._network, self._device, self._turn, self.floor, **kept)

    @property
    def body(self) -> nn.Module:
        """The layers that see: BGR (n, 3, h, w), 0 to 255 less its mean, to a dictionary of features."""
        return cast("nn.Module", self._network.body)

    def features(self, picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """What the body sees of an RGB picture (height, width, 3), 0 to 1: activations, stage by stage."""
        bgr = torch.from_numpy(np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1)[None] * 255))
        with self._turn, torch.inference_mode():
            stages = self.body(bgr.to(self._device) - self._mean)
        return tuple(stage.cpu().numpy() for stage in stages.values())

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """Faces in an upright RGB image (height, width, 3) with a score of at least `floor`, best first.

        Cost and memory grow with the pixels: the caller limits the long side. Raises DeviceError where the GPU fails.
        """
        return self.together(image[None])[0]

    def together(self, images: NDArray[np.uint8]) -> Sequence[Sequence[Face]]:
        """The same of each of some images of one size, (count, height, width, 3), which are looked at together.

        Raises CardMemoryError where the GPU has too little memory for so many.
        """
        try:
            with torch.inference_mode():
                pictures = self._pictures(images)  # beside what the device computes for others
                with self._turn:
                    whose, boxes, landmarks, scores = self._found(pictures)
        except RuntimeError as error:
            raise named(error, self._device) from error
        return [_faces(boxes[own], landmarks[own], scores[own]) for own in (whose == one for one in range(len(images)))]

    def _found(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Whose each anchor that passes is (count,), its box (count, 4), landmarks (count, 10) and score (count,)."""
        levels = self._features(pictures)
        found = [self._decoded(index, features.float()) for index, features in enumerate(levels)]
        whose, boxes, landmarks, scores = (torch.cat(parts).cpu() for parts in zip(*found, strict=True))
        return whose, boxes, landmarks, scores

    def _pictures(self, images: NDArray[np.uint8]) -> Tensor:
        """RGB (count, h, w, 3) to (count, 3, h, w) BGR less the mean, in the layout that convolutions like best."""
        if self._is_on_cpu:
            bgr = np.empty(images.shape, np.float32)
            for place, image in enumerate(images):
                eight_bits = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
                cv2.subtract(
                    eight_bits, np.array((*_MEAN, 0.0)), dst=bgr[place], dtype=cv2.CV_32F
                )  # six times as fast as NumPy
            return torch.from_numpy(bgr).permute(0, 3, 1, 2).to(self._dtype)
        there = self._backend.upload(images)
        return (there.flip(3).permute(0, 3, 1, 2) - self._mean).to(self._dtype)

    @torch.inference_mode()
    def levels(self, image: NDArray[np.uint8]) -> list[Tensor]:
        """What its heads read of an image (h, w, 3) uint8 RGB, level by level as `_features`: to compare forms."""
        return self._features(self._pictures(image[None]))

    def _features(self, picture: Tensor) -> list[Tensor]:
        """Per level, what the heads read: (count, 64 or 256, height / step, width / step)."""
        network = self._form
        pyramid = network.fpn(list(network.body(picture).values()))
        return [
            context(level) for context, level in zip((network.ssh1, network.ssh2, network.ssh3), pyramid, strict=True)
        ]

    def _decoded(self, level: int, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The anchors of one level that pass, as `_found` tells them, in pixels."""
        network = self._form
        places = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
        logits = _head(network.ClassHead[level], places).view(-1, 2)
        certainty = logits[:, 1] - logits[:, 0]  # the softmax over two classes is a sigmoid of their difference
        anchor = (certainty > math.log(self.floor / (1 - self.floor))).nonzero().squeeze(1)
        place, which = anchor // 2, anchor % 2
        rows = torch.arange(len(anchor), device=anchor.device)
        offsets = _head(network.BboxHead[level], places[place]).view(-1, 2, 4)[rows, which]
        points = _head(network.LandmarkHead[level], places[place]).view(-1, 2, 5, 2)[rows, which]
        height, width = features.shape[2:]
        whose, within = place // (height * width), place % (height * width)
        centre = (torch.stack((within % width, within // width), 1) + 0.5) * _STEPS[level]
        side = torch.tensor(_SIDES[level], device=anchor.device)[which][:, None]
        middle = centre + offsets[:, :2] * _SPREADS[0] * side
        half = side * torch.exp(offsets[:, 2:] * _SPREADS[1]) / 2
        landmarks = centre[:, None] + points * _SPREADS[0] * side[:, None]
        boxes = torch.cat((middle - half, middle + half), 1)
        return whose, boxes, landmarks.flatten(1), torch.sigmoid(certainty[anchor])


def load_retinaface(proven: Proven[DetectorCheckpoint], device: torch.device, turn: Turn) -> Detector:
    """The detector on `device`, ready to run. Raises FatalError where the file does not hold its weights."""
    network = network_of(proven.checkpoint)
    try:
        missing, unexpected = network.load_state_dict(read_tensors(proven), strict=False)
    except RuntimeError as error:
        raise FatalError(f"{proven.checkpoint.file} is no RetinaFace: {error}") from error
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise FatalError(f"{proven.checkpoint.file} is no RetinaFace: missing {missing}, unexpected {unexpected}.")
    _fold_norms(network)
    network = network.to(device, memory_format=torch.channels_last)
    return Detector(network, device, turn, proven.checkpoint.floor).quicker()


def network_of(checkpoint: DetectorCheckpoint) -> RetinaFace:
    """The layers of facexlib, still without their weights."""
    if checkpoint.architecture == _MOBILE:
        return MobileRetinaFace()
    from facexlib.detection.retinaface import RetinaFace as Larger  # noqa: PLC0415 - it takes 2 seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torchvision, about words that facexlib uses
        return Larger("resnet50", phase="test", device=torch.device("cpu"))


def _fold_norms(network: nn.Module) -> None:
    """Multiply every batch norm into the convolution before it, which saves a pass over the features."""
    for block in network.modules():
        if isinstance(block, nn.Sequential):
            for index in range(len(block) - 1):
                first, second = block[index], block[index + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    block[index] = fuse_conv_bn_eval(first, second)
                    block[index + 1] = nn.Identity()


def _narrowed(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    return copy.deepcopy(network).to(dtype)


def _differ(one: Detector, other: Detector) -> float:
    """The relative distance of what the heads read, the most of all levels; infinite where one cannot run."""
    portrait = _portrait()
    try:
        pairs = zip(one.levels(portrait), other.levels(portrait), strict=True)
        return max(float((second - first).norm() / first.norm()) for first, second in pairs)
    except RuntimeError:
        return math.inf


def _agree(one: Detector, other: Detector) -> bool:
    """Whether both find the same faces in the portrait."""
    portrait = _portrait()
    try:
        first, second = one(portrait), other(portrait)
    except (DeviceError, RuntimeError):
        return False
    return len(first) == len(second) > 0 and all(_same(*pair) for pair in zip(first, second, strict=True))


def _same(one: Face, other: Face) -> bool:
    apart = np.abs(np.subtract(one.landmarks, other.landmarks)).max()
    return bool(apart <= _SHARED * one.width) and abs(one.score - other.score) <= _SHARED


def _portrait() -> NDArray[np.uint8]:
    read = cv2.imread(str(Path(str(files("gpend"))) / "samples" / _PORTRAIT))
    if read is None:
        raise FatalError(f"gpend is not whole: its sample {_PORTRAIT} is missing. Install gpend again.")
    return np.asarray(cv2.resize(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), (320, 320)), np.uint8)


def _faces(boxes: Tensor, landmarks: Tensor, scores: Tensor) -> list[Face]:
    """Those of one image, best first, each once."""
    kept = _apart(boxes, scores)
    rows = zip(boxes[kept].tolist(), landmarks[kept].tolist(), scores[kept].tolist(), strict=True)
    return [_face(*row) for row in rows]


def _apart(boxes: Tensor, scores: Tensor) -> Tensor:
    """Which of the boxes (count, 4) are kept, best first: none that shares too much with a better one."""
    if not len(boxes):
        return torch.zeros(0, dtype=torch.long)
    corners_and_sides = torch.cat((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]), 1)
    kept = cv2.dnn.NMSBoxes(corners_and_sides.tolist(), scores.tolist(), 0.0, _OVERLAP)
    return torch.as_tensor(np.asarray(kept, np.int64).ravel())


def _head(head: nn.Module, places: Tensor) -> Tensor:
    """A head's 1 x 1 convolution on (count, features), as the matrix product that it is."""
    convolution = cast("nn.Conv2d", head.conv1x1)
    return nn.functional.linear(places, convolution.weight[:, :, 0, 0], convolution.bias)


def _face(box: list[float], landmarks: list[float], score: float) -> Face:
    x0, y0, x1, y1 = box
    first, second, third, fourth, fifth = zip(landmarks[::2], landmarks[1::2], strict=True)
    return Face((x0, y0, x1, y1), (first, second, third, fourth, fifth), score)
