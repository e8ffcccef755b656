"""The nouns of the dispatcher: a moment, a pair of folders, a photo on its way, and with what it is processed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from gpend.core.formats.described import described
from gpend.core.same_picture import digest
from gpend.core.wish import Wish
from gpend.engine import Engine
from gpend.intake.reading import Original
from gpend.intake.source import Source
from gpend.ledger import Decision, Fingerprint, Result, Row, Written
from gpend.mirror import Mirror, Origin
from gpend.mirror.atomic import Staged
from gpend.settings import Settings

_CLOCK = len("2023-07-08 09:10:11")


@dataclass(frozen=True)
class Now:
    """This moment on both clocks: one that people read and that may jump, one that only ever goes on."""

    utc: int  # whole seconds, for the ledger
    steady: float  # seconds of the monotonic clock, for intervals


@dataclass(frozen=True)
class Runtime:
    """With what photos are processed."""

    settings: Settings
    engine: Engine
    fingerprint: Fingerprint
    note_seconds: Callable[[str, float], None] = lambda _stage, _seconds: None  # how long a photo's stage took


@dataclass
class FolderPair:
    """One source and the tree that mirrors it, as the configuration names them."""

    id: int  # in the ledger
    source: Source
    mirror: Mirror
    minimum_free: int = 0  # bytes
    identity: str | None = None  # of the output's root; another one there is another disk, or none at all
    previous: Mirror | None = None  # the output before it was switched, if it is still there
    has_new_changes: bool = False  # which the brake has to look at before they are processed

    @property
    def root(self) -> Path:
        """The source's root."""
        return self.source.root


@dataclass(frozen=True)
class Job:
    """A photo that was read, and where it belongs."""

    row: Row
    pair: FolderPair
    photo: Original
    taken: int  # UTC seconds
    picture: bytes  # what there is to see: the photo itself, unless it is wrapped up
    suffix: str = ""  # the ending that a name for the picture must have, if another
    decision: Decision | None = None  # what a person wants of it
    staged: Staged | None = None  # a copy of a file that is not held in memory, beside its place

    @property
    def is_streamed(self) -> bool:
        """Is this a file that was read without being held in memory?"""
        return bool(self.photo.streamed)

    @property
    def origin(self) -> Origin:
        """What the mirror wants to know of it."""
        picture = hashlib.sha256(self.picture).hexdigest() if self.picture is not self.photo.data else ""
        return Origin(self.row.relative, self.photo.content, self.photo.like, picture)

    @cached_property
    def picture_digest(self) -> str:
        """SHA-256 of the picture alone, without its metadata; "" where it cannot be told."""
        return digest(self.picture)

    @property
    def is_same_picture(self) -> bool:
        """Has it the picture that its outcome so far is about, in a file that was edited?"""
        row = self.row
        is_edited = row.content is not None and row.content != self.photo.content
        return is_edited and row.picture is not None and row.picture == self.picture_digest

    @cached_property
    def capture(self) -> tuple[str | None, int | None]:
        """Camera, and when the photo was taken as the camera's clock showed it, in seconds as if it was UTC."""
        told = described(self.picture)
        return told.camera or None, _seconds(told.taken)

    @property
    def wish(self) -> Wish | None:
        """What a person wants of its faces."""
        return None if self.decision is None else self.decision.wish

    @property
    def before(self) -> Written | None:
        """What was written for it earlier."""
        return self.row.written


def _seconds(taken: str) -> int | None:
    """A camera's clock, such as "2023-07-08 09:10:11+02:00", as if it was UTC (pure)."""
    try:
        return int(datetime.fromisoformat(taken[:_CLOCK]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


class Listener(Protocol):
    """Is told what happens, once, after it is on record."""

    def finished(self, row: Row, result: Result) -> None:
        """The processing of a photo has ended."""
        ...

    def paused(self, pair: FolderPair, reason: str) -> None:
        """Nothing of a pair is processed until the reason is gone."""
        ...


class Nobody:
    """A Listener that does nothing."""

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
