"""Programs of the user's own that are told what happens: JSON on their standard input, one at a time, not for long.

What they have not heard yet is kept beside the ledger, and told after the next start where gpend ends before.
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
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from gpend import parent
from gpend.daemon.untold import Untold
from gpend.dispatch import FolderPair, Listener
from gpend.ledger import Result, Row
from gpend.settings import HookSettings

log = structlog.get_logger()

_WAITING = 64 << 20  # bytes that may wait, of some 50,000 photos; beyond it, the newest are lost
_PATIENCE = 2.0  # seconds for those that wait when gpend ends
_LEISURE = 300.0  # the same, where nobody waits for its end
_GLANCE = 0.2  # seconds between two looks at whether gpend ends
_BLINK = 0.01  # seconds between two looks at whether what was killed has ended
_SOON = 2.0  # seconds after which whoever waits is told for what
_EVENTS = ("on_restored", "on_failed", "on_paused")
_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")


Facts: TypeAlias = dict[str, Any]
"""What a program is told."""


@dataclass(frozen=True)
class _Telling:
    """What a program is to hear."""

    event: str  # the name of its setting
    said: bytes  # in JSON, with the event: very many may wait, and take a fifth of the room so
    mark: int | None = None  # what it is kept under; None: it could not be kept


class Hooks:
    """A Listener that runs the programs of the settings, in a thread of its own."""

    def __init__(self, settings: HookSettings, kept: Path | None = None) -> None:
        """`kept`: the file for what is not heard yet."""
        self._settings = settings
        self._untold = Untold(kept)
        self._recalled: deque[_Telling] | None = None  # what the last gpend kept; None: nobody has looked
        self._queue: queue.Queue[_Telling | None] = queue.Queue()
        self._put, self._taken = 0, 0  # bytes that were put into it, by one thread, and taken from it, by another
        self._current: _Telling | None = None  # what a program is hearing, or had not heard to the end
        self._groups: set[int] = set()  # of programs that have ended, and left something behind
        self._is_closing = threading.Event()
        self._is_last = threading.Event()
        self._thread: threading.Thread | None = None

    def apply(self, settings: HookSettings) -> None:
        """Run these programs from now on; what waits, or was kept, is told to them too."""
        self._settings = settings
        if self._recalled is None:
            self._recalled = deque()
            for mark, said in self._untold.read():
                event = json.loads(said).get("event")
                if event in _EVENTS and self._command(event):
                    self._recalled.append(_Telling(event, said, mark))
                else:
                    self._untold.strike(mark)
            if self._recalled:
                self._begin()
            else:
                self._untold.clear()

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        output = result.output_below(row.output_root)
        facts: Facts = {
            "photo": str(row.path),
            "output": None if output is None else str(output),
            "reason": result.reason,
            "known": result.is_known,
        }
        self._tell(f"on_{result.state}", facts | (result.facts or {}))

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        facts = {"source": str(pair.root), "output": str(pair.mirror.output), "reason": reason}
        self._tell("on_paused", facts)

    def close(
        self, is_hurried: Callable[[], bool] = lambda: True, tell: Callable[[str], object] = lambda _: None
    ) -> None:
        """Tell what waits, for a few seconds at most, or a few minutes while nobody hurries; nothing after that.

        `tell` is told what is waited for, if it takes a while.
        """
        if self._thread is None:
            return
        self._is_last.set()
        self._queue.put(None)  # who waits for something to tell looks again
        join_at_leisure(self._thread, is_hurried, _LEISURE, lambda: tell(self._waits()))
        self._thread.join(_PATIENCE)
        self._is_closing.set()
        self._thread.join(_PATIENCE)
        self._keep([telling for telling in (self._current, *self._left()) if telling is not None])

    def _left(self) -> list[_Telling]:
        """What waits."""
        with self._queue.mutex:  # the thread may be taking the next
            return [*(self._recalled or ()), *(each for each in self._queue.queue if each is not None)]

    def _keep(self, left: list[_Telling]) -> None:
        """What was not heard is told after the next start, if it can be kept until then."""
        if not left:
            return
        reason = f"gpend ended before {len(left)} had been heard"
        try:
            self._untold.keep([telling.said for telling in left])
        except OSError:
            log.warning("hook_left_out", hook=self._program(left[0].event), reason=reason)
        else:
            log.info("hook_kept", hook=self._program(left[0].event), reason=f"{reason}; the next start tells them")

    def _waits(self) -> str:
        after = len(self._left())
        more = f", and then {after} more" if after else ""
        return (
            f"All photos are done. gpend waits until the program of yours that runs has heard of it (`hooks`){more}. "
            f"That takes {_LEISURE / 60:.0f} minutes at most; Ctrl-C ends it."
        )

    def _command(self, event: str) -> str:
        """The program that is to hear of it; "" if none is."""
        return getattr(self._settings, event, None) or ""

    def _program(self, event: str) -> str:
        """Its name alone: what follows it may be a password."""
        return next(iter(shlex.split(self._command(event))), "")

    def _tell(self, event: str, facts: Facts) -> None:
        if not self._command(event):
            return
        self._begin()
        if self._put - self._taken >= _WAITING:
            log.warning("hook_left_out", hook=self._program(event), reason="too many wait already")
        else:
            said = json.dumps({"event": event} | facts | {"event": event}).encode()
            self._put += len(said)
            self._queue.put(_Telling(event, said, self._untold.add(said)))

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gpend-hooks", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._is_closing.is_set():
            self._current = self._next()
            if self._current is None:
                return
            command = shlex.split(self._command(self._current.event))  # it may be taken out of the settings by now
            if command and not self._run(command, self._current.said):
                return
            self._note_heard(self._current)
            self._current = None

    def _next(self) -> _Telling | None:
        """What is to be told next, waited for while more may come."""
        if self._recalled:
            return self._recalled.popleft()
        try:
            telling = self._queue.get(block=not self._is_last.is_set())
        except queue.Empty:
            return None
        self._taken += 0 if telling is None else len(telling.said)
        return telling

    def _note_heard(self, telling: _Telling) -> None:
        """What was kept is not kept any more."""
        if telling.mark is not None:
            self._untold.strike(telling.mark)

    def _run(self, command: list[str], told: bytes) -> bool:
        """Have a program hear it, whatever becomes of that; False: gpend ended before, and it with gpend."""
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own program is the point
                parent.command_that_ends_with(os.getpid(), command),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if name not in _OURS},
                start_new_session=True,
            )
        except OSError as error:
            log.warning("hook_failed", hook=command[0], reason=error.strerror)
            return True
        with process:
            said = self._said(process, told)
        self._let_go(process.pid, was_killed=said is None)
        if said is None and self._is_closing.is_set():
            log.info("hook_ended", hook=command[0], reason="gpend ended, and so it was ended too")
            return False
        if process.returncode or said is None:
            reason = f"it ended with {process.returncode}" if said is not None else "it took too long and was ended"
            log.warning("hook_failed", hook=command[0], reason=reason, said=(said or b"")[-500:])
        return True

    def _let_go(self, group: int, *, was_killed: bool) -> None:
        """Of all that programs left behind and that has ended."""
        self._groups = {each for each in (*self._groups, group) if _reap(each)}
        until = time.monotonic() + _GLANCE
        while was_killed and _reap(group) and time.monotonic() < until:
            time.sleep(_BLINK)

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


def _reap(group: int) -> bool:
    """Let go of what has ended in the group of a program that has; False: nothing of that group is gpend's any more.

    Where gpend is the first process of a container, what that left behind became its own, and was listed as long as
    gpend ran. Until it is let go of, its group's number belongs to nobody else.
    """
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


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
