"""Programs of the user's own that are told what happens: JSON on their standard input, one at a time, not for long."""

import json
import os
import queue
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from gpend.dispatch import FolderPair, Listener
from gpend.ledger import Result, Row, State
from gpend.settings import HookSettings

log = structlog.get_logger()

_WAITING = 1000  # tellings that may wait; beyond it, the newest are lost
_PATIENCE = 2.0  # seconds for those that wait when gpend ends
_LEISURE = 300.0  # the same, where nobody waits for its end
_GLANCE = 0.2  # seconds between two looks at whether gpend ends
_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")


@dataclass(frozen=True)
class _Telling:
    command: list[str]
    facts: dict[str, Any]


class Hooks:
    """A Listener that runs the programs of the settings, in a thread of its own."""

    def __init__(self, settings: HookSettings) -> None:
        self._settings = settings
        self._queue: queue.Queue[_Telling | None] = queue.Queue(_WAITING)
        self._is_closing = threading.Event()
        self._is_last = threading.Event()
        self._thread: threading.Thread | None = None

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        commands = {State.RESTORED: self._settings.on_restored, State.FAILED: self._settings.on_failed}
        facts: dict[str, Any] = {
            "event": f"on_{result.state}",
            "photo": str(row.path),
            "output": None if result.written is None else str(row.output_root / result.written.path),
            "reason": result.reason,
        }
        self._tell(commands.get(result.state), facts | (result.facts or {}))

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        facts = {"event": "on_paused", "source": str(pair.root), "output": str(pair.mirror.output), "reason": reason}
        self._tell(self._settings.on_paused, facts)

    def close(self, is_hurried: Callable[[], bool] = lambda: True) -> None:
        """Tell what waits, for a few seconds at most, or a few minutes while nobody hurries; nothing after that."""
        if self._thread is None:
            return
        self._is_last.set()
        with suppress(queue.Full):
            self._queue.put_nowait(None)  # who waits for something to tell looks again
        join_at_leisure(self._thread, is_hurried, _LEISURE)
        self._thread.join(_PATIENCE)
        self._is_closing.set()
        self._thread.join(_PATIENCE)
        left = [each for each in self._queue.queue if each is not None]
        if left:
            log.warning("hook_left_out", hook=left[0].command[0], reason=f"gpend ended, and {len(left)} waited still")

    def _tell(self, command: str | None, facts: dict[str, Any]) -> None:
        if not command:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gpend-hooks", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(_Telling(shlex.split(command), facts))
        except queue.Full:
            log.warning("hook_left_out", hook=command, reason="too many wait already")

    def _work(self) -> None:
        while not self._is_closing.is_set() and (telling := self._next()) is not None:
            self._run(telling)

    def _next(self) -> _Telling | None:
        """What is to be told next, waited for while more may come."""
        try:
            return self._queue.get(block=not self._is_last.is_set())
        except queue.Empty:
            return None

    def _run(self, telling: _Telling) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own program is the point
                telling.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if name not in _OURS},
                start_new_session=True,
            )
        except OSError as error:
            log.warning("hook_failed", hook=telling.command[0], reason=error.strerror)
            return
        with process:
            said = self._said(process, json.dumps(telling.facts).encode())
        if process.returncode or said is None:
            reason = f"it ended with {process.returncode}" if said is not None else "it took too long and was ended"
            log.warning("hook_failed", hook=telling.command[0], reason=reason, said=(said or b"")[-500:])

    def _said(self, process: "subprocess.Popen[bytes]", facts: bytes) -> bytes | None:
        """What it wrote to its standard error; None if it had to be ended."""
        limit = time.monotonic() + self._settings.seconds
        rest: bytes | None = facts
        while time.monotonic() < limit and not self._is_closing.is_set():
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(rest, timeout=min(_GLANCE, self._settings.seconds))[1]
            rest = None  # it goes on with what it was given
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it started
        with suppress(subprocess.TimeoutExpired):  # what it started apart from itself may hold its standard error open
            process.communicate(timeout=_GLANCE)
        return None


def join_at_leisure(thread: threading.Thread, is_hurried: Callable[[], bool], seconds: float) -> None:
    """Wait until a thread has ended, while nobody hurries, and for so long at most."""
    limit = time.monotonic() + seconds
    while thread.is_alive() and not is_hurried() and time.monotonic() < limit:
        thread.join(_GLANCE)


@dataclass(frozen=True)
class Listeners:
    """A Listener that passes everything on."""

    each: tuple[Listener, ...]

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        for listener in self.each:
            listener.finished(row, result)

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        for listener in self.each:
            listener.paused(pair, reason)


def problems(settings: HookSettings) -> Iterator[str]:
    """Programs that cannot be run, in words."""
    for name in ("on_restored", "on_failed", "on_paused"):
        command = getattr(settings, name)
        if not command:
            continue
        try:
            words = shlex.split(command)
        except ValueError as error:
            yield f"hooks.{name}: {command!r} cannot be read as a command: {error}."
            continue
        if not words or shutil.which(words[0]) is None:
            yield f"hooks.{name}: there is no program {words[0] if words else command!r} that can be run."
