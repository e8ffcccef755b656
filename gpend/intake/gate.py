"""Only whole files pass: lets photos through once they are quiet and hold their picture to its end.

The same gate stands at start and later. It opens files, read-only, when they have been quiet, and reads little of them.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpend.errors import TransientError
from gpend.intake import Sighting
from gpend.intake.ending import Ending, ends
from gpend.intake.names import temporary_for
from gpend.intake.settle import Settle, Verdict
from gpend.intake.source import Source
from gpend.settings import Settings

_MINUTE = 60.0
_LISTING_SECONDS = 2.0  # a directory's temporary files are listed at most so often
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # never waits, should a pipe have taken its place


@dataclass(frozen=True)
class Settled:
    """A file to process; or one to set aside, because it has stopped growing and still has no end."""

    sighting: Sighting
    incomplete: bool = False


class Gate:
    """Holds the unsettled files of one source."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source = source
        self._settle = Settle(settings.settle_seconds, settings.incomplete_minutes * _MINUTE)
        self._listed: dict[Path, frozenset[str]] = {}
        self._listed_at = -_LISTING_SECONDS

    def __len__(self) -> int:
        return len(self._settle)

    def offer(self, sighting: Sighting, now: float, *, at_once: bool = False) -> bool:
        """Watch a file until it is whole; False if there is no room: take some, then offer it again.

        `at_once` is for a file renamed from a temporary name: it need not be quiet, but its end is looked at all the
        same. Offering a file that is already watched starts its quiet time anew only if it has changed.
        """
        return self._settle.offer(sighting, now, at_once=at_once)

    def take(self, now: float, limit: int = 256) -> Iterator[Settled]:
        """Look at files that are due, `limit` at most, and let pass those that are whole."""
        for _ in range(limit):
            path = self._settle.due(now)
            if path is None:
                return
            settled = self._look(path, now)
            if settled is not None:
                yield settled

    def next_check(self) -> float | None:
        """When `take` is worth calling again; None while nothing waits."""
        return self._settle.next_check()

    def oldest(self, now: float) -> float:
        """For how many seconds the file overdue longest should have been looked at; 0 if none is."""
        return self._settle.oldest(now)

    def _look(self, path: Path, now: float) -> Settled | None:
        ending = Ending.UNKNOWN
        try:
            seen = self._source.sight(path)
            if seen is not None and self._settle.is_unchanged(seen):
                ending = _ending(path)
                seen = self._source.sight(path)  # what was judged must still be what is there
        except (OSError, TransientError):
            self._settle.postpone(path, now)
            return None
        if seen is None:
            self._settle.forget(path)
            return None
        verdict = self._settle.judge(seen, ending, now, held=self._is_held(path, now))
        return None if verdict is Verdict.WAIT else Settled(seen, incomplete=verdict is Verdict.INCOMPLETE)

    def _is_held(self, path: Path, now: float) -> bool:
        """Whether a tool is writing, under a temporary name beside it, what will replace this file."""
        if now - self._listed_at >= _LISTING_SECONDS:
            self._listed.clear()
            self._listed_at = now
        if path.parent not in self._listed:
            self._listed[path.parent] = _to_be_replaced(path.parent)
        return path.name in self._listed[path.parent]


def _to_be_replaced(directory: Path) -> frozenset[str]:
    try:
        with os.scandir(directory) as entries:
            return frozenset(final for entry in entries if (final := temporary_for(entry.name)))
    except OSError:
        return frozenset()  # the file itself was seen, and its end judged; a hold is only a courtesy


def _ending(path: Path) -> Ending:
    """How a file ends now. Raises OSError or TransientError if it cannot be told at this moment."""
    try:
        descriptor = _opened(path)
    except PermissionError:
        return Ending.UNKNOWN  # whoever reads it next will say that it is unreadable
    try:
        return ends(_File(descriptor))
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, _OPEN | os.O_NOATIME)  # not even the time of the last access changes
    except PermissionError:
        return os.open(path, _OPEN)  # that is for the owner of a file only


class _File:
    """An open regular file, as a Reader."""

    def __init__(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise TransientError("something else has taken the place of a photo since it was seen")
        self._descriptor = descriptor
        self.size = status.st_size

    @property
    def first_hole(self) -> int:
        """As in Reader; file systems that do not know say that there is none."""
        try:
            return os.lseek(self._descriptor, 0, os.SEEK_HOLE)
        except OSError:
            return self.size

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        if offset >= self.size:
            return b""  # a damaged file may name any offset, even one that the system call cannot take
        return os.pread(self._descriptor, count, offset)
