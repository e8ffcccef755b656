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

Identity: TypeAlias = tuple[int, int]
"""Device and inode."""


class Presence:
    """The ledger, its log, its index and its lock, as this process has them open."""

    def __init__(self, ledger: Path, lock: Path) -> None:
        self._parts = (ledger, *(ledger.with_name(ledger.name + ending) for ending in ("-wal", "-shm")), lock)
        self._seen: set[Path] = set()
        self.mode = stat.S_IMODE(ledger.stat().st_mode)  # as it was seen last
        self._device = ledger.parent.stat().st_dev
        self.lost()

    def lost(self) -> list[Path]:
        """Those that stood in their places once and are not there any more, or are other files now.

        Where a disk or the system does not tell, none is.
        """
        held = _held()
        if held is None:
            return []
        try:
            there = {part for part in self._parts if held.has(part)}
            if self._parts[0] in there:
                self.mode = stat.S_IMODE(self._parts[0].stat().st_mode)
        except OSError:
            return []
        self._seen |= there
        return [part for part in self._parts if part in self._seen - there]

    def is_on_its_disk(self) -> bool:
        """Does the ledger's folder, or what is there of the way to it, lie where it lay? Raises OSError."""
        folder = self._parts[0].parent
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return folder.stat().st_dev == self._device


@dataclass(frozen=True)
class _Held:
    """What this process has open."""

    identities: frozenset[Identity]
    names: frozenset[str]  # where the kernel says that it lies; of what was deleted, no name that anything has

    def has(self, part: Path) -> bool:
        """Is it open, and there? Some network disks number a file anew, so the kernel's name for it counts as well."""
        found = identity(part)
        return found is not None and (found in self.identities or _whole(part) in self.names)


def identity(path: Path) -> Identity | None:
    """Which file stands there; None: none does. Raises OSError where that is not told."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
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
