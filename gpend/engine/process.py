"""The worker as a process: frames in, frames out, its last words kept, and a certain end."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO, cast

from gpend.engine.messages import FromWorker, GarbledError, ToWorker, receive, send

_LAST_WORDS = 4096  # bytes of its standard error that are kept
_LAST_LINES = 8  # of them that are told
_PATIENCE = 2.0  # seconds for a killed process, and for the threads that served it


class Worker:
    """A started worker process. Another thread calls `hear` with every message, and with None at its end."""

    def __init__(self, command: Sequence[str], hear: Callable[["Worker", FromWorker | None], None]) -> None:
        """Start `command`. Raises OSError where that cannot be done."""
        # A session of its own: what a terminal or systemd signals to gpend is for gpend to decide upon.
        self._process = subprocess.Popen(  # noqa: S603 - the command is gpend's own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self._hear = hear
        self._outbox: queue.SimpleQueue[ToWorker | None] = queue.SimpleQueue()
        self._words = b""
        self._threads = [
            threading.Thread(target=target, name=f"gpend-worker-{target.__name__.strip('_')}", daemon=True)
            for target in (self._write, self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: ToWorker) -> None:
        """Never blocks: a worker that does not read is found out by its silence."""
        self._outbox.put(message)

    def end(self) -> None:
        """Kill it and everything it started; nothing in it needs saving. Returns when it is gone and forgotten."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):  # it hangs in the kernel: left to the system
            self._process.wait(_PATIENCE)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # flushing what nobody reads any more
                cast("BinaryIO", stream).close()

    @property
    def epitaph(self) -> str:
        """How it ended, and the last it had to say; to be asked after `end`."""
        words = self._words.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        return " | ".join([_exit(self._process.returncode), *words])

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # it is gone, which _read finds out
            while (message := self._outbox.get()) is not None:
                send(cast("BinaryIO", self._process.stdin), message)

    def _read(self) -> None:
        try:
            while (message := receive(cast("BinaryIO", self._process.stdout))) is not None:
                self._hear(self, cast("FromWorker", message))
        except (GarbledError, OSError) as error:
            self._words += f"\nunreadable: {error}".encode()
        self._hear(self, None)

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
