"""The headers of frames: every field is checked as it arrives, and none may be there more or less."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gpend.core.formats.signatures import ENDINGS
from gpend.core.report import Verdict
from gpend.core.stages import Stage

LONGEST_TEXT = 4000  # characters
_MOST_NOTES = 32  # of a worker that is ready

_SUFFIXES = frozenset({"", *(endings[0] for endings in ENDINGS.values())})

_Number = Annotated[int, Field(ge=0, lt=1 << 63)]
_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
_Real = Annotated[float, Field(ge=-1e9, le=1e9)]  # more than any edge of a box; to be rounded and shown without care
_Box = tuple[_Real, _Real, _Real, _Real]
_Seconds = dict[Stage, Annotated[float, Field(ge=0, le=1e9)]]


def _known_suffix(suffix: str) -> str:
    """The mirror makes a file name of it."""
    if suffix not in _SUFFIXES:
        raise ValueError("no ending that gpend writes")
    return suffix


class Header(BaseModel):
    """Of the exact types, finite, and without a field more or less."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Setup(Header):
    """Of what to load."""

    kind: Literal["setup"]
    settings: str
    slots: _Number
    largest: _Number
    elsewhere: bool = False


class Crops(Header):
    """Of aligned faces; their pixels follow."""

    kind: Literal["crops"]
    number: _Number
    network: _Text
    side: Annotated[int, Field(ge=16, le=2048)]


class Unrestored(Header):
    """Of faces that nobody has restored."""

    kind: Literal["unrestored"]
    number: _Number
    reason: _Text


class Wish(Header):
    """What a person wants of the faces of a photo."""

    every_face: bool
    restore: Annotated[tuple[_Box, ...], Field(fail_fast=True)]
    leave: Annotated[tuple[_Box, ...], Field(fail_fast=True)]


class Photo(Header):
    """Of a photo, which follows."""

    kind: Literal["photo"]
    number: _Number
    wish: Wish | None


class Ready(Header):
    """That the networks are loaded."""

    kind: Literal["ready"]
    name: _Text
    device: Annotated[str, Field(pattern=r"^[a-z]{0,8}(:[0-9]{1,3})?$")] = ""
    notes: Annotated[tuple[_Text, ...], Field(max_length=_MOST_NOTES)] = ()


class Refused(Header):
    """That the worker cannot work like this."""

    kind: Literal["refused"]
    error: Literal["FatalError", "ConfigurationError", "TransientError", "DeviceError"]
    message: _Text


class Beat(Header):
    """That photos make headway."""

    kind: Literal["beat"]
    numbers: Annotated[tuple[_Number, ...], Field(fail_fast=True)]
    note: _Text = ""


class Failed(Header):
    """Why a photo could not be processed."""

    kind: Literal["failed"]
    number: _Number
    error: Literal["PhotoError", "IncompleteError", "UnsupportedError", "TransientError", "DeviceError"]
    message: _Text


class Face(Header):
    """One face of an outcome."""

    box: _Box
    score: _Real
    sharpness: _Real | None
    verdict: Verdict
    reason: _Text
    terms: dict[_Text, _Real]
    network: _Text = ""


class Kept(Header):
    """Of a photo that stays as it is."""

    kind: Literal["kept"]
    number: _Number
    reason: _Text
    faces: Annotated[tuple[Face, ...], Field(fail_fast=True)]
    seconds: _Seconds = Field(default_factory=dict)


class Restored(Header):
    """Of a restored photo, which follows."""

    kind: Literal["restored"]
    number: _Number
    suffix: Annotated[str, AfterValidator(_known_suffix)]
    reason: _Text
    faces: Annotated[tuple[Face, ...], Field(fail_fast=True)]
    notes: Annotated[tuple[_Text, ...], Field(fail_fast=True)]
    seconds: _Seconds = Field(default_factory=dict)


ToWorker: TypeAlias = Setup | Photo | Crops | Unrestored
FromWorker: TypeAlias = Ready | Refused | Beat | Failed | Kept | Restored | Crops
