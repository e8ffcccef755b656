"""Named tensors out of a checkpoint, also out of a whole training state; nothing else is ever unpickled.

What a training state holds beside them (arguments, states of random numbers, dates) becomes an empty thing that can do
nothing: none of the code that it names is looked up, let alone run.
"""

import io
import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.weights import Proven

_FIRST = "ecd0.0.0.weight"  # a tensor that every GPEN has, and no discriminator: its key tells the prefix of all others
_AVERAGED = "ema"  # in the name or prefix of the averaged one, where two lie side by side
_PREFERRED = ("g_ema", "params_ema", "ema", "g", "params", "state_dict", "model")
_WRAPPED = "module."  # before every key of what was trained on several graphics cards
_COUNTED = ("total_ops", "total_params")  # what a profiler leaves beside layers
_GZIP, _ZIP, _ZIP_END = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_PROGRAM = b"/constants.pkl"  # what the archives of TorchScript hold
_GLOBAL = re.compile(r"GLOBAL (\S+)")  # how torch names what it does not unpickle
_FILLED = re.compile(r"SETITEM.* got <class 'foreign\.([^']+)'>")  # and what it does not fill by key
_ZIP_TAIL = 1 << 10  # bytes before its end in which a zip has the end of its directory
_ONNX_HEAD = 64  # bytes in which ONNX names who wrote it
_DEPTH = 6  # dictionaries and lists within each other that a training state may have
_FOREIGN = 40  # kinds of other things that it may hold


class _Empty(list[object]):
    """Stands for anything in a training state that is no tensor; it keeps nothing but what a list would hold."""

    def __init__(self, *_: object) -> None:
        """Whatever it would be made from."""

    def __setstate__(self, _: object) -> None:
        """What it held is dropped."""


class _EmptyMapping:
    """The same for what holds things by key."""

    def __new__(cls, *_: object) -> Any:  # noqa: ANN401 - none of its own
        """A dictionary, as the unpickler fills those alone."""
        return OrderedDict()


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
            prefix = min(prefixes, key=_is_as_trained)
            return _in_float32(
                {key: value for key, value in tensors.items() if _is_of(key, value, prefix)}, prefix, file
            )
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
            return _loaded(content)
    except Exception as error:  # an unpickler that is fed any bytes raises anything
        raise FatalError(
            f"The network file {file} cannot be read: it is neither a .safetensors nor a checkpoint of PyTorch that "
            f"holds tensors alone{_what_it_is(content, error)}."
        ) from error


def _loaded(content: bytes) -> object:
    """A checkpoint of PyTorch; of what it holds beside tensors nothing comes to life. Raises whatever torch raises."""
    foreign: dict[str, type] = {}
    while True:
        known = [(empty, name if "." in name else f"builtins.{name}") for name, empty in foreign.items()]
        try:
            with torch.serialization.safe_globals(list(known)):
                return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            named, filled = _GLOBAL.search(str(error)), _FILLED.search(str(error))
            if named and named[1] not in foreign and len(foreign) < _FOREIGN:
                foreign[named[1]] = type(named[1], (_Empty,), {"__module__": "foreign"})
            elif filled and foreign.get(filled[1], _EmptyMapping) is not _EmptyMapping:
                foreign[filled[1]] = _EmptyMapping
            else:
                raise


def _what_it_is(content: bytes, error: Exception) -> str:
    """What a file that cannot be read seems to be, and what to do, where that can be told."""
    if foreign := _GLOBAL.search(str(error)):
        return (
            f", but holds {foreign[1]} as well, which is not unpickled, as it could do anything. If it is your own, "
            "save its generator alone (the entry g_ema)"
        )
    is_cut = _ZIP_END not in content[-_ZIP_TAIL:]
    signs = (
        (content.startswith(_GZIP), ", but packed with gzip: unpack it first"),
        (content.startswith(_ZIP) and is_cut, "; it is cut short or damaged"),
        (content.startswith(_ZIP) and "operand" in str(error), ", but was saved by another protocol than torch's own"),
        (content.startswith(_ZIP) and _PROGRAM in content, ", but a program (TorchScript): get the .pth behind it"),
        (content.startswith(_ZIP), ", but an archive of other files"),
        (b"pytorch" in content[:_ONNX_HEAD], ", but seems to be in ONNX's format: get the .pth of that network"),
    )
    return next((told for is_so, told in signs if is_so), "")


def _states(found: object, depth: int) -> Iterator[dict[str, Tensor]]:
    """Every dictionary of tensors in a training state, the averaged ones first, then the preferred ones."""
    held = dict(enumerate(found)) if isinstance(found, list | tuple) else found
    if not isinstance(held, dict) or not depth:
        return
    tensors = {key: value for key, value in held.items() if isinstance(key, str) and isinstance(value, Tensor)}
    inner = {key: value for key, value in held.items() if isinstance(value, dict | list | tuple)}
    for key in sorted(inner, key=_rank):
        yield from _states(inner[key], depth - 1)
    if tensors:
        yield tensors


def _rank(key: object) -> tuple[bool, int]:
    """Where an entry of a training state stands, the first one first."""
    return _is_as_trained(str(key)), _PREFERRED.index(key) if key in _PREFERRED else len(_PREFERRED)


def _is_as_trained(name: str) -> bool:
    """Is that, by its name, not the averaged one?"""
    return _AVERAGED not in name.lower()


def _is_of(key: str, value: Tensor, prefix: str) -> bool:
    """Is a tensor one of the network's whose keys begin with `prefix`, and no count that stands beside them?"""
    return key.startswith(prefix) and value.dim() > 0 and not key.endswith(_COUNTED)
