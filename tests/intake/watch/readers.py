"""A reader of inotify without a kernel: it can refuse, die and lose events when it is told to."""

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from gpend.intake.watch import inotify
from gpend.intake.watch.inotify import Listener


@dataclass(frozen=True)
class Told:
    """An event."""

    wd: int
    mask: int
    cookie: int
    name: bytes


class FakeReader:
    """A Reader, running from the start."""

    def __init__(self, room: int = 1000, problem: OSError | None = None) -> None:
        """There is room for so many watches; `problem` is what happens to the next, by default the system's limit."""
        self.room = room
        self.problem = problem or OSError(errno.ENOSPC, "inotify watch limit reached")
        self.alive = True
        self.stopped = False
        self.forbidden: set[str] = set()
        self.watches: dict[tuple[int, int], int] = {}  # by the directory's device and inode, as the kernel has it
        self.numbers = count(1)  # never given twice
        self.listeners: dict[int, dict[int, Listener]] = {}

    def stop(self, timeout: float) -> None:
        """End, and not after any length of time."""
        assert timeout < 10
        self.alive, self.stopped = False, True

    def is_alive(self) -> bool:
        """Whether it reads."""
        return self.alive

    def add(self, directory: bytes, mask: int, listener: Listener, identifier: int) -> int:
        """Watch a directory."""
        if os.fsdecode(directory) in self.forbidden:
            self.listeners.setdefault(-1, {})[identifier] = listener
            return -1
        status = Path(os.fsdecode(directory)).stat(follow_symlinks=not mask & inotify.FOLLOW_NO_LINK)
        place = (status.st_dev, status.st_ino)
        if place not in self.watches:
            if len(self.listeners) >= self.room:
                raise self.problem
            self.watches[place] = next(self.numbers)
        self.listeners.setdefault(self.watches[place], {})[identifier] = listener
        return self.watches[place]

    def remove(self, watches: list[tuple[int, int]]) -> None:
        """Watch no longer."""
        for watch, identifier in watches:
            del self.listeners[watch][identifier]
            if not self.listeners[watch]:
                del self.listeners[watch]
                self.watches = {place: held for place, held in self.watches.items() if held != watch}

    def tell(self, directory: Path, mask: int, name: str = "", cookie: int = 0) -> None:
        """An event in a directory, by the watch that was laid on it."""
        status = directory.stat()
        for listener in list(self.listeners[self.watches[status.st_dev, status.st_ino]].values()):
            listener.on_event(Told(self.watches[status.st_dev, status.st_ino], mask, cookie, os.fsencode(name)))

    def overflow(self) -> None:
        """The kernel has lost events."""
        for listeners in list(self.listeners.values()):
            for listener in list(listeners.values()):
                listener.on_queue_overflow()


def watched_by_kernel() -> int:
    """How many directories this process watches, as the kernel tells it: proc_pid_fdinfo(5)."""
    told = 0
    for file in Path("/proc/self/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # the one by which the folder was listed
            told += sum(line.startswith("inotify ") for line in file.read_text().splitlines())
    return told
