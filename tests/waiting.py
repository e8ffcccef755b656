"""How long tests wait for what must come: nobody waits so long where it comes, so a slow machine is given the time."""

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds for whatever a process, a thread, a socket or a browser is to do."""


def wait_until(holds: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds; where it never does, fail with what is `told` then."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, told() or "it should have come about long ago"
        time.sleep(0.01)
