"""The inotify watches of one source folder, laid by its scans and kept in step by its events, which become hints.

A scan lays a watch on every directory just before it lists it, so whatever appears afterwards raises an event, and
whatever was there before is listed.
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

from gpend.intake.ignoring import FILES
from gpend.intake.names import is_excluded_directory, is_temporary
from gpend.intake.source import Source
from gpend.intake.watch import inotify
from gpend.intake.watch.inotify import Event, Reader

_CAPACITY = 10_000  # of one root; beyond it, a scan of everything is cheaper than a list of everything


@dataclass(frozen=True)
class Hint:
    """A place to look at. Nothing more is known: what is there, or is no longer, only looking tells."""

    root: Path
    path: Path | None = None  # None: anywhere below the root
    is_directory: bool = False  # look at everything below the path
    is_whole: bool = False  # the file got its name from a temporary one, so it has been written to its end


class Hints:
    """Gathers hints of any threads without ever keeping one waiting; of several about one place, the last counts."""

    def __init__(self, wake: threading.Event, capacity: int = _CAPACITY) -> None:
        """`wake` is set whenever there is something to drain."""
        self._wake = wake
        self._capacity = capacity
        self._lock = threading.Lock()
        self._gathered: dict[Path, dict[Path | None, Hint]] = {}

    def __len__(self) -> int:
        with self._lock:
            return sum(len(of_root) for of_root in self._gathered.values())

    def put(self, hint: Hint) -> None:
        """Add a hint."""
        with self._lock:
            of_root = self._gathered.setdefault(hint.root, {})
            of_root[hint.path] = hint
            if len(of_root) > self._capacity:
                self._gathered[hint.root] = {None: Hint(hint.root)}
        self._wake.set()

    def drain(self) -> list[Hint]:
        """All hints since the last time, each root's scan of everything first."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        return sorted(
            (hint for of_root in gathered.values() for hint in of_root.values()),
            key=lambda hint: hint.path is not None,
        )


_ROOT_MASK = (
    (inotify.CREATE | inotify.CLOSE_WRITE | inotify.MOVED_FROM | inotify.MOVED_TO | inotify.DELETE)
    | (inotify.DELETE_SELF | inotify.MOVE_SELF)
    | (inotify.ONLY_DIRECTORIES | inotify.EXCLUDE_UNLINKED)
)
_MASK = _ROOT_MASK | inotify.FOLLOW_NO_LINK  # only the root itself may be a symbolic link
_GONE = inotify.DELETE_SELF | inotify.MOVE_SELF | inotify.UNMOUNT
_APPEARED = inotify.CREATE | inotify.MOVED_TO
_LIMITS = frozenset({errno.ENOSPC, errno.ENOMEM})
_RENAMES = 64  # of temporary files, whose second half may still come
_identifiers = count()  # two watches of one directory, by two roots or one after the other, must differ in theirs


@dataclass(frozen=True)
class _Laid:
    """A watch on a directory."""

    number: int
    identifier: int
    scan: int  # by which scan of the root, counted


class Watches:
    """The listener of one root. Its methods may be called from any thread, and none of them waits."""

    def __init__(self, source: Source, reader: Reader, tell: Callable[[Hint], None]) -> None:
        self.failure: OSError | None = None  # the limit that was met; from then on nothing more is watched
        self.are_complete = False  # a scan of the whole root has laid them
        self._source = source
        self._root = os.fspath(source.root)
        self._reader = reader
        self._tell = tell
        self._lock = threading.RLock()
        self._closed = False
        self._paths: dict[int, str] = {}
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
        """Watch a directory, without those below it: for a scan to call before it lists one.

        That it has vanished or is closed to us is not an error. One that is watched already is watched anew: should it
        have been replaced while events were lost, that mends it.
        """
        with self._lock:
            if self.failure is not None or self._closed:
                return
            identifier, path = next(_identifiers), os.fspath(directory)
            try:
                mask = _ROOT_MASK if path == self._root else _MASK
                number = self._reader.add(os.fsencode(path), mask, self, identifier)
            except OSError as problem:
                if problem.errno in _LIMITS:
                    self.failure = problem
                return
            if number < 0:  # watchdog passes over a lack of permission, but notes the watch that is none
                self._reader.remove([(number, identifier)])
            else:
                self._record(path, _Laid(number, identifier, self._scans))

    def clear(self) -> None:
        """Watch nothing any more, and never again."""
        with self._lock:
            self._closed = True
            self._remove(list(self._laid))

    def on_event(self, event: Event) -> None:
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
                follow = self._directory if event.mask & inotify.IS_DIRECTORY else self._file
                follow(event, name, os.path.join(directory, name))  # noqa: PTH118 - keeps undecodable names as they are

    def on_watch_deleted(self, wd: int) -> None:
        """Forget the watch of a directory that is gone."""
        with self._lock:
            path = self._paths.pop(wd, None)
            if path is not None:
                del self._laid[path]

    def on_queue_overflow(self) -> None:
        """Look everywhere, since events were lost."""
        self._tell(Hint(self._source.root))

    def _file(self, event: Event, name: str, path: str) -> None:
        if event.mask & inotify.MOVED_FROM and is_temporary(name):
            self._renamed.append(event.cookie)
        elif name in FILES:  # what is passed over changes
            self._tell(Hint(self._source.root, Path(path).parent, is_directory=True))
        elif self._source.takes(name):
            whole = bool(event.mask & inotify.MOVED_TO) and event.cookie in self._renamed
            self._tell(Hint(self._source.root, Path(path), is_whole=whole))

    def _directory(self, event: Event, name: str, path: str) -> None:
        if is_excluded_directory(f"{os.path.basename(os.path.dirname(path))}/{name}"):  # noqa: PTH119, PTH120 - as above
            return
        if event.mask & inotify.MOVED_FROM:
            self._remove([known for known in self._laid if known == path or known.startswith(path + os.sep)])
        if event.mask & _APPEARED:
            self.visit(Path(path))
        self._tell(Hint(self._source.root, Path(path), is_directory=True))

    def _record(self, path: str, laid: _Laid) -> None:
        """Keep one watch for each path and one path for each watch.

        A directory renamed unseen brings its watch along to another path; one replaced unseen has another watch.
        """
        former = self._paths.get(laid.number, path)
        self._remove([known for known in {former, path} if known in self._laid])
        self._paths[laid.number] = path
        self._laid[path] = laid

    def _remove(self, paths: list[str]) -> None:
        laid = [self._laid.pop(path) for path in paths]
        for each in laid:
            del self._paths[each.number]
        self._reader.remove([(each.number, each.identifier) for each in laid])
