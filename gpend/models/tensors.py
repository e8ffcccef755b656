"""Named tensors out of a proven checkpoint; nothing else is ever unpickled."""

import io
import pickle
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.weights import Proven


def read_tensors(proven: Proven[Any]) -> dict[str, Tensor]:
    """Every tensor by its key, as float32. Raises FatalError where the file holds anything but named tensors."""
    file = proven.checkpoint.file
    try:
        if file.endswith(".safetensors"):
            found = safetensors.torch.load(proven.content)
        else:
            found = torch.load(io.BytesIO(proven.content), map_location="cpu", weights_only=True)
    except (safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, ValueError, EOFError) as error:
        raise FatalError(f"The network file {file} cannot be read as tensors: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise FatalError(f"The network file {file} holds something other than named tensors.")
    return {key: value.float() for key, value in found.items()}
