"""A file of gpend's own, touched now and then to prove that events arrive: a thread that hangs looks alive."""

import os
import threading
from pathlib import Path

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, Mask, WatchDescriptor

from gpend.intake.watches import Reader

_MASK = Mask(InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_ONLYDIR)
_EVERY_SECONDS = 30.0
_HANGS_SECONDS = 120.0  # so long without an event of its own, and the reader is taken for hung


class Canary:
    """A WatchCallback of watchdog on the folder of one file that nobody else writes."""

    def __init__(self, file: Path, reader: Reader, now: float) -> None:
        """Watch the folder of `file`; where that cannot be done, the canary is for ever well."""
        self._file = file
        self._heard = threading.Event()
        self._sung_at = self._well_at = now
        try:
            watch = reader.add_callback(os.fsencode(file.parent), _MASK, self, CallbackId(id(self)))
            self._sings = watch >= 0
        except OSError:
            self._sings = False

    def is_well(self, now: float) -> bool:
        """Whether its last song was heard, or has not been sung for too long ago; sings again when it is time."""
        if self._heard.is_set() or not self._sings:
            self._heard.clear()
            self._well_at = now
        if now - self._sung_at >= _EVERY_SECONDS:
            self._sung_at = now
            self._sing()
        return now - self._well_at < _HANGS_SECONDS

    def on_event(self, event: InotifyEvent) -> None:
        """Note that events arrive."""
        if event.name == os.fsencode(self._file.name):
            self._heard.set()

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002 - the protocol is watchdog's
        """Its folder is gone, so its silence means nothing."""
        self._sings = False

    def on_queue_overflow(self) -> None:
        """Take a lost song for heard: that events were lost is known, and that they are read is shown."""
        self._heard.set()

    def _sing(self) -> None:
        """Close the file after opening it for writing: an event, and nothing for the disk to write."""
        try:
            os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        except OSError:
            self._sings = False  # a full or read-only disk is told of elsewhere
