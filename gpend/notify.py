"""Tell systemd how it goes: READY, STATUS, WATCHDOG, STOPPING, RELOADING. Silent where there is no systemd."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

_MICROSECONDS = 1_000_000


class Notifier:
    """Sends to the socket that systemd names; a lost message harms nobody."""

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        """An `address` that begins with @ is in the abstract name space; "" sends nothing."""
        self.is_ready = False  # the work has begun
        self.trouble = ""  # what keeps gpend from all work and cannot be put on record, in words
        self._fed_at = time.monotonic()  # when it was said last that there is progress
        self.watchdog_seconds = watchdog_seconds  # how often, at least, systemd wants to hear of progress
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        if self._socket is not None:
            self._socket.settimeout(0)
        self._status = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Notifier":
        """As systemd has set it up for this process. The watchdog may be meant for another process."""
        microseconds = environment.get("WATCHDOG_USEC", "")
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        seconds = int(microseconds) / _MICROSECONDS if microseconds.isdecimal() and is_meant else None
        return cls(environment.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self) -> None:
        """The work has begun."""
        self.is_ready = True
        self._send("READY=1")

    def is_well(self, seconds: float) -> bool:
        """Was it said within so many seconds, or those that systemd waits, that there is progress?"""
        patience = seconds if self.watchdog_seconds is None else self.watchdog_seconds
        return time.monotonic() - self._fed_at <= patience

    def status(self, text: str) -> None:
        """One line for `systemctl status`; sent only when it is another than before."""
        if text != self._status:
            self._status = text
            self._send("STATUS=" + " ".join(text.split()))

    def watchdog(self) -> None:
        """There is progress, or nothing to do."""
        self._fed_at = time.monotonic()
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` says when that is done."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The work ends."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Send nothing more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is not None:
            with suppress(OSError):  # systemd is restarting, or the socket is full
                self._socket.sendto(message.encode(errors="replace"), self._address)
