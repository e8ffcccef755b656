"""Named tensors out of a checkpoint, also out of a whole training state; nothing else is ever unpickled."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
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
_GZIP, _ZIP, _ZIP_END = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_ZIP_TAIL = 1 << 10  # bytes before its end in which a zip has the end of its directory
_ONNX_HEAD = 64  # bytes in which ONNX names who wrote it
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
            return _in_float32({key: value for key, value in tensors.items() if key.startswith(prefix)}, prefix, file)
    plain = next(_states(found, 1), None)
    if plain is None:
        raise FatalError(f"The network file {file} holds something other than named tensors.")
    return _in_float32(plain, _WRAPPED, file)


def is_safetensors(content: bytes) -> bool:
    """Whether a file is a .safetensors, whatever its name: the length of a JSON object, then that object."""
    return content[8:9] == b"{"


def _in_float32(tensors: Mapping[str, Tensor], prefix: str, file: str) -> dict[str, Tensor]:
    """Without the prefix of their keys. Raises FatalError where one cannot be computed with."""
    try:
        return {key.removeprefix(prefix): value.float() for key, value in tensors.items()}
    except RuntimeError as error:
        raise FatalError(
            f"The network file {file} holds tensors that are no plain numbers (quantised, perhaps). Get it as it was "
            "trained: in float32, float16 or bfloat16."
        ) from error


def _unpacked(content: bytes, file: str) -> object:
    try:
        if is_safetensors(content):
            return safetensors.torch.load(content)
        with warnings.catch_warnings():  # on kinds of files that are refused anyway
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler that is fed any bytes raises anything
        raise FatalError(
            f"The network file {file} cannot be read: it is neither a .safetensors nor a checkpoint of PyTorch that "
            f"holds tensors alone{_what_it_is(content, error)}."
        ) from error


def _what_it_is(content: bytes, error: Exception) -> str:
    """What a file that cannot be read seems to be, and what to do, where that can be told."""
    foreign = re.search(r"GLOBAL (\S+)", str(error))
    if foreign:
        return (
            f", but holds {foreign[1]} as well, which is not unpickled, as it could do anything. If it is your own, "
            "save its generator alone (the entry g_ema)"
        )
    if content.startswith(_GZIP):
        return ", but packed with gzip: unpack it first"
    if content.startswith(_ZIP):
        return (
            "; it is cut short or damaged"
            if _ZIP_END not in content[-_ZIP_TAIL:]
            else ", but an archive of other files"
        )
    if b"pytorch" in content[:_ONNX_HEAD]:
        return ", but seems to be in ONNX's format: get the .pth of that network"
    return ""


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
