"""The worker as a process, and the slot that holds one at a time: who is in it, and how the next is to be started."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from gpend import settings
from gpend.backoff import Backoff
from gpend.engine import frames, headers, protocol
from gpend.engine.frames import receive_from_worker, send
from gpend.engine.protocol import Done, Failed, FromWorker, ProtocolError, Setup, ToWorker

_LAST_WORDS = 4096  # bytes of its standard error that are kept
_LAST_LINES = 8  # of them that are told
_END_SECONDS = 2.0  # for a killed process, and for the threads that served it
_PAUSE, _LONGEST_PAUSE = 1.0, 5.0  # seconds after a start that failed
_HOPELESS = 3  # starts in a row that failed
_RETURN_SECONDS = 1800.0  # on the fallback, before the first choice is tried again
_TUNED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1"}
"""The C library asks for large pages to lay a photo out in, and keeps them in one place for all threads.

One small page after the other takes a tenth of a photo's time, and what each thread keeps for itself it gives back and
fetches again for every photo.
Where a person has set that variable, theirs counts; other C libraries, and kernels without such pages, pass over it.
"""


class RunningWorker(Protocol):
    """What the supervisor knows of a worker."""

    @property
    def exit_report(self) -> str:
        """How it ended and what it said last; to be asked after `kill`."""
        ...

    def send(self, message: ToWorker) -> None:
        """Without waiting."""
        ...

    def kill(self) -> None:
        """End it for good, whatever it is doing."""
        ...


class WorkerProcess:
    """A started worker process. Another thread calls `hear` with every message, and with None at its end."""

    def __init__(self, command: Sequence[str], hear: Callable[["WorkerProcess", FromWorker | None], None]) -> None:
        """Start `command`. Raises OSError where that cannot be done."""
        # A session of its own: what a terminal or systemd signals to gpend is for gpend to decide upon.
        self._process = subprocess.Popen(  # noqa: S603 - the command is gpend's own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=_TUNED | os.environ,
        )
        self._hear = hear
        self._outbox: queue.SimpleQueue[ToWorker | None] = queue.SimpleQueue()
        self._largest = 0  # bytes that a photo may have
        self._asked: set[int] = set()  # photos that it has and has not answered
        self._violation = ""  # of the protocol
        self._words = b""
        self._threads = [
            threading.Thread(target=target, name=f"gpend-worker-{target.__name__.strip('_')}", daemon=True)
            for target in (self._write, self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: ToWorker) -> None:
        """Never blocks: a worker that does not read is found out by its silence."""
        if isinstance(message, Setup):
            self._largest = message.largest
        else:
            self._asked.add(message.number)
        self._outbox.put(message)

    def kill(self) -> None:
        """End it and everything it started; nothing in it needs saving. Returns when it is gone and forgotten."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):  # it hangs in the kernel: left to the system
            self._process.wait(_END_SECONDS)
        for thread in self._threads:
            thread.join(_END_SECONDS)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # flushing what nobody reads any more
                cast("BinaryIO", stream).close()

    @property
    def exit_report(self) -> str:
        """How it ended, and the last it had to say; to be asked after `kill`."""
        words = self._words.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        return " | ".join([self._violation or _exit(self._process.returncode), *words])

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # it is gone, which _read finds out
            while self._write_next():
                pass

    def _write_next(self) -> bool:
        """In a function of its own, so that no photo is held on to until the next one comes; so is `_read_next`."""
        message = self._outbox.get()
        if message is not None:
            send(cast("BinaryIO", self._process.stdin), message)
        return message is not None

    def _read(self) -> None:
        try:
            while self._read_next():
                pass
        except ProtocolError as error:
            self._violation = f"what it said was unreadable: {error}"
        except OSError as error:
            self._violation = f"nothing could be read from it: {error}"
        self._hear(self, None)

    def _read_next(self) -> bool:
        message = receive_from_worker(cast("BinaryIO", self._process.stdout), self._largest, self._asked)
        if isinstance(message, Done | Failed):
            self._asked.discard(message.number)
        if message is not None:
            self._hear(self, message)
        return message is not None

    def _listen(self) -> None:
        stream = cast("BinaryIO", self._process.stderr)
        while chunk := os.read(stream.fileno(), _LAST_WORDS):
            self._words = (self._words + chunk)[-_LAST_WORDS:]


def _exit(code: int | None) -> str:
    if code is None:
        return "it does not end"
    if code >= 0:
        return f"it exited with status {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    return f"it was ended by {name}" + (", perhaps for want of memory" if name == "SIGKILL" else "")


def _same() -> object:
    """The installation stays as it is."""
    return None


def installation() -> object:
    """What tells this installation from a later one in its place: the files that both sides of a worker share."""
    return tuple(_stamp(module.__file__) for module in (frames, headers, protocol, settings))


def _stamp(file: str | None) -> tuple[int, int] | None:
    try:
        status = Path(file or "").stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


class WorkerSlot:
    """Holds one worker at a time. `spawn` starts a process or raises OSError; `fallback` serves where a GPU fails.

    Time is an argument.
    """

    def __init__(
        self,
        spawn: Callable[[], RunningWorker],
        first: Setup,
        fallback: Setup | None,
        installation: Callable[[], object] = _same,
    ) -> None:
        """`installation` gives something else once another gpend has taken the place of the one that runs."""
        self.worker: RunningWorker | None = None
        self.is_ready = False  # it may be given photos
        self.started = self.last_heard = 0.0
        self.is_retiring = False  # it gets no more photos, and is replaced as soon as it is empty
        self._spawn = spawn
        self._setup = self._first = first
        self._fallback = fallback
        self._fallback_until: float | None = None
        self._starts = Backoff(_PAUSE, _LONGEST_PAUSE)
        self._installation, self._installed = installation, installation()
        self._was_ready = False

    @property
    def is_proven(self) -> bool:
        """Was some worker ready once? What fails then is not the installation."""
        return self._was_ready and not self.is_upgraded

    @property
    def is_upgraded(self) -> bool:
        """Is another gpend installed by now? Its workers may not understand this one."""
        return self._installation() != self._installed

    def seconds_until_start(self, now: float) -> float:
        """How long the next start must wait."""
        return max(0.0, self._starts.until - now)

    def start(self, now: float) -> str | None:
        """Start a worker. Why that failed, or None."""
        self.started = self.last_heard = now
        try:
            self.worker = self._spawn()
        except OSError as error:
            return str(error)
        self.worker.send(self._setup)
        return None

    def stop(self) -> str:
        """End the worker. How it ended."""
        worker, self.worker = self.worker, None
        self.is_ready = self.is_retiring = False
        if worker is None:
            return ""
        worker.kill()
        return worker.exit_report

    def mark_ready(self) -> None:
        """The worker may be given photos."""
        self.is_ready = self._was_ready = True
        self._starts.succeed()

    def record_failure(self, now: float) -> bool:
        """A start failed. True where it is hopeless: several in a row did; whoever then asks begins anew."""
        self._starts.fail(now)
        is_hopeless = self._starts.failures >= _HOPELESS
        self._starts.failures = 0 if is_hopeless else self._starts.failures
        return is_hopeless

    def fall_back(self, now: float) -> bool:
        """Use the fallback from the next start on, for a while; False where there is none, or it is in use already."""
        if self._fallback is None or self._fallback_until is not None:
            return False
        self._setup = self._fallback
        self._fallback_until = now + _RETURN_SECONDS
        return True

    def end_fallback(self, now: float) -> None:
        """Retire the worker that serves as the fallback, once its time is up."""
        if self._fallback_until is not None and now >= self._fallback_until:
            self._setup, self._fallback_until = self._first, None
            self.is_retiring = self.worker is not None
