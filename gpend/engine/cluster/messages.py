"""What the head and a worker's Dask process say to each other before the first photo: JSON, checked field by field.

Photos and what became of them travel as the same frames that go through the pipe to the locked process.
"""

import hashlib
import io
import platform
from dataclasses import replace
from importlib.metadata import version
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gpend import __version__
from gpend.core.wish import Wish
from gpend.engine.frames import receive_from_engine, receive_from_worker, send
from gpend.engine.protocol import Crops, FromWorker, Photo, ProtocolError, ToWorker

_Text = Annotated[str, Field(max_length=4000)]
NUMBER = 0
"""Every photo's number between machines: an answer comes back on the connection that the photo went out on."""


class _Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Versions(_Message):
    """What runs on a machine."""

    gpend: _Text
    python: _Text
    distributed: _Text

    @classmethod
    def here(cls) -> "Versions":
        """Of this machine."""
        return cls(gpend=__version__, python=platform.python_version(), distributed=version("distributed"))


class Weights(_Message):
    """A network that the settings ask for."""

    name: _Text
    sha256: _Text


class Hello(_Message):
    """From the head: how photos are to be processed."""

    versions: Versions
    settings: str  # CoreSettings as JSON
    largest: int  # bytes that a photo may have, before and after
    stall: float  # seconds
    idle: float
    weights: tuple[Weights, ...] = Field(strict=False)

    @property
    def digest(self) -> str:
        """What names it from then on: SHA-256 as 64 hexadecimal digits."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Welcome(_Message):
    """From the worker."""

    versions: Versions
    name: _Text
    device: _Text
    slots: Annotated[int, Field(ge=1, le=64)]
    problem: _Text = ""  # why it cannot process photos like this; "": it can
    lacks: tuple[_Text, ...] = Field(default=(), strict=False)  # networks that it has not, or in another form


def packed(message: FromWorker | ToWorker) -> bytes:
    """A message as it travels. Raises ValueError for what may not travel, as `send` does."""
    stream = io.BytesIO()
    send(stream, message)
    return stream.getvalue()


def asked(wish: Wish | None, crops: Crops | None = None) -> bytes:
    """What goes beside the bytes of a photo or of its faces: what is to be done with them."""
    return packed(Photo(NUMBER, b"", wish) if crops is None else replace(crops, number=NUMBER, pixels=b""))


def asked_of(frame: bytes, content: bytes) -> Photo | Crops:
    """What came beside the bytes of a photo or of its faces, with them. Raises ProtocolError where it is neither."""
    message = receive_from_engine(io.BytesIO(frame))
    match message:
        case Photo():
            return replace(message, photo=content)
        case Crops():
            return replace(message, pixels=content)
        case _:
            raise ProtocolError("neither a photo nor faces were announced")


def unpacked(frame: bytes, largest: int) -> FromWorker:
    """An answer that came. Raises ProtocolError where it is none."""
    answer = receive_from_worker(io.BytesIO(frame), largest, (NUMBER,))
    if answer is None:
        raise ProtocolError("an answer cut short")
    return answer


def difference(ours: Versions, theirs: Versions) -> tuple[str, str]:
    """Why a worker of other versions cannot be used, and what else should be known of them, in words; "": nothing.

    gpend must be the same, or two photos of one folder would be judged differently. Python and Dask should be.
    """
    if ours.gpend != theirs.gpend:
        return f"it runs gpend {theirs.gpend}, and this machine {ours.gpend}: install the same on both", ""
    pairs = (
        ("Python", _minor(ours.python), _minor(theirs.python)),
        ("distributed", ours.distributed, theirs.distributed),
    )
    told = [f"{name} {other} (here {own})" for name, own, other in pairs if own != other]
    return "", f"it runs {' and '.join(told)}; the same on all machines is what is tried out" if told else ""


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])
