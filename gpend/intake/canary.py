"""A file of gpend's own, touched now and then to prove that events arrive: a thread that hangs looks alive."""

import os
import threading
from pathlib import Path

from gpend.intake import inotify
from gpend.intake.inotify import Event, Reader

_MASK = inotify.CLOSE_WRITE | inotify.ONLY_DIRECTORIES
_EVERY_SECONDS = 30.0
_HANGS_SECONDS = 120.0  # so long without an event of its own, and the reader is taken for hung


class Canary:
    """A listener on the folder of one file that nobody else writes."""

    def __init__(self, file: Path, reader: Reader, now: float) -> None:
        """Watch the folder of `file` and sing; where that cannot be done, the canary proves nothing and is well."""
        self.is_proven = False  # an event has arrived since the reader began, or there is no way to tell
        self._file = file
        self._heard = threading.Event()
        self._sung_at = self._well_at = now
        try:
            self._sings = reader.add(os.fsencode(file.parent), _MASK, self, id(self)) >= 0
        except OSError:
            self._sings = False
        self._sing()

    def is_well(self, now: float) -> bool:
        """Whether its last song was heard, or has not been sung for too long ago; sings again when it is time."""
        if self._heard.is_set() or not self._sings:
            self._heard.clear()
            self._well_at, self.is_proven = now, True
        if now - self._sung_at >= _EVERY_SECONDS:
            self._sung_at = now
            self._sing()
        return now - self._well_at < _HANGS_SECONDS

    def on_event(self, event: Event) -> None:
        """Note that events arrive."""
        if event.name == os.fsencode(self._file.name):
            self._heard.set()

    def on_watch_deleted(self, wd: int) -> None:  # noqa: ARG002 - the protocol has it
        """Prove nothing from now on: its folder is gone."""
        self._sings = False

    def on_queue_overflow(self) -> None:
        """Take a lost song for heard: that events were lost is known, and that they are read is shown."""
        self._heard.set()

    def _sing(self) -> None:
        """Close the file after opening it for writing: an event, and nothing for the disk to write."""
        if not self._sings:
            return
        try:
            os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        except OSError:
            self._sings = False  # a full or read-only disk is told of elsewhere
