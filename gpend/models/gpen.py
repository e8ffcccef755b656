"""GPEN behind RestoreFaces: device, precision and batch sizes are decided here."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gpend.core.fitted import CAUTIOUS, BlendFit
from gpend.core.photo import Landmarks
from gpend.errors import DeviceError, FatalError, PhotoError
from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from gpend.models.device import named
from gpend.models.precision import halved
from gpend.models.recognise import Shape, shape_of
from gpend.models.restorers import OWN_LICENCE, OwnFile
from gpend.models.templates import template_of
from gpend.models.tensors import read_tensors, tensors_in
from gpend.models.turn import Turn
from gpend.models.weights import GpenCheckpoint, Proven, Template

_CPU_PIXELS = 1 << 18  # computed at once: there, more faces together only cost memory
_GPU_PIXELS = 1 << 22


class Gpen:
    """A GPEN on its device, as gpend.core.networks.RestoreFaces asks. May be called from several threads."""

    def __init__(
        self,
        checkpoint: GpenCheckpoint,
        network: FullGenerator,
        device: torch.device,
        turn: Turn,
        fit: BlendFit = CAUTIOUS,
    ) -> None:
        """`network` is prepared and in float32 on `device`; `turn` is held while the device computes."""
        self.fit = fit
        self.name = checkpoint.version
        self.size: int = checkpoint.size
        self.seen: int = checkpoint.seen or checkpoint.size
        self.template: Landmarks = template_of(checkpoint)
        self._network = network
        self._half = halved(network, self.seen, device)
        self._device = device
        self._turn = turn
        pixels = _GPU_PIXELS if device.type == "cuda" else _CPU_PIXELS
        self._batch_sizes = batch_sizes(pixels // self.size**2)

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored crops for crops, both (count, size, size, 3) RGB, 0 to 1.

        Raises PhotoError where the network gives no picture (NaN or infinity), DeviceError where a GPU does, or fails.
        """
        if crops.shape[1:] != (self.size, self.size, 3):
            raise ValueError(f"crops must be (count, {self.size}, {self.size}, 3), not {crops.shape}")
        restored = []
        for batch in batches(crops, self._batch_sizes):
            with self._turn:
                restored.append(self._restored(batch))
        return np.concatenate([crops[:0], *restored])

    @property
    def precision(self) -> str:
        """What it computes in: "float32", "float16" or "bfloat16"."""
        dtype = torch.float32 if self._half is None else next(self._half.parameters()).dtype
        return str(dtype).removeprefix("torch.")

    @torch.inference_mode()
    def in_float32(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same as calling it, in full precision whatever it would choose: to judge the choice."""
        with self._turn:
            return _to_numpy(self._network(self._pictures(crops)))

    def _restored(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """One batch, or its halves where memory is short."""
        try:
            return self._computed(crops)
        except torch.OutOfMemoryError as error:
            if len(crops) == 1:
                raise DeviceError(f"The GPU has too little memory for one face with {self.name}.") from error
        except RuntimeError as error:
            raise named(error, self._device) from error
        middle = len(crops) // 2
        return np.concatenate([self._restored(crops[:middle]), self._restored(crops[middle:])])

    @torch.inference_mode()
    def _computed(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        pictures = self._pictures(crops)
        for network in (self._half, self._network):
            if network is None:
                continue
            restored = network(pictures)
            if bool(torch.isfinite(restored).all()):
                return _to_numpy(restored)
        problem = f"{self.name} gave no picture for a face of this photo (NaN or infinity)."
        raise PhotoError(problem) if self._device.type == "cpu" else DeviceError(problem)

    def _pictures(self, crops: NDArray[np.float32]) -> Tensor:
        """(count, 3, seen, seen) in [-1, 1] on the device."""
        pictures = torch.from_numpy(np.ascontiguousarray(crops)).to(self._device)
        pictures = pictures.permute(0, 3, 1, 2) * 2 - 1  # numpy's layout is channels_last already
        if self.seen < self.size:
            pictures = nn.functional.interpolate(pictures, (self.seen, self.seen), mode="area")
        return pictures


def batch_sizes(largest: int) -> tuple[int, ...]:
    """Powers of two from `largest` or less down to 1: few sizes, since a GPU's libraries tune themselves for each."""
    return tuple(size for size in (32, 16, 8, 4, 2, 1) if size <= max(1, largest))


def batches(crops: NDArray[np.float32], sizes: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    """`crops` in order, cut into batches of the given sizes, which fall and end in 1."""
    start = 0
    for size in sizes:
        while len(crops) - start >= size:
            yield crops[start : start + size]
            start += size


def described(own: OwnFile, template: Template = Template.GPEN) -> Proven[GpenCheckpoint]:
    """A checkpoint that no manifest describes, with the configuration that its tensors tell.

    Raises FatalError saying what was expected and what was found.
    """
    shape = shape_of(tensors_in(own.content, own.path.name), own.path.name)
    told = {"name": own.name, "file": own.path.name, "sha256": own.sha256, "bytes": len(own.content)}
    told |= {"architecture": "gpen", **vars(shape), "template": template}
    told |= {"origin": str(own.path), "licence": OWN_LICENCE}
    return Proven(GpenCheckpoint.model_validate(told), own.content)


def load_gpen(proven: Proven[GpenCheckpoint], device: torch.device, turn: Turn, fit: BlendFit = CAUTIOUS) -> Gpen:
    """The network on `device`, ready to run; `fit` is how much of its change is used.

    Raises FatalError where the file does not hold what its manifest says.
    """
    checkpoint = proven.checkpoint
    shape = Shape(checkpoint.size, checkpoint.channel_multiplier, checkpoint.narrow, checkpoint.seen)
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        network = FullGenerator(shape.size, shape.channel_multiplier, shape.narrow, shape.seen)
    try:
        network.load_state_dict(read_tensors(proven), strict=True, assign=True)
    except RuntimeError as error:
        raise FatalError(
            f"{checkpoint.file} is no GPEN of {shape}: {str(error).splitlines()[-1].strip()} "
            "Correct its entry in the manifest."
        ) from error
    form = Form.FUSED if device.type == "cuda" else Form.PLAIN
    return Gpen(checkpoint, network.prepare(form).to(device), device, turn, fit)


def _to_numpy(pictures: Tensor) -> NDArray[np.float32]:
    scaled_back = (pictures.clamp(-1, 1) + 1) / 2
    array: NDArray[np.float32] = scaled_back.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return array
