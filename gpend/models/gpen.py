"""GPEN behind RestoreFaces: device, precision and batch sizes are decided here."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gpend.core.fitted import CAUTIOUS, BlendFit
from gpend.core.photo import Landmarks
from gpend.errors import DeviceError, FatalError, PhotoError
from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from gpend.models.backend import Backend, Cpu, Forward, batch_sizes
from gpend.models.device import backend_of, named
from gpend.models.execution import choose
from gpend.models.recognise import Shape, refuse_no_numbers, shape_of
from gpend.models.restorers import OWN_LICENCE, OwnFile
from gpend.models.templates import template_of
from gpend.models.tensors import read_tensors, tensors_in
from gpend.models.turn import Turn
from gpend.models.weights import ENDINGS, GpenCheckpoint, Proven, Template

_AHEAD = 1  # batches that are given to the device before the one before is waited for


class Gpen:
    """A GPEN on its device, as gpend.core.networks.RestoreFaces asks. May be called from several threads."""

    def __init__(  # noqa: PLR0913 - each is a thing of its own, and two have a default
        self,
        checkpoint: GpenCheckpoint,
        network: FullGenerator,
        device: torch.device,
        turn: Turn,
        fit: BlendFit = CAUTIOUS,
        *,
        backend: Backend | None = None,
    ) -> None:
        """`network` is prepared and in float32 on `device`; `turn` is held while the device is given work."""
        self.fit = fit
        self.name = checkpoint.version
        self.size: int = checkpoint.size
        self.seen: int = checkpoint.seen or checkpoint.size
        self.template: Landmarks = template_of(checkpoint)
        self._network = network
        self._device = device
        self._backend = backend or backend_of(device)
        self._turn = turn
        self.execution = choose(network, self.seen, self.size, self._backend)
        self._most = self.execution.largest
        self._last_resort = self._backend  # where float32 is computed
        if self._backend.is_cramped and self.precision != "float32":
            network.to("cpu")
            self._last_resort = Cpu()

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored crops for crops, both (count, size, size, 3) RGB, 0 to 1.

        Raises PhotoError where the network gives no picture (NaN or infinity), DeviceError where a GPU does, or fails.
        """
        if crops.shape[1:] != (self.size, self.size, 3):
            raise ValueError(f"crops must be (count, {self.size}, {self.size}, 3), not {crops.shape}")
        restored = [crops[:0]]
        begun: deque[_Begun] = deque()
        for batch in batches(crops, batch_sizes(self._most)):
            begun.append(self._begun(batch))
            if len(begun) > _AHEAD:
                restored.append(self._finished(begun.popleft()))
        return np.concatenate([*restored, *(self._finished(one) for one in begun)])

    @property
    def largest(self) -> int:
        """How many faces it computes at once, after what memory has taught it."""
        return self._most

    @property
    def precision(self) -> str:
        """What it computes in: "float32", "float16" or "bfloat16"."""
        return self.execution.precision

    @torch.inference_mode()
    def in_float32(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """As in RestoreFaces, in full precision whatever it would choose: to judge the choice."""
        with self._turn, self._last_resort.exact():
            return self._computed(crops, self._network, self._last_resort)().pictures

    def _begun(self, crops: NDArray[np.float32]) -> "_Begun":
        """One batch, given to the device, or its halves one after the other where memory is short."""
        try:
            with self._turn:
                return _Begun(crops, self._computed(crops, self.execution.forward, self._backend))
        except torch.OutOfMemoryError as error:
            if len(crops) == 1:
                raise DeviceError(f"The GPU has too little memory for one face with {self.name}.") from error
        except RuntimeError as error:
            raise named(error, self._device) from error
        self._backend.free()  # not before: the error held on to what was computed
        middle = len(crops) // 2
        self._most = min(self._most, middle)  # the next batch does not try in vain
        halves = [self._finished(self._begun(half)) for half in (crops[:middle], crops[middle:])]
        found = _Found(np.concatenate(halves), is_finite=True)
        return _Begun(crops, lambda: found)

    def _finished(self, begun: "_Begun") -> NDArray[np.float32]:
        """What became of a batch; computed again in float32 where a narrower format gave no picture."""
        try:
            found = begun.wait()
            if not found.is_finite and self.precision != "float32":
                with self._turn:
                    wait = self._computed(begun.crops, self._network, self._last_resort)
                found = wait()
        except RuntimeError as error:
            raise named(error, self._device) from error
        if found.is_finite:
            return found.pictures
        problem = f"{self.name} gave no picture for a face of this photo (NaN or infinity)."
        raise PhotoError(problem) if self._device.type == "cpu" else DeviceError(problem)

    @torch.inference_mode()
    def _computed(self, crops: NDArray[np.float32], forward: Forward, backend: Backend) -> "Callable[[], _Found]":
        """Begin a batch; what it gives waits for the end."""
        pictures = backend.upload(crops).permute(0, 3, 1, 2) * 2 - 1  # numpy's layout is channels_last already
        if self.seen < self.size:
            pictures = nn.functional.interpolate(pictures, (self.seen, self.seen), mode="area")
        output = forward(pictures)
        is_finite = torch.isfinite(output).all()
        restored = ((output.clamp(-1, 1) + 1) / 2).permute(0, 2, 3, 1).contiguous()
        wait = backend.download(restored, is_finite)

        def found() -> _Found:
            arrays = wait()
            return _Found(np.asarray(arrays[0], np.float32), is_finite=bool(arrays[1]))

        return found


@dataclass(frozen=True)
class _Found:
    """A batch that is done."""

    pictures: NDArray[np.float32]  # (count, size, size, 3), 0 to 1
    is_finite: bool  # whether they are pictures


@dataclass(frozen=True)
class _Begun:
    """A batch that the device computes."""

    crops: NDArray[np.float32]
    wait: Callable[[], _Found]


def batches(crops: NDArray[np.float32], sizes: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    """`crops` (count, size, size, 3) in order, cut into batches of the given sizes, which fall and end in 1."""
    start = 0
    for size in sizes:
        while len(crops) - start >= size:
            yield crops[start : start + size]
            start += size


def described(own: OwnFile, template: Template = Template.GPEN) -> Proven[GpenCheckpoint]:
    """A checkpoint that no manifest describes, with the configuration that its tensors tell.

    Raises FatalError saying what was expected and what was found.
    """
    tensors = tensors_in(own.content, own.path.name)
    shape = shape_of(tensors, own.path.name)
    refuse_no_numbers(tensors, own.path.name)
    file = own.path.name if own.path.suffix in ENDINGS else f"{own.path.name}{ENDINGS[0]}"  # a manifest takes no other
    told = {"name": own.name, "file": file, "sha256": own.sha256, "bytes": len(own.content)}
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
