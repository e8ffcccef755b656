"""The reader of events is watchdog's, if it works as it is known to; else there is none, and that is said."""

import errno
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from watchdog.observers import inotify_c

from gpend.intake.watch import inotify
from gpend.intake.watch.inotify import Event, WatchdogReader, open_reader
from tests.held import Held
from tests.waiting import PATIENCE


class Ear:
    """Hears the first event."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.event: Event | None = None

    def on_event(self, event: Event) -> None:
        """Keep it."""
        self.event = event
        self.heard.set()

    def on_watch_deleted(self, wd: int) -> None:
        """Not asked for."""

    def on_queue_overflow(self) -> None:
        """Not asked for."""


def test_events_arrive(tmp_path: Path) -> None:
    reader, ear = open_reader(), Ear()
    watch = reader.add(bytes(tmp_path), inotify.CREATE, ear, 1)
    (tmp_path / "a.jpg").touch()
    assert ear.heard.wait(PATIENCE)
    assert ear.event is not None
    assert (ear.event.wd, ear.event.mask, ear.event.name) == (watch, inotify.CREATE, b"a.jpg")
    reader.remove([(watch, 1)])
    assert reader.is_alive()
    reader.stop(10)
    assert not reader.is_alive()


def test_the_kernels_numbers_are_what_watchdog_takes_them_for() -> None:
    known = inotify_c.InotifyConstants
    assert known.IN_CLOSE_WRITE == inotify.CLOSE_WRITE
    assert (known.IN_MOVED_FROM, known.IN_MOVED_TO) == (inotify.MOVED_FROM, inotify.MOVED_TO)
    assert (known.IN_CREATE, known.IN_DELETE) == (inotify.CREATE, inotify.DELETE)
    assert (known.IN_DELETE_SELF, known.IN_MOVE_SELF) == (inotify.DELETE_SELF, inotify.MOVE_SELF)
    assert (known.IN_UNMOUNT, known.IN_ISDIR) == (inotify.UNMOUNT, inotify.IS_DIRECTORY)
    assert (known.IN_ONLYDIR, known.IN_DONT_FOLLOW) == (inotify.ONLY_DIRECTORIES, inotify.FOLLOW_NO_LINK)
    assert known.IN_EXCL_UNLINK == inotify.EXCLUDE_UNLINKED


class WithoutArguments:
    """A reader whose methods have changed."""

    stopped = False

    def start(self) -> None:
        """As before."""

    def stop(self) -> None:
        """As before."""
        WithoutArguments.stopped = True

    def add_callback(self) -> int:
        """Not as before."""
        return 1


def test_a_watchdog_that_has_changed_is_the_same_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = ModuleType("watchdog.observers.inotify_c")
    monkeypatch.setitem(sys.modules, "watchdog.observers.inotify_c", changed)
    with pytest.raises(OSError, match="not known") as refused:
        open_reader()
    assert refused.value.errno == errno.ENOSYS
    changed.InotifyFD = WithoutArguments  # type: ignore[attr-defined]  # that is what a stand-in module is for
    with pytest.raises(OSError, match="not known"):
        open_reader()
    assert WithoutArguments.stopped


def test_a_limit_met_at_once_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    held = Held()
    monkeypatch.setattr(inotify_c.InotifyFD, "add_callback", refuse)
    with pytest.raises(OSError, match="limit"):
        WatchdogReader()
    for thread in threading.enumerate():
        if isinstance(thread, inotify_c.InotifyFD):
            thread.join(PATIENCE)
    assert held.is_all()
