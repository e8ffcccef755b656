"""The refining network behind RefineFaces: luma and two filtered lumas in, luma and chroma out."""

import copy
import math
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.core.blend import luma, smooth
from gpend.errors import DeviceError, FatalError
from gpend.models import portrait
from gpend.models.arch.refine import STEP, RefineNetwork
from gpend.models.backend import Backend
from gpend.models.device import backend_of, named
from gpend.models.execution import LEAST_PSNR
from gpend.models.fused import computes_in_bfloat16
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import Proven, RefineCheckpoint

_TRIED = 256  # side of the crops that the two precisions are compared on, in pixels
_RINGING = 2.0  # pixels: how far what the filter leaves beside edges reaches in them
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))
"""JFIF's colours, chroma about 0."""


class Refiner:
    """A refining network on its device, as gpend.core.networks.RefineFaces asks. May be called from several threads."""

    def __init__(
        self,
        checkpoint: RefineCheckpoint,
        network: RefineNetwork,
        device: torch.device,
        turn: Turn,
        backend: Backend | None = None,
    ) -> None:
        """`network` is on `device`; `turn` is held while the device computes."""
        self.name = f"{checkpoint.name} ({str(checkpoint.sha256)[:8]})"
        self.strengths = checkpoint.strengths
        self._checkpoint = checkpoint
        self._network = network
        self._device = device
        self._turn = turn
        self._backend = backend or backend_of(device)

    @property
    def precision(self) -> str:
        """What its layers compute in: "float32", "bfloat16" or "float16"."""
        return str(self._network.first.weight.dtype).removeprefix("torch.")

    def quicker(self) -> Self:
        """The same in half precision where the device has one and gives the same pictures in it; else itself."""
        dtype = torch.bfloat16 if self._device.type == "cpu" and computes_in_bfloat16() else None
        dtype = dtype or next(iter(self._backend.precisions), None)
        if dtype is None:
            return self
        narrow = copy.deepcopy(self._network).to(dtype).to(memory_format=torch.channels_last)
        half = type(self)(self._checkpoint, narrow, self._device, self._turn, self._backend)
        try:
            return half if _psnr(_tried(self), _tried(half)) >= LEAST_PSNR else self
        except (DeviceError, RuntimeError):  # it does not run here
            return self

    def __call__(
        self, crops: NDArray[np.float32], weak: NDArray[np.float32], strong: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Refined crops (count, side, side, 3) RGB, 0 to 1. Raises DeviceError where the GPU fails."""
        if crops.shape[1] % STEP or crops.shape[1:3] != weak.shape[1:] or weak.shape != strong.shape:
            raise ValueError(f"crops {crops.shape} and lumas {weak.shape} must be alike, of a multiple of {STEP}")
        try:
            with torch.inference_mode():
                seen, *lumas = (self._backend.upload(array) for array in (crops, weak, strong))
                with self._turn:
                    wait = self._backend.download(self._refined(seen, *(one[:, None] for one in lumas)))
                return np.asarray(wait()[0], np.float32)
        except RuntimeError as error:  # a card tells of most of its failures when its answer is waited for
            raise named(error, self._device) from error

    def _refined(self, crops: Tensor, weak: Tensor, strong: Tensor) -> Tensor:
        """Crops (count, side, side, 3) and lumas (count, 1, side, side) to crops."""
        colours = _mixed(crops.permute(0, 3, 1, 2), _TO_YCC)
        luma, chroma = self._network(colours[:, :1], colours[:, 1:], weak, strong)
        pictures = _mixed(torch.cat([luma, chroma], 1), _FROM_YCC).clamp(0, 1)
        return pictures.permute(0, 2, 3, 1).contiguous()


def _tried(refiner: Refiner) -> NDArray[np.float32]:
    """What it makes of the bundled face, (2, side, side, 3): blurred, and in the dark with grain."""
    faces = portrait.crops(_TRIED)[1:]
    weak = np.stack([luma(face) for face in faces])
    strong = np.stack([2 * plane - smooth(plane, _RINGING) for plane in weak])
    return refiner(faces, weak, np.asarray(np.clip(strong, 0, 1), np.float32))


def _psnr(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Of the picture in which two (count, side, side, 3), 0 to 1, differ most, in dB; NaN where one is."""
    worst = float(((one - other) ** 2).mean((1, 2, 3)).max())
    return -10 * math.log10(max(worst, 1e-12)) if worst == worst else worst  # noqa: PLR0124 - NaN is no number


def _mixed(pictures: Tensor, matrix: tuple[tuple[float, float, float], ...]) -> Tensor:
    """(n, 3, height, width) in other colours."""
    return torch.einsum("ij,njhw->nihw", torch.tensor(matrix, device=pictures.device), pictures)


def load_refiner(proven: Proven[RefineCheckpoint], device: torch.device, turn: Turn) -> Refiner:
    """The network on `device`, ready to run. Raises FatalError where the file does not hold what its manifest says."""
    checkpoint = proven.checkpoint
    with torch.device("meta"):
        network = RefineNetwork()
    try:
        network.load_state_dict(read_tensors(proven), strict=True, assign=True)
    except RuntimeError as error:
        raise FatalError(f"{checkpoint.file} is no refining network: {str(error).splitlines()[-1].strip()}") from error
    return Refiner(checkpoint, network.eval().to(device), device, turn).quicker()
