"""What the engine and its worker process say to each other. How it travels: gpend.engine.frames.

Both ends are gpend itself. Even so the engine believes nothing that it is told: the worker opens photos that strangers
sent, and whoever took it over must not get any further. So nothing is unpickled, no name is looked up but in tables,
every field is checked as it arrives (gpend.engine.headers), and no length is believed that the settings do not allow.
"""

from dataclasses import dataclass
from typing import TypeAlias

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.errors import GpendError


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
    notes: tuple[str, ...] = ()  # what people should know of how the networks are computed there


@dataclass(frozen=True)
class Refused:
    """From the worker: it cannot work like this, and ends."""

    error: GpendError


@dataclass(frozen=True)
class Beat:
    """From the worker: these photos make headway; none at all while it is still loading."""

    numbers: tuple[int, ...]
    note: str = ""  # what people should know of how photos are computed from now on


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
