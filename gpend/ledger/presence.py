"""Do the files of an open ledger still stand in their places? They may be deleted or replaced by anybody.

They are asked for by name and compared with what this process has open; nothing is opened for that: whoever closes a
plain descriptor of a SQLite file drops the locks that SQLite has on it.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

_OPEN = Path("/proc/self/fd")

_Identity: TypeAlias = tuple[int, int]  # device and inode


class Presence:
    """The ledger, its log, its index and its lock, as this process has them open."""

    def __init__(self, ledger: Path, lock: Path) -> None:
        self._parts = (ledger, *(ledger.with_name(ledger.name + ending) for ending in ("-wal", "-shm")), lock)
        self._seen: set[Path] = set()
        status = ledger.stat()
        self.mode = stat.S_IMODE(status.st_mode)
        self._device = status.st_dev
        self.lost()

    def lost(self) -> list[Path]:
        """Those that stood in their places once and are not there any more, or are other files now."""
        held = _held()
        if held is None:
            return []  # nobody can tell
        there = {part for part in self._parts if _identity(part) in held}
        self._seen |= there
        return [part for part in self._parts if part in self._seen - there]

    def is_on_its_disk(self, folder: Path) -> bool:
        """Does a folder, or what is there of the way to it, lie where the ledger lay?"""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return folder.stat().st_dev == self._device


def _identity(path: Path) -> _Identity | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _held() -> set[_Identity | None] | None:
    """What this process has open; None where the system does not tell."""
    try:
        numbers = [int(name) for name in os.listdir(_OPEN)]  # noqa: PTH208 - it is numbers that are asked for
    except OSError:
        return None
    found: set[_Identity | None] = set()
    for number in numbers:
        with suppress(OSError):  # what listed them is closed by now
            status = os.fstat(number)
            found.add((status.st_dev, status.st_ino))
    return found
