"""Hints: where a scan may find something new, gathered from events and handed over all at once."""

import threading
from dataclasses import dataclass
from pathlib import Path

_CAPACITY = 10_000  # of one root; beyond it, a scan of everything is cheaper than a list of everything


@dataclass(frozen=True)
class Hint:
    """A place to look at. Nothing more is known: what is there, or is no longer, only looking tells."""

    root: Path
    path: Path | None = None  # None: anywhere below the root
    is_directory: bool = False  # look at everything below the path
    is_whole: bool = False  # the file got its name from a temporary one, so it has been written to its end


class Hints:
    """Gathers hints of any threads without ever keeping one waiting; of several about one place, the last counts."""

    def __init__(self, wake: threading.Event, capacity: int = _CAPACITY) -> None:
        """`wake` is set whenever there is something to drain."""
        self._wake = wake
        self._capacity = capacity
        self._lock = threading.Lock()
        self._gathered: dict[Path, dict[Path | None, Hint]] = {}

    def __len__(self) -> int:
        with self._lock:
            return sum(len(of_root) for of_root in self._gathered.values())

    def put(self, hint: Hint) -> None:
        """Add a hint."""
        with self._lock:
            of_root = self._gathered.setdefault(hint.root, {})
            of_root[hint.path] = hint
            if len(of_root) > self._capacity:
                self._gathered[hint.root] = {None: Hint(hint.root)}
        self._wake.set()

    def drain(self) -> list[Hint]:
        """All hints since the last time, each root's scan of everything first."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        return sorted(
            (hint for of_root in gathered.values() for hint in of_root.values()),
            key=lambda hint: hint.path is not None,
        )
