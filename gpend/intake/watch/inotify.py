"""The kernel's file system events, read by watchdog, and the canary that proves that they arrive.

The only module that knows watchdog. Its reader is used below its observers, because those watch excluded directories
too, keep silent about directories that they could not watch, and hand nothing on when the kernel has lost events.
"""

import errno
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:  # at run time a watchdog that has changed must not stop gpend from starting
    from watchdog.observers.inotify_c import CallbackId, Mask, WatchDescriptor

CLOSE_WRITE = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
UNMOUNT = 0x2000
ONLY_DIRECTORIES = 0x1000000
FOLLOW_NO_LINK = 0x2000000
EXCLUDE_UNLINKED = 0x4000000
IS_DIRECTORY = 0x40000000


class Event(Protocol):
    """What the kernel tells of a watched directory: inotify(7)."""

    @property
    def wd(self) -> int:
        """The watch."""

    @property
    def mask(self) -> int:
        """What happened."""

    @property
    def cookie(self) -> int:
        """The same for both ends of a rename."""

    @property
    def name(self) -> bytes:
        """Of what in the directory; empty: of the directory itself."""


class Listener(Protocol):
    """Who is told of events. Called in the reader's thread, which must never be kept waiting."""

    def on_event(self, event: Event) -> None:
        """Something has happened in a watched directory."""

    def on_watch_deleted(self, wd: int) -> None:
        """A watch has ended with its directory."""

    def on_queue_overflow(self) -> None:
        """The kernel has lost events, none knows which. watchdog also writes it to its log."""


class Reader(Protocol):
    """A running reader of events."""

    def stop(self, timeout: float) -> None:
        """End it and all its watches; returns after `timeout` seconds at the latest."""

    def is_alive(self) -> bool:
        """Whether it reads."""

    def add(self, directory: bytes, mask: int, listener: Listener, identifier: int) -> int:
        """Watch a directory; the watch's number, or -1 where that is not permitted. Raises OSError.

        A directory has one watch, whatever its path; listeners of one watch differ in their identifiers.
        """

    def remove(self, watches: list[tuple[int, int]]) -> None:
        """Take listeners, each a watch's number and an identifier, from their watches."""


def open_reader() -> Reader:
    """Begin to read. Raises OSError where there is no room, no inotify, or no watchdog that works as is known here."""
    try:
        return WatchdogReader()
    except (ImportError, AttributeError, TypeError) as problem:
        raise OSError(errno.ENOSYS, f"this version of watchdog is not known: {problem}") from problem


class WatchdogReader:
    """A Reader. Three descriptors and a thread."""

    def __init__(self) -> None:
        from watchdog.observers.inotify_c import InotifyFD  # noqa: PLC0415 - see open_reader

        self._inotify = InotifyFD()
        self._inotify.start()
        try:
            self._try_out()
        except BaseException:
            self._inotify.stop()
            raise

    def stop(self, timeout: float) -> None:
        """As in Reader."""
        self._inotify.stop()
        self._inotify.join(timeout)

    def is_alive(self) -> bool:
        """As in Reader."""
        return self._inotify.is_alive()

    def add(self, directory: bytes, mask: int, listener: Listener, identifier: int) -> int:
        """As in Reader."""
        return self._inotify.add_callback(directory, cast("Mask", mask), listener, cast("CallbackId", identifier))

    def remove(self, watches: list[tuple[int, int]]) -> None:
        """As in Reader."""
        self._inotify.remove_callbacks([(cast("WatchDescriptor", wd), cast("CallbackId", to)) for wd, to in watches])

    def _try_out(self) -> None:
        identifier = -1
        watch = self.add(b"/", DELETE_SELF | ONLY_DIRECTORIES, _Nobody(), identifier)
        self.remove([(watch, identifier)])


class _Nobody:
    """A Listener to whom nothing is of interest."""

    def on_event(self, event: Event) -> None:
        """As in Listener."""

    def on_watch_deleted(self, wd: int) -> None:
        """As in Listener."""

    def on_queue_overflow(self) -> None:
        """As in Listener."""


_CANARY_MASK = CLOSE_WRITE | ONLY_DIRECTORIES
_EVERY_SECONDS = 30.0
_HANGS_SECONDS = 120.0  # so long without an event of its own, and the reader is taken for hung


class Canary:
    """A file of gpend's own, touched now and then: a Listener on its folder. A thread that hangs looks alive."""

    def __init__(self, file: Path, reader: Reader, now: float) -> None:
        """Watch the folder of `file` and sing; where that cannot be done, the canary proves nothing and is well."""
        self._file = file
        self._heard = threading.Event()
        self._has_been_heard = False
        self._sung_at = self._well_at = now
        try:
            self._sings = reader.add(os.fsencode(file.parent), _CANARY_MASK, self, id(self)) >= 0
        except OSError:
            self._sings = False
        self._sing()

    @property
    def is_proven(self) -> bool:
        """Whether an event has arrived since the reader began, or there is no way to tell."""
        return self._has_been_heard or self._heard.is_set() or not self._sings

    def is_well(self, now: float) -> bool:
        """Whether its last song was heard, or has not been sung for too long ago."""
        return not self._sings or self._heard.is_set() or now - self._well_at < _HANGS_SECONDS

    def tend(self, now: float) -> None:
        """Take note of what was heard, and sing again when it is time; to be called every few seconds."""
        if self._heard.is_set() or not self._sings:
            self._heard.clear()
            self._well_at, self._has_been_heard = now, True
        if now - self._sung_at >= _EVERY_SECONDS:
            self._sung_at = now
            self._sing()

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
