"""A reader of inotify without a kernel: it can refuse, die and lose events when it is told to."""

import errno
import os
from itertools import count
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    Mask,
    WatchCallback,
    WatchDescriptor,
)


class FakeReader:
    """What gpend uses of watchdog's InotifyFD."""

    def __init__(self, room: int = 1000, problem: OSError | None = None) -> None:
        """There is room for so many watches; `problem` is what happens to the next, by default the system's limit."""
        self.room = room
        self.problem = problem or OSError(errno.ENOSPC, "inotify watch limit reached")
        self.alive = False
        self.stopped = False
        self.forbidden: set[str] = set()
        self.descriptors: dict[tuple[int, int], int] = {}  # by the directory's device and inode, as the kernel has it
        self.numbers = count(1)  # never given twice
        self.callbacks: dict[int, dict[CallbackId, WatchCallback]] = {}

    def start(self) -> None:
        """Begin."""
        self.alive = True

    def stop(self) -> None:
        """End."""
        self.alive, self.stopped = False, True

    def join(self, timeout: float | None = None) -> None:
        """Nothing to wait for, but not for ever."""
        assert timeout is not None

    def is_alive(self) -> bool:
        """Whether it reads."""
        return self.alive

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """Watch a directory."""
        if os.fsdecode(path) in self.forbidden:
            self.callbacks.setdefault(-1, {})[id_] = callback
            return WatchDescriptor(-1)
        status = Path(os.fsdecode(path)).stat(follow_symlinks=not mask & InotifyConstants.IN_DONT_FOLLOW)
        place = (status.st_dev, status.st_ino)
        if place not in self.descriptors:
            if len(self.callbacks) >= self.room:
                raise self.problem
            self.descriptors[place] = next(self.numbers)
        self.callbacks.setdefault(self.descriptors[place], {})[id_] = callback
        return WatchDescriptor(self.descriptors[place])

    def remove_callbacks(self, callbacks: list[tuple[WatchDescriptor, CallbackId]]) -> None:
        """Watch no longer."""
        for descriptor, id_ in callbacks:
            del self.callbacks[descriptor][id_]
            if not self.callbacks[descriptor]:
                del self.callbacks[descriptor]
                self.descriptors = {place: held for place, held in self.descriptors.items() if held != descriptor}

    def tell(self, directory: Path, mask: int, name: str = "", cookie: int = 0) -> None:
        """An event in a directory, by the watch that was laid on it."""
        status = directory.stat()
        self.tell_watch(self.descriptors[status.st_dev, status.st_ino], mask, name, cookie)

    def tell_watch(self, descriptor: int, mask: int, name: str = "", cookie: int = 0) -> None:
        """An event of a watch whose directory may be gone."""
        event = InotifyEvent(WatchDescriptor(descriptor), Mask(mask), cookie, os.fsencode(name))
        for callback in list(self.callbacks[descriptor].values()):
            callback.on_event(event)

    def overflow(self) -> None:
        """The kernel has lost events."""
        for callbacks in list(self.callbacks.values()):
            for callback in list(callbacks.values()):
                callback.on_queue_overflow()
