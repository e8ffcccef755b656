"""What the engine and its worker process say to each other, as length-prefixed frames over a pipe.

Both ends are gpend itself. Even so a frame is unpickled only into the few classes that may travel: the worker opens
photos that strangers sent, and must not be able to make the daemon run anything.
"""

import io
import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from gpend.core.report import Outcome
from gpend.errors import GpendError

_LENGTH = struct.Struct("<Q")
_LARGEST = 4 << 30
_OWN = ("gpend.core.report", "gpend.engine.protocol", "gpend.errors")
_PLAIN = (("builtins", "bool"), ("builtins", "int"), ("builtins", "float"))


@dataclass(frozen=True)
class Setup:
    """First to the worker: what to load."""

    settings: str  # CoreSettings as JSON
    slots: int  # photos at a time


@dataclass(frozen=True)
class Photo:
    """To the worker: process this."""

    number: int
    photo: bytes


@dataclass(frozen=True)
class Ready:
    """From the worker: the networks are loaded and have been tried."""

    name: str  # of the restoring network


@dataclass(frozen=True)
class Refused:
    """From the worker: it cannot work like this, and ends."""

    error: GpendError


@dataclass(frozen=True)
class Beat:
    """From the worker: these photos make headway; none at all while it is still loading."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Done:
    """From the worker."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class Failed:
    """From the worker."""

    number: int
    error: GpendError


ToWorker: TypeAlias = Setup | Photo
FromWorker: TypeAlias = Ready | Refused | Beat | Done | Failed
Message: TypeAlias = ToWorker | FromWorker


class GarbledError(Exception):
    """What came through the pipe is no frame of ours."""


def send(stream: BinaryIO, message: Message) -> None:
    """Write one frame. OSError where nobody reads any more."""
    frame = io.BytesIO()
    _Pickler(frame, protocol=pickle.HIGHEST_PROTOCOL).dump(message)
    stream.write(_LENGTH.pack(frame.tell()))
    stream.write(frame.getbuffer())
    stream.flush()


def receive(stream: BinaryIO) -> Message | None:
    """Read one frame; None where the other end is gone. Raises GarbledError."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LARGEST:
        raise GarbledError(f"a frame of {length} bytes")
    frame = stream.read(length)
    return _opened(frame) if len(frame) == length else None


def _opened(frame: bytes) -> Message:
    try:
        message = _Unpickler(io.BytesIO(frame)).load()
    except Exception as error:  # unpickling garbage raises anything
        raise GarbledError(str(error)) from error
    if not isinstance(message, Message):
        raise GarbledError(f"a {type(message).__name__}")
    return message


class _Pickler(pickle.Pickler):
    """Sends NumPy's numbers as Python's own: a float of NumPy passes for one everywhere but here."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - the type that pickle declares
        """Called for everything that is not of Python's simplest types."""
        if isinstance(value, np.generic):
            plain = value.item()
            return type(plain), (plain,)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    """Knows the classes that travel, and no others."""

    def find_class(self, module: str, name: str) -> object:
        """Called for every class that a frame names."""
        found = super().find_class(module, name) if module in _OWN or (module, name) in _PLAIN else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} may not travel")
        return found
