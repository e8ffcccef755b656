"""Named tensors out of a checkpoint, also out of a whole training state; nothing else is ever unpickled."""

import io
from collections.abc import Iterator
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.weights import Proven

_FIRST = "ecd0.0.0.weight"  # a tensor that every GPEN has, and no discriminator: its key tells the prefix of all others
_AVERAGED = "ema"  # in the prefix of the averaged one, where two lie side by side
_PREFERRED = ("g_ema", "params_ema", "ema", "g", "params", "state_dict", "model")
_WRAPPED = "module."  # before every key of what was trained on several graphics cards
_TOLD = 80  # characters of what a library says: torch goes on with advice to trust the file
_DEPTH = 3  # dictionaries within dictionaries that a training state may have


def read_tensors(proven: Proven[Any]) -> dict[str, Tensor]:
    """Every tensor of a proven checkpoint, as `tensors_in` tells. Raises FatalError where there are none."""
    return tensors_in(proven.content, proven.checkpoint.file)


def tensors_in(content: bytes, file: str) -> dict[str, Tensor]:
    """Every tensor by its key, as float32. Raises FatalError where there are none.

    Of a whole training state the averaged generator is taken where there is one, without the prefix of its keys.
    """
    found = _unpacked(content, file)
    for tensors in _states(found, _DEPTH):
        prefixes = [key.removesuffix(_FIRST) for key in tensors if key.endswith(_FIRST)]
        if prefixes:
            prefix = min(prefixes, key=lambda one: _AVERAGED not in one)
            return {key.removeprefix(prefix): value.float() for key, value in tensors.items() if key.startswith(prefix)}
    plain = next(_states(found, 1), None)
    if plain is None:
        raise FatalError(f"The network file {file} holds something other than named tensors.")
    return {key.removeprefix(_WRAPPED): value.float() for key, value in plain.items()}


def _unpacked(content: bytes, file: str) -> object:
    try:
        if file.endswith(".safetensors"):
            return safetensors.torch.load(content)
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler that is fed any bytes raises anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:_TOLD]
        raise FatalError(
            f"The network file {file} cannot be read: it is neither a .safetensors nor a checkpoint of PyTorch that "
            f"holds tensors alone ({why})."
        ) from error


def _states(found: object, depth: int) -> Iterator[dict[str, Tensor]]:
    """Every dictionary of tensors in a training state, the preferred ones first."""
    if not isinstance(found, dict) or not depth:
        return
    tensors = {key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, Tensor)}
    inner = {key: value for key, value in found.items() if isinstance(value, dict)}
    for key in sorted(inner, key=lambda key: _PREFERRED.index(key) if key in _PREFERRED else len(_PREFERRED)):
        yield from _states(inner[key], depth - 1)
    if tensors:
        yield tensors
