"""The kernel's file system events, read by watchdog. The only module that knows watchdog.

watchdog's reader is used below its observers, because those watch excluded directories too, keep silent about
directories that they could not watch, and hand nothing on when the kernel has lost events.
"""

import errno
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
