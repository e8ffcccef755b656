"""Ports to listen at, for processes that cannot tell which one they were given."""

import itertools
import os
import socket
from contextlib import suppress

_PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to whoever connects: what was free stays free until it is listened at."""
_places = itertools.count(7 * os.getpid())


def free_port() -> int:
    """A port of this machine that nobody listens at, and another one each time."""
    for _ in _PORTS:
        port = _PORTS[next(_places) % len(_PORTS)]
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("every port is taken")
