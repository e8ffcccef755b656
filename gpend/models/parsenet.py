"""facexlib's ParseNet behind ParseFaces: which pixels of an aligned crop are face."""

from typing import Any, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.device import named
from gpend.models.facexlib import module
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import ParserCheckpoint, Proven

ParseNet: TypeAlias = Any
"""facexlib's, whose layers have no types."""

_SIDE = 512
_CLASSES = 19
_FACE = tuple(range(1, 13))  # skin, nose, glasses, eyes, brows, ears, mouth, lips; no hair, hat, neck, clothes


class Parser:
    """A ParseNet on its device, as gpend.core.networks.ParseFaces asks. May be called from several threads."""

    size = _SIDE

    def __init__(self, network: ParseNet, device: torch.device, turn: Turn) -> None:
        """`network` holds its weights, on `device`; `turn` is held while the device computes."""
        self._network = network
        self._device = device
        self._turn = turn

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """How surely each pixel is face, (count, 512, 512). Raises DeviceError where the GPU fails."""
        if crops.shape[1:] != (_SIDE, _SIDE, 3):
            raise ValueError(f"crops must be (count, {_SIDE}, {_SIDE}, 3), not {crops.shape}")
        try:
            with self._turn, torch.inference_mode():
                masks = [self._mask(one) for one in crops]
        except RuntimeError as error:
            raise named(error, self._device) from error
        return np.stack(masks) if masks else np.zeros((0, _SIDE, _SIDE), np.float32)

    def _mask(self, crop: NDArray[np.float32]) -> NDArray[np.float32]:
        picture = torch.from_numpy(np.ascontiguousarray(crop)).to(self._device).permute(2, 0, 1)[None]
        logits: Tensor = self._network(picture * 2 - 1)[0]
        face = torch.softmax(logits, 1)[0, list(_FACE)].sum(0)
        return np.asarray(face.clamp(0, 1).cpu().numpy(), np.float32)


def load_parser(proven: Proven[ParserCheckpoint], device: torch.device, turn: Turn) -> Parser:
    """The network on `device`, ready to run. Raises FatalError where the file does not hold its weights."""
    network = unloaded()
    try:
        network.load_state_dict(read_tensors(proven), strict=True)
    except RuntimeError as error:
        raise FatalError(f"{proven.checkpoint.file} is no ParseNet: {str(error).splitlines()[-1].strip()}") from error
    return Parser(network.eval().to(device), device, turn)


def unloaded() -> ParseNet:
    """The layers of facexlib, still without their weights."""
    return cast("Any", module("parsing.parsenet")).ParseNet(in_size=_SIDE, out_size=_SIDE, parsing_ch=_CLASSES)
