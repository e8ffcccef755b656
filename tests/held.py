"""What this process holds open, whatever else runs in it: descriptors and threads by which one is, not by how many."""

import os
import threading
from contextlib import suppress
from pathlib import Path


class Held:
    """What is held from a moment on; what is left over of other tests may end at any time, and counts for nothing."""

    def __init__(self) -> None:
        self._descriptors, self._threads = _descriptors(), set(threading.enumerate())

    def descriptors(self) -> list[str]:
        """What is open now that was not then."""
        return sorted(what for number, what in _descriptors().items() if self._descriptors.get(number) != what)

    def threads(self) -> list[threading.Thread]:
        """What runs now and did not then."""
        return [thread for thread in threading.enumerate() if thread not in self._threads]

    def is_all(self) -> bool:
        """Is nothing held that was not then?"""
        return not self.descriptors() and not self.threads()


def _descriptors() -> dict[str, str]:
    """What each of them is, but for the one by which they are listed."""
    found: dict[str, str] = {}
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found[link.name] = os.readlink(link)  # noqa: PTH115 - it need not be a path
    return found
