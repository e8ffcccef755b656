"""Programs of the user's own that are told what happens: JSON on their standard input, one at a time, not for long.

What they have not heard when gpend must end is kept beside the ledger, and told after the next start.
"""

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
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from gpend.dispatch import FolderPair, Listener
from gpend.ledger import Result, Row
from gpend.settings import HookSettings
from gpend.writing import write_whole

log = structlog.get_logger()

_WAITING = 1000  # tellings that may wait; beyond it, the newest are lost
_PATIENCE = 2.0  # seconds for those that wait when gpend ends
_LEISURE = 300.0  # the same, where nobody waits for its end
_GLANCE = 0.2  # seconds between two looks at whether gpend ends
_SOON = 2.0  # seconds after which whoever waits is told for what
_LARGEST = 64 << 20  # bytes of what was kept: a thousand photos of crowds; more was not kept by gpend
_EVENTS = ("on_restored", "on_failed", "on_paused")
_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")


_Facts: TypeAlias = dict[str, Any]  # what a program is told, with its event: the name of its setting


class Hooks:
    """A Listener that runs the programs of the settings, in a thread of its own."""

    def __init__(self, settings: HookSettings, kept: Path | None = None) -> None:
        """`kept`: the file for what is not heard when gpend must end."""
        self._settings = settings
        self._kept = kept
        self._queue: queue.Queue[_Facts | None] = queue.Queue(_WAITING)
        self._cut_off: list[_Facts] = []  # what a program had not heard to the end when gpend ended
        self._is_closing = threading.Event()
        self._is_last = threading.Event()
        self._thread: threading.Thread | None = None

    def apply(self, settings: HookSettings) -> None:
        """Run these programs from now on; what waits, or was kept, is told to them too."""
        self._settings = settings
        for facts in _taken(self._kept):
            self._tell(facts)

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        facts: _Facts = {
            "event": f"on_{result.state}",
            "photo": str(row.path),
            "output": None if result.written is None else str(row.output_root / result.written.path),
            "reason": result.reason,
        }
        self._tell(facts | (result.facts or {}) | {"event": facts["event"]})

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        facts = {"event": "on_paused", "source": str(pair.root), "output": str(pair.mirror.output), "reason": reason}
        self._tell(facts)

    def close(
        self, is_hurried: Callable[[], bool] = lambda: True, tell: Callable[[str], object] = lambda _: None
    ) -> None:
        """Tell what waits, for a few seconds at most, or a few minutes while nobody hurries; nothing after that.

        `tell` is told what is waited for, if it takes a while.
        """
        if self._thread is None:
            return
        self._is_last.set()
        with suppress(queue.Full):
            self._queue.put_nowait(None)  # who waits for something to tell looks again
        join_at_leisure(self._thread, is_hurried, _LEISURE, lambda: tell(self._waits()))
        self._thread.join(_PATIENCE)
        self._is_closing.set()
        self._thread.join(_PATIENCE)
        self._keep([*self._cut_off, *self._left()])

    def _left(self) -> list[_Facts]:
        """What waits."""
        with self._queue.mutex:  # the thread may be taking the next
            return [each for each in self._queue.queue if each is not None]

    def _keep(self, left: list[_Facts]) -> None:
        """What was not heard is told after the next start, if it can be kept until then."""
        if not left:
            return
        reason = f"gpend ended before {len(left)} had been heard"
        try:
            if self._kept is None:
                raise FileNotFoundError
            write_whole(self._kept, json.dumps(left).encode(), mode=0o600)
        except OSError:
            log.warning("hook_left_out", hook=self._program(left[0]), reason=reason)
        else:
            log.info("hook_kept", hook=self._program(left[0]), reason=f"{reason}; the next start tells them")

    def _waits(self) -> str:
        after = len(self._left())
        more = f", and then {after} more" if after else ""
        return (
            f"All photos are done. gpend waits until the program of yours that runs has heard of it (`hooks`){more}. "
            f"That takes {_LEISURE / 60:.0f} minutes at most; Ctrl-C ends it."
        )

    def _command(self, facts: _Facts) -> str:
        """The program that is to hear of it; "" if none is."""
        return getattr(self._settings, facts["event"], None) or ""

    def _program(self, facts: _Facts) -> str:
        """Its name alone: what follows it may be a password."""
        return next(iter(shlex.split(self._command(facts))), "")

    def _tell(self, facts: _Facts) -> None:
        if not self._command(facts):
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gpend-hooks", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(facts)
        except queue.Full:
            log.warning("hook_left_out", hook=self._program(facts), reason="too many wait already")

    def _work(self) -> None:
        while not self._is_closing.is_set() and (facts := self._next()) is not None:
            command = shlex.split(self._command(facts))
            if command:  # it may have been taken out of the settings since
                self._run(command, facts)

    def _next(self) -> _Facts | None:
        """What is to be told next, waited for while more may come."""
        try:
            return self._queue.get(block=not self._is_last.is_set())
        except queue.Empty:
            return None

    def _run(self, command: list[str], facts: _Facts) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own program is the point
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if name not in _OURS},
                start_new_session=True,
            )
        except OSError as error:
            log.warning("hook_failed", hook=command[0], reason=error.strerror)
            return
        with process:
            said = self._said(process, json.dumps(facts).encode())
        if said is None and self._is_closing.is_set():
            self._cut_off.append(facts)
            log.info("hook_ended", hook=command[0], reason="gpend ended, and so it was ended too")
        elif process.returncode or said is None:
            reason = f"it ended with {process.returncode}" if said is not None else "it took too long and was ended"
            log.warning("hook_failed", hook=command[0], reason=reason, said=(said or b"")[-500:])

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


def join_at_leisure(
    thread: threading.Thread, is_hurried: Callable[[], bool], seconds: float, tell: Callable[[], object]
) -> None:
    """Wait until a thread has ended, while nobody hurries, and for so long at most; `tell` if it takes a while."""
    began, is_told = time.monotonic(), False
    while thread.is_alive() and not is_hurried() and time.monotonic() < began + seconds:
        if not is_told and time.monotonic() >= began + _SOON:
            is_told = True
            tell()
        thread.join(_GLANCE)


def kept_beside(ledger: Path) -> Path:
    """The file for what programs have not heard yet."""
    return ledger.with_name(f"{ledger.name}.hooks")


def _taken(kept: Path | None) -> list[_Facts]:
    """What the last gpend kept, which is not kept any more."""
    if kept is None:
        return []
    try:
        held = _read(kept)
        kept.unlink()  # before it is told: nothing is told at every start
        content = json.loads(held)
    except (OSError, ValueError, RecursionError):
        return []
    listed = content if isinstance(content, list) else []
    return [facts for facts in listed if isinstance(facts, dict) and facts.get("event") in _EVENTS]


def _read(kept: Path) -> bytes:
    """What stands there; nothing of what gpend did not write: a pipe, or what no memory holds. Raises OSError."""
    with open(os.open(kept, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
        return (os.fstat(file.fileno()).st_size <= _LARGEST and file.read(_LARGEST)) or b""


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
    for name in _EVENTS:
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
