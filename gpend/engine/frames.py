"""Messages as they travel: frames of two lengths, a header in JSON, and raw bytes. Never pickle."""

import json
import math
import struct
from collections.abc import Container, Mapping
from typing import Annotated, BinaryIO, TypeVar, assert_never

from pydantic import Field, TypeAdapter, ValidationError

from gpend.core.report import FaceReport, Kept, Outcome, Restored
from gpend.core.wish import Wish
from gpend.engine import headers
from gpend.engine.protocol import (
    Beat,
    Crops,
    Done,
    Failed,
    FromWorker,
    Photo,
    ProtocolError,
    Ready,
    Refused,
    Setup,
    ToWorker,
    Unrestored,
)
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

_OF_PHOTOS: Mapping[str, type[GpendError]] = {
    kind.__name__: kind for kind in (PhotoError, IncompleteError, UnsupportedError, TransientError, DeviceError)
}
"""What may be the matter with a photo. That gpend must stop is nothing that a worker can say of one."""
_OF_STARTS: Mapping[str, type[GpendError]] = {
    kind.__name__: kind for kind in (FatalError, ConfigurationError, TransientError, DeviceError)
}


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
            notes = [_text(note) for note in message.notes]
            header = {"kind": "ready", "name": message.name, "device": message.device, "notes": notes}
        case Refused():
            header = {"kind": "refused", **_error(message.error, _OF_STARTS, FatalError)}
        case Beat():
            header = {"kind": "beat", "numbers": message.numbers, "note": _text(message.note)}
        case Failed():
            header = {"kind": "failed", "number": message.number, **_error(message.error, _OF_PHOTOS, PhotoError)}
        case Done():
            return _outcome(message.number, message.outcome)
        case _:
            assert_never(message)
    return header, b""


def _wish(wish: Wish | None) -> dict[str, object] | None:
    return None if wish is None else {name: getattr(wish, name) for name in headers.Wish.model_fields}


def _outcome(number: int, outcome: Outcome) -> tuple[dict[str, object], bytes]:
    told: dict[str, object] = {"number": number, "reason": _text(outcome.reason), "faces": _faces(outcome.faces)}
    told["seconds"] = {stage: float(spent) for stage, spent in outcome.seconds.items()}
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
    return text[: headers.LONGEST_TEXT].encode("utf-8", "replace").decode()


_AnyHeader = TypeVar("_AnyHeader", headers.ToWorker, headers.FromWorker)
_TO_WORKER: TypeAdapter[headers.ToWorker] = TypeAdapter(Annotated[headers.ToWorker, Field(discriminator="kind")])
_FROM_WORKER: TypeAdapter[headers.FromWorker] = TypeAdapter(Annotated[headers.FromWorker, Field(discriminator="kind")])
_ABOUT_A_PHOTO = headers.Failed | headers.Kept | headers.Restored | headers.Crops


def receive_from_engine(stream: BinaryIO, largest: int = 0) -> ToWorker | None:
    """The engine's next message, with a photo of at most `largest` bytes; None at the end. Raises ProtocolError."""
    received = _header(stream, _TO_WORKER, largest)
    if received is None:
        return None
    header, length = received
    if isinstance(header, headers.Setup):
        return Setup(header.settings, header.slots, header.largest, header.elsewhere)
    if isinstance(header, headers.Unrestored):
        return Unrestored(header.number, header.reason)
    photo = stream.read(length)
    if len(photo) < length:
        return None
    if isinstance(header, headers.Crops):
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
    if isinstance(header, _ABOUT_A_PHOTO) and header.number not in asked:
        raise ProtocolError(f"an answer about photo {header.number}, which it does not have")
    if not isinstance(header, headers.Restored | headers.Crops):
        return _message(header)
    if not length:
        raise ProtocolError("a restored photo without a byte")
    photo = stream.read(length)
    if len(photo) < length:
        return None
    if isinstance(header, headers.Crops):
        return Crops(header.number, header.network, header.side, photo)
    told = Restored(photo, header.suffix, header.reason, _reports(header.faces), header.notes, seconds=_seconds(header))
    return Done(header.number, told)


def _header(stream: BinaryIO, known: TypeAdapter[_AnyHeader], largest: int) -> tuple[_AnyHeader, int] | None:
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
        header = known.validate_json(encoded)
    except ValidationError as error:  # told without a word of its own: it ends in the log
        raise ProtocolError(f"a header with {error.error_count()} faults") from error
    if following and not isinstance(header, headers.Photo | headers.Restored | headers.Crops):
        raise ProtocolError(f"{following} bytes after a header that announces none")
    return header, following


def _message(header: headers.Ready | headers.Refused | headers.Beat | headers.Failed | headers.Kept) -> FromWorker:
    match header:
        case headers.Ready():
            return Ready(header.name, header.device, header.notes)
        case headers.Refused():
            return Refused(_OF_STARTS[header.error](header.message))
        case headers.Beat():
            return Beat(header.numbers, header.note)
        case headers.Failed():
            return Failed(header.number, _OF_PHOTOS[header.error](header.message))
        case headers.Kept():
            return Done(header.number, Kept(header.reason, _reports(header.faces), seconds=_seconds(header)))
        case _:
            assert_never(header)


def _seconds(header: headers.Kept | headers.Restored) -> dict[str, float]:
    return {stage.value: spent for stage, spent in header.seconds.items()}


def _reports(faces: tuple[headers.Face, ...]) -> tuple[FaceReport, ...]:
    return tuple(FaceReport(**dict(face)) for face in faces)
