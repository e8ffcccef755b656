"""Do the files of an open ledger still stand in their places? They may be deleted or replaced by anybody.

They are asked for by name and compared with what this process has open; nothing is opened for that: whoever closes a
plain descriptor of a SQLite file drops the locks that SQLite has on it.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
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
        there = {part for part in self._parts if held.has(part)}
        self._seen |= there
        return [part for part in self._parts if part in self._seen - there]

    def is_on_its_disk(self, folder: Path) -> bool:
        """Does a folder, or what is there of the way to it, lie where the ledger lay?"""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return folder.stat().st_dev == self._device


@dataclass(frozen=True)
class _Held:
    """What this process has open."""

    identities: frozenset[_Identity]
    names: frozenset[str]  # where the kernel says that it lies; of what was deleted, no name that anything has

    def has(self, part: Path) -> bool:
        """Is it open, and there? Some network disks number a file anew, so the kernel's name for it counts as well."""
        found = identity(part)
        return found is not None and (found in self.identities or _whole(part) in self.names)


def identity(path: Path) -> _Identity | None:
    """Which file stands there; None: none does."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _whole(part: Path) -> str:
    return os.path.join(os.path.realpath(part.parent), part.name)  # noqa: PTH118 - names need not be text


def _held() -> _Held | None:
    """None where the system does not tell."""
    try:
        numbers = [int(name) for name in os.listdir(_OPEN)]  # noqa: PTH208 - it is numbers that are asked for
    except OSError:
        return None
    identities, names = set(), set()
    for number in numbers:
        with suppress(OSError):  # what listed them is closed by now
            status = os.fstat(number)
            identities.add((status.st_dev, status.st_ino))
            names.add(str((_OPEN / str(number)).readlink()))
    return _Held(frozenset(identities), frozenset(names))
