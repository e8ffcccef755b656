"""What the engine and its worker process say to each other: frames of two lengths, a header in JSON, and raw bytes.

Both ends are gpend itself. Even so the engine believes nothing that it is told: the worker opens photos that strangers
sent, and whoever took it over must not get any further. So nothing is unpickled, no name is looked up but in the
tables of this module, every field is checked as it arrives, and no length is believed that the settings do not allow.
"""

import json
import math
import struct
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal, TypeAlias, TypeVar, assert_never

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gpend.core.formats.signatures import ENDINGS
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.core.wish import Wish
from gpend.errors import (
    ConfigurationError,
    DeviceError,
    FatalError,
    GpendError,
    IncompleteError,
    PhotoError,
    TransientError,
    UnsupportedError,
)

_LENGTHS = struct.Struct("<IQ")  # bytes of the header, bytes after it
_LONGEST_HEADER = 2 << 20  # bytes: more than two thousand faces
_LONGEST_TEXT = 4000  # characters

_SUFFIXES = frozenset({"", *(endings[0] for endings in ENDINGS.values())})
_OF_PHOTOS: Mapping[str, type[GpendError]] = {
    kind.__name__: kind for kind in (PhotoError, IncompleteError, UnsupportedError, TransientError, DeviceError)
}
"""What may be the matter with a photo. That gpend must stop is nothing that a worker can say of one."""
_OF_STARTS: Mapping[str, type[GpendError]] = {
    kind.__name__: kind for kind in (FatalError, ConfigurationError, TransientError, DeviceError)
}


@dataclass(frozen=True)
class Setup:
    """First to the worker: what to load."""

    settings: str  # CoreSettings as JSON
    slots: int  # photos at a time
    largest: int  # bytes that a photo may have, before and after
    elsewhere: bool = False  # faces are restored by others: the networks for that are not loaded


@dataclass(frozen=True)
class Crops:
    """Aligned faces. To the worker: restore these, or these are restored now. From it: have these restored."""

    number: int
    network: str  # its name and version
    side: int  # of a crop, in pixels
    pixels: bytes  # (count, side, side, 3) of 8 bits, RGB


@dataclass(frozen=True)
class Unrestored:
    """To the worker: why nobody has restored the crops of a photo."""

    number: int
    reason: str


@dataclass(frozen=True)
class Photo:
    """To the worker: process this."""

    number: int
    photo: bytes
    wish: Wish | None = None


@dataclass(frozen=True)
class Ready:
    """From the worker: the networks are loaded and have been tried."""

    name: str  # of the restoring network
    device: str = ""  # where it runs


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


ToWorker: TypeAlias = Setup | Photo | Crops | Unrestored
FromWorker: TypeAlias = Ready | Refused | Beat | Done | Failed | Crops


class ProtocolError(Exception):
    """What came through the pipe is no frame of ours."""


def send(stream: BinaryIO, message: ToWorker | FromWorker) -> None:
    """Write one frame; the photo in it is not copied.

    Raises OSError where nobody reads any more, and ValueError, before anything is written, for what may not travel: a
    number that is not finite, or a header beyond all measure.
    """
    header, body = _header_and_body(message)
    encoded = json.dumps(header, allow_nan=False).encode()
    if len(encoded) > _LONGEST_HEADER:
        raise ValueError(f"a header of {len(encoded)} bytes")
    stream.write(_LENGTHS.pack(len(encoded), len(body)) + encoded)
    stream.write(body)
    stream.flush()


def _header_and_body(message: ToWorker | FromWorker) -> tuple[dict[str, object], bytes]:
    match message:
        case Setup():
            header = {"kind": "setup", **vars(message)}
        case Photo():
            return {"kind": "photo", "number": message.number, "wish": _wish(message.wish)}, message.photo
        case Crops():
            told = {"number": message.number, "network": message.network, "side": message.side}
            return {"kind": "crops", **told}, message.pixels
        case Unrestored():
            header = {"kind": "unrestored", "number": message.number, "reason": _text(message.reason)}
        case Ready():
            header = {"kind": "ready", "name": message.name, "device": message.device}
        case Refused():
            header = {"kind": "refused", **_error(message.error, _OF_STARTS, FatalError)}
        case Beat():
            header = {"kind": "beat", "numbers": message.numbers}
        case Failed():
            header = {"kind": "failed", "number": message.number, **_error(message.error, _OF_PHOTOS, PhotoError)}
        case Done():
            return _outcome(message.number, message.outcome)
        case _:
            assert_never(message)
    return header, b""


def _wish(wish: Wish | None) -> dict[str, object] | None:
    return None if wish is None else {name: getattr(wish, name) for name in _Wish.model_fields}


def _outcome(number: int, outcome: Outcome) -> tuple[dict[str, object], bytes]:
    told: dict[str, object] = {"number": number, "reason": _text(outcome.reason), "faces": _faces(outcome.faces)}
    if isinstance(outcome, Kept):
        return {"kind": "kept", **told}, b""
    notes = [_text(note) for note in outcome.notes]
    return {"kind": "restored", **told, "suffix": outcome.suffix, "notes": notes}, outcome.photo


def _error(error: GpendError, table: Mapping[str, type[GpendError]], otherwise: type[GpendError]) -> dict[str, object]:
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in table]
    return {"error": next(iter(names), otherwise.__name__), "message": _text(str(error))}


def _faces(faces: tuple[FaceReport, ...]) -> list[dict[str, object]]:
    """In Python's own numbers: a float of NumPy passes for one everywhere but here."""
    return [
        {
            "box": [float(edge) for edge in face.box],
            "score": float(face.score),
            "sharpness": None if face.sharpness is None else float(face.sharpness),
            "verdict": face.verdict.value,
            "reason": _text(face.reason),
            "terms": {name: float(term) for name, term in face.terms.items() if math.isfinite(term)},
            "network": _text(face.network),
        }
        for face in faces
    ]


def _text(text: str) -> str:
    """As it may travel: not too long, and without the halves of characters that a file name or a decoder may bring."""
    return text[:_LONGEST_TEXT].encode("utf-8", "replace").decode()


_Number = Annotated[int, Field(ge=0, lt=1 << 63)]
_Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
_Real = Annotated[
    float, Field(ge=-1e9, le=1e9)
]  # far more than any edge of a box; to be rounded and shown without care


def _known_suffix(suffix: str) -> str:
    """The mirror makes a file name of it."""
    if suffix not in _SUFFIXES:
        raise ValueError("no ending that gpend writes")
    return suffix


class _Header(BaseModel):
    """Of the exact types, finite, and without a field more or less."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class _Setup(_Header):
    kind: Literal["setup"]
    settings: str
    slots: _Number
    largest: _Number
    elsewhere: bool = False


class _Crops(_Header):
    kind: Literal["crops"]
    number: _Number
    network: _Text
    side: Annotated[int, Field(ge=16, le=2048)]


class _Unrestored(_Header):
    kind: Literal["unrestored"]
    number: _Number
    reason: _Text


_Box = tuple[_Real, _Real, _Real, _Real]


class _Wish(_Header):
    every_face: bool
    restore: Annotated[tuple[_Box, ...], Field(fail_fast=True)]
    leave: Annotated[tuple[_Box, ...], Field(fail_fast=True)]


class _Photo(_Header):
    kind: Literal["photo"]
    number: _Number
    wish: _Wish | None


class _Ready(_Header):
    kind: Literal["ready"]
    name: _Text
    device: Annotated[str, Field(pattern=r"^[a-z]{0,8}(:[0-9]{1,3})?$")] = ""


class _Refused(_Header):
    kind: Literal["refused"]
    error: Literal["FatalError", "ConfigurationError", "TransientError", "DeviceError"]
    message: _Text


class _Beat(_Header):
    kind: Literal["beat"]
    numbers: Annotated[tuple[_Number, ...], Field(fail_fast=True)]


class _Failed(_Header):
    kind: Literal["failed"]
    number: _Number
    error: Literal["PhotoError", "IncompleteError", "UnsupportedError", "TransientError", "DeviceError"]
    message: _Text


class _Face(_Header):
    box: _Box
    score: _Real
    sharpness: _Real | None
    verdict: Verdict
    reason: _Text
    terms: dict[_Text, _Real]
    network: _Text = ""


class _Kept(_Header):
    kind: Literal["kept"]
    number: _Number
    reason: _Text
    faces: Annotated[tuple[_Face, ...], Field(fail_fast=True)]


class _Restored(_Header):
    kind: Literal["restored"]
    number: _Number
    suffix: Annotated[str, AfterValidator(_known_suffix)]
    reason: _Text
    faces: Annotated[tuple[_Face, ...], Field(fail_fast=True)]
    notes: Annotated[tuple[_Text, ...], Field(fail_fast=True)]


_ToWorker: TypeAlias = _Setup | _Photo | _Crops | _Unrestored
_FromWorker: TypeAlias = _Ready | _Refused | _Beat | _Failed | _Kept | _Restored | _Crops
_TO_WORKER: TypeAdapter[_ToWorker] = TypeAdapter(Annotated[_ToWorker, Field(discriminator="kind")])
_FROM_WORKER: TypeAdapter[_FromWorker] = TypeAdapter(Annotated[_FromWorker, Field(discriminator="kind")])
_AnyHeader = TypeVar("_AnyHeader", _ToWorker, _FromWorker)


def receive_from_engine(stream: BinaryIO, largest: int = 0) -> ToWorker | None:
    """The engine's next message, with a photo of at most `largest` bytes; None at the end. Raises ProtocolError."""
    received = _header(stream, _TO_WORKER, largest)
    if received is None:
        return None
    header, length = received
    if isinstance(header, _Setup):
        return Setup(header.settings, header.slots, header.largest, header.elsewhere)
    if isinstance(header, _Unrestored):
        return Unrestored(header.number, header.reason)
    photo = stream.read(length)
    if len(photo) < length:
        return None
    if isinstance(header, _Crops):
        return Crops(header.number, header.network, header.side, photo)
    wish = None if header.wish is None else Wish(**dict(header.wish))
    return Photo(header.number, photo, wish)


def receive_from_worker(stream: BinaryIO, largest: int, asked: Container[int]) -> FromWorker | None:
    """The worker's next message, with a photo of at most `largest` bytes; None at the end, also amid a frame.

    Raises ProtocolError where it is none of ours, or an answer about a photo that is not among the `asked`; then no
    more than its header was read.
    """
    received = _header(stream, _FROM_WORKER, largest)
    if received is None:
        return None
    header, length = received
    if isinstance(header, _Failed | _Kept | _Restored | _Crops) and header.number not in asked:
        raise ProtocolError(f"an answer about photo {header.number}, which it does not have")
    if not isinstance(header, _Restored | _Crops):
        return _message(header)
    if not length:
        raise ProtocolError("a restored photo without a byte")
    photo = stream.read(length)
    if len(photo) < length:
        return None
    if isinstance(header, _Crops):
        return Crops(header.number, header.network, header.side, photo)
    return Done(header.number, Restored(photo, header.suffix, header.reason, _reports(header.faces), header.notes))


def _header(stream: BinaryIO, headers: TypeAdapter[_AnyHeader], largest: int) -> tuple[_AnyHeader, int] | None:
    """A header, and how many bytes follow it. A short read is the end: a pipe gives all there is until then."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    length, following = _LENGTHS.unpack(lengths)
    if length > _LONGEST_HEADER or following > largest:
        raise ProtocolError(f"a frame of {length} and {following} bytes")
    encoded = stream.read(length)
    if len(encoded) < length:
        return None
    try:
        header = headers.validate_json(encoded)
    except ValidationError as error:  # told without a word of its own: it ends in the log
        raise ProtocolError(f"a header with {error.error_count()} faults") from error
    if following and not isinstance(header, _Photo | _Restored | _Crops):
        raise ProtocolError(f"{following} bytes after a header that announces none")
    return header, following


def _message(header: _Ready | _Refused | _Beat | _Failed | _Kept) -> FromWorker:
    match header:
        case _Ready():
            return Ready(header.name, header.device)
        case _Refused():
            return Refused(_OF_STARTS[header.error](header.message))
        case _Beat():
            return Beat(header.numbers)
        case _Failed():
            return Failed(header.number, _OF_PHOTOS[header.error](header.message))
        case _Kept():
            return Done(header.number, Kept(header.reason, _reports(header.faces)))
        case _:
            assert_never(header)


def _reports(faces: tuple[_Face, ...]) -> tuple[FaceReport, ...]:
    return tuple(FaceReport(**dict(face)) for face in faces)
