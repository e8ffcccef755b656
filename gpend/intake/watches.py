"""The inotify watches of one source folder, laid by its scans and kept in step by its events.

watchdog reads inotify; which directories are watched is decided here, because its recursive watches include thumbnails
and trash, and keep silent about directories that they could not watch. A scan lays a watch on every directory just
before it lists it, so whatever appears afterwards raises an event and whatever was there before is listed.
"""

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

from gpend.intake.hints import Hint
from gpend.intake.names import is_excluded_directory, is_temporary
from gpend.intake.source import Source

_ROOT_MASK = Mask(
    InotifyConstants.IN_CREATE
    | InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_DELETE_SELF
    | InotifyConstants.IN_MOVE_SELF
    | InotifyConstants.IN_ONLYDIR
    | InotifyConstants.IN_EXCL_UNLINK,
)
_MASK = Mask(_ROOT_MASK | InotifyConstants.IN_DONT_FOLLOW)  # only the root itself may be a symbolic link
_GONE = Mask(InotifyConstants.IN_DELETE_SELF | InotifyConstants.IN_MOVE_SELF | InotifyConstants.IN_UNMOUNT)
_APPEARED = Mask(InotifyConstants.IN_CREATE | InotifyConstants.IN_MOVED_TO)
_LIMITS = frozenset({errno.ENOSPC, errno.ENOMEM})
_RENAMES = 64  # of temporary files, whose second half may still come
_identifiers = count()  # two watches of one directory, by two roots or one after the other, must differ in theirs


class Reader(Protocol):
    """What is used of watchdog's reader of inotify, a thread."""

    def start(self) -> None:
        """Begin to read."""

    def stop(self) -> None:
        """End the thread and all watches."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""

    def is_alive(self) -> bool:
        """Whether it reads."""

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """Watch a directory; -1 where that is not permitted. Raises OSError."""

    def remove_callbacks(self, callbacks: list[tuple[WatchDescriptor, CallbackId]]) -> None:
        """Watch directories no longer."""


@dataclass(frozen=True)
class _Laid:
    """A watch on a directory."""

    descriptor: WatchDescriptor
    identifier: CallbackId
    scan: int  # by which scan of the root, counted


class Watches:
    """A WatchCallback of watchdog for one root. Its methods may be called from any thread, and none of them waits."""

    def __init__(self, source: Source, reader: Reader, tell: Callable[[Hint], None]) -> None:
        self.failure: OSError | None = None  # the limit that was met; from then on nothing more is watched
        self.are_complete = False  # a scan of the whole root has laid them
        self._source = source
        self._root = os.fspath(source.root)
        self._reader = reader
        self._tell = tell
        self._lock = threading.RLock()
        self._closed = False
        self._paths: dict[WatchDescriptor, str] = {}
        self._laid: dict[str, _Laid] = {}
        self._scans = 0
        self._renamed: deque[int] = deque(maxlen=_RENAMES)

    def __len__(self) -> int:
        return len(self._paths)

    @contextmanager
    def scanning(self) -> Iterator[Callable[[Path], None]]:
        """For the length of a scan of the whole root: what to call for each directory before it is listed.

        Directories that the scan has not met are watched no longer when it ends well.
        """
        with self._lock:
            self._scans += 1
        yield self.visit
        with self._lock:
            self.are_complete = True
            self._remove([path for path, laid in self._laid.items() if laid.scan < self._scans])

    def visit(self, directory: Path) -> None:
        """What a scan is to call before it lists a directory."""
        self.add(os.fspath(directory))

    def add(self, directory: str) -> None:
        """Watch a directory, without those below it; that it has vanished or is closed to us is not an error.

        One that is watched already is watched anew: should it have been replaced while events were lost, that mends it.
        """
        with self._lock:
            if self.failure is not None or self._closed:
                return
            identifier = CallbackId(next(_identifiers))
            try:
                mask = _ROOT_MASK if directory == self._root else _MASK
                descriptor = self._reader.add_callback(os.fsencode(directory), mask, self, identifier)
            except OSError as problem:
                if problem.errno in _LIMITS:
                    self.failure = problem
                return
            if descriptor < 0:  # watchdog passes over a lack of permission, but notes the watch that is none
                self._reader.remove_callbacks([(descriptor, identifier)])
            else:
                self._record(directory, _Laid(descriptor, identifier, self._scans))

    def clear(self) -> None:
        """Watch nothing any more, and never again."""
        with self._lock:
            self._closed = True
            self._remove(list(self._laid))

    def on_event(self, event: InotifyEvent) -> None:
        """Turn an event into a hint, and follow directories that come and go."""
        with self._lock:
            directory = self._paths.get(event.wd)
            if directory is None:
                return
            if event.mask & _GONE:
                if directory == self._root:
                    self._tell(Hint(self._source.root))
            elif event.name:
                name = os.fsdecode(event.name)
                follow = self._directory if event.mask & InotifyConstants.IN_ISDIR else self._file
                follow(event, name, os.path.join(directory, name))  # noqa: PTH118 - keeps undecodable names as they are

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Forget the watch of a directory that is gone."""
        with self._lock:
            path = self._paths.pop(wd, None)
            if path is not None:
                del self._laid[path]

    def on_queue_overflow(self) -> None:
        """Events were lost, none knows which. The kernel says so, watchdog also writes it to its log."""
        self._tell(Hint(self._source.root))

    def _file(self, event: InotifyEvent, name: str, path: str) -> None:
        if event.is_moved_from and is_temporary(name):
            self._renamed.append(event.cookie)
        elif self._source.is_photo_name(name):
            whole = event.is_moved_to and event.cookie in self._renamed
            self._tell(Hint(self._source.root, Path(path), is_whole=whole))

    def _directory(self, event: InotifyEvent, name: str, path: str) -> None:
        if is_excluded_directory(name):
            return
        if event.is_moved_from:
            self._remove([known for known in self._laid if known == path or known.startswith(path + os.sep)])
        if event.mask & _APPEARED:
            self.add(path)
        self._tell(Hint(self._source.root, Path(path), is_directory=True))

    def _record(self, path: str, laid: _Laid) -> None:
        """Keep one watch for each path and one path for each watch.

        A directory renamed unseen brings its watch along to another path; one replaced unseen has another watch.
        """
        former = self._paths.get(laid.descriptor, path)
        self._remove([known for known in {former, path} if known in self._laid])
        self._paths[laid.descriptor] = path
        self._laid[path] = laid

    def _remove(self, paths: list[str]) -> None:
        laid = [self._laid.pop(path) for path in paths]
        for each in laid:
            del self._paths[each.descriptor]
        self._reader.remove_callbacks([(each.descriptor, each.identifier) for each in laid])
