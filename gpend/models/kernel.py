"""The kernel network behind EstimateBlur: each crop is asked as it is and mirrored, and agreement is confidence."""

import copy
from dataclasses import fields
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.core.blend import luma
from gpend.core.networks import Kernels
from gpend.errors import DeviceError, FatalError
from gpend.models import portrait
from gpend.models.arch.kernel import KernelNetwork, heads_of
from gpend.models.backend import Backend
from gpend.models.device import backend_of, named
from gpend.models.fused import computes_in_bfloat16
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import KernelCheckpoint, Proven

_FAINT = 0.03  # weights below this share of the largest are the softmax's haze, not the blur's path
_FINE = 64  # frequencies at which two kernels are compared
_TINY = 1e-9
_AT_ONCE = 16  # crops: bounds the memory of a photo with a crowd, and more at once are no faster
_ELSEWHERE, _SURER = 0.02, 0.005  # of a kernel's light, and of confidence: two precisions that agree so far are alike


class KernelEstimator:
    """A kernel network on its device, as gpend.core.networks.EstimateBlur asks. May be called from several threads."""

    def __init__(
        self,
        checkpoint: KernelCheckpoint,
        network: KernelNetwork,
        device: torch.device,
        turn: Turn,
        backend: Backend | None = None,
    ) -> None:
        """`network` is on `device`; `turn` is held while the device computes."""
        self.name = checkpoint.version
        self.size: int = checkpoint.size
        self._checkpoint = checkpoint
        self._network = network
        self._device = device
        self._turn = turn
        self._backend = backend or backend_of(device)

    @property
    def precision(self) -> str:
        """What its convolutions compute in: "float32" or "bfloat16"."""
        return str(next(self._network.picture.parameters()).dtype).removeprefix("torch.")

    def quicker(self) -> Self:
        """The same with its convolutions in bfloat16 where the processor has it and finds the same so; else itself."""
        if self._device.type != "cpu" or not computes_in_bfloat16():
            return self
        narrow = copy.deepcopy(self._network)
        for tower in (narrow.picture, narrow.spectrum):
            tower.to(torch.bfloat16)
        half = type(self)(self._checkpoint, narrow, self._device, self._turn)
        return half if _agree(self, half) else self

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """Kernels for luma crops (count, size, size) float32, 0 to 1. Raises DeviceError where the GPU fails."""
        if crops.shape[1:] != (self.size, self.size):
            raise ValueError(f"crops must be (count, {self.size}, {self.size}), not {crops.shape}")
        parts = [self._found(crops[first : first + _AT_ONCE]) for first in range(0, max(1, len(crops)), _AT_ONCE)]
        together = ([getattr(one, each.name) for one in parts] for each in fields(Kernels))
        return parts[0] if len(parts) == 1 else Kernels(*(np.concatenate(each) for each in together))

    def _found(self, crops: NDArray[np.float32]) -> Kernels:
        try:
            with torch.inference_mode():
                seen = self._backend.upload(crops)[:, None]
                with self._turn:
                    found, told = self._told(torch.cat((seen, seen.flip(3))))  # at once: the weights are read once
                    kernels, agreement = agreed(found[: len(crops)], found[len(crops) :].flip(2))
                    odds = (told[: len(crops)] + told[len(crops) :]) / 2
                    wait = self._backend.download(kernels, agreement, *odds.unbind(1))
                return Kernels(*(np.asarray(one, np.float32) for one in wait()))
        except RuntimeError as error:  # a card tells of most of its failures when its answer is waited for
            raise named(error, self._device) from error

    def _told(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        logits, odds = self._network.told(luma)
        return torch.softmax(logits.flatten(1), 1).view_as(logits), odds


def _agree(one: KernelEstimator, other: KernelEstimator) -> bool:
    """Whether both find the same in the bundled face, blurred, and in the dark with grain."""
    crops = np.stack([luma(face) for face in portrait.crops(one.size)[1:]])
    first = one(crops)
    try:
        second = other(crops)
    except (RuntimeError, DeviceError):
        return False  # it does not even run
    elsewhere = np.abs(first.kernels - second.kernels).sum((1, 2)).max() / 2
    surer = np.abs(first.confidence - second.confidence).max()
    return bool(elsewhere <= _ELSEWHERE and surer <= _SURER)  # NaN is neither


def agreed(found: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Two estimates (count, side, side) of the same kernels as one, without haze and of sum 1, and how far they agree.

    The network does not tell a kernel from its mirror image through the middle, so each of `others` may be turned.
    """
    turned = others.flip(1, 2)
    straight, reversed_ = _agreement(found, others), _agreement(found, turned)
    mean = (found + torch.where((reversed_ > straight)[:, None, None], turned, others)) / 2
    strong = torch.where(mean > mean.amax((1, 2), keepdim=True) * _FAINT, mean, 0)
    return strong / strong.sum((1, 2), keepdim=True), torch.maximum(straight, reversed_)


def _agreement(one: Tensor, other: Tensor) -> Tensor:
    """(count,) 0 to 1: the correlation of two transfer functions, the mean light apart."""
    first, second = (torch.fft.rfft2(kernels, s=(_FINE, _FINE)) for kernels in (one, other))
    first[:, 0, 0] = second[:, 0, 0] = 0
    shared = (first * second.conj()).real.sum((1, 2))
    own = _power(first).sum((1, 2)) * _power(second).sum((1, 2))
    agreement: Tensor = (shared / (own.sqrt() + _TINY)).clamp(0, 1)
    return agreement


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def load_kernel(proven: Proven[KernelCheckpoint], device: torch.device, turn: Turn) -> KernelEstimator:
    """The network on `device`, ready to run. Raises FatalError where the file does not hold what its manifest says."""
    checkpoint = proven.checkpoint
    tensors = read_tensors(proven)
    with torch.device("meta"):
        network = KernelNetwork(checkpoint.size, checkpoint.kernel, heads_of(tensors))
    try:
        network.load_state_dict(tensors, strict=True, assign=True)
    except RuntimeError as error:
        raise FatalError(f"{checkpoint.file} is no kernel network: {str(error).splitlines()[-1].strip()}") from error
    ready = network.eval().to(device)
    ready.to(memory_format=torch.channels_last)
    return KernelEstimator(checkpoint, ready, device, turn).quicker()
