"""The dashboard beside the daemon: in a process of its own, so nothing from a browser reaches the daemon."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Self

import click

from gpend import parent
from gpend.backoff import delay
from gpend.errors import GpendError

_FIRST, _LONGEST = 1.0, 300.0  # seconds until it is started again, doubling
_WELL = 60  # seconds that it must have run for the next start to be the first again
_END = 5.0  # seconds that it has to end by itself
_BESIDE = "GPEND_BESIDE_DAEMON"  # the environment variable that names the daemon's process


class Companion:
    """Serves the dashboard while the daemon runs, and starts it again where it ends."""

    def __init__(self, config_file: Path, *, enabled: bool) -> None:
        self._command = [sys.executable, "-P", "-m", "gpend", "web", "--config", str(config_file)]
        self._is_over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="gpend-web", daemon=True) if enabled else None

    def __enter__(self) -> Self:
        """Begin."""
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._is_over.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        if self._thread is not None:
            self._thread.join(2 * _END)

    def _keep(self) -> None:
        """Start it, wait for its end, and so on."""
        failures = 0
        while not self._is_over.is_set():
            self._process = process = subprocess.Popen(  # noqa: S603 - gpend itself
                self._command, stdin=subprocess.DEVNULL, env={**os.environ, _BESIDE: str(os.getpid())}
            )
            if self._is_well(process):
                failures = 0
            _wait(process, self._is_over)
            failures += 1
            self._is_over.wait(delay(_FIRST, failures, _LONGEST))

    def _is_well(self, process: "subprocess.Popen[bytes]") -> bool:
        """Does it run for a while?"""
        return all(not self._is_over.wait(1.0) and process.poll() is None for _ in range(_WELL))


def _wait(process: "subprocess.Popen[bytes]", is_over: threading.Event) -> None:
    while process.poll() is None and not is_over.wait(1.0):
        pass
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def keep_trying(serve: Callable[[], None], wait: Callable[[float], object] = time.sleep) -> None:
    """Serve. Beside a daemon, what keeps it from that is told once, and it is tried again, after longer each time.

    Raises GpendError where there is no daemon.
    """
    told = ""
    for failures in count(1):
        try:
            serve()
        except GpendError as error:
            if _BESIDE not in os.environ:
                raise
            if str(error) != told:
                told = str(error)
                click.echo(f"Error: {told}", err=True)
        else:
            return
        wait(delay(_FIRST, failures, _LONGEST))


def end_with_daemon() -> None:
    """If a daemon has started this process, have the kernel end it when that is gone, however it ended."""
    daemon = os.environ.get(_BESIDE)
    if daemon is None:
        return
    if not parent.end_with(int(daemon), signal.SIGTERM):
        sys.exit(0)
