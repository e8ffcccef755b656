"""What people have yet to be told of photos: gathered, and kept beside the ledger meanwhile."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpend.errors import as_text
from gpend.ledger import State
from gpend.writing import write_whole

NAMED = 5
"""Photos that a message names; of the others it tells how many they are."""

_LARGEST = 1 << 20  # bytes; more was not kept by gpend


@dataclass(frozen=True)
class Gathered:
    """So many photos, the first few in words."""

    count: int = 0
    named: tuple[str, ...] = ()

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(self.count + other.count, (*self.named, *other.named)[:NAMED])


def kept_beside(ledger: Path) -> Path:
    """The file for what people have yet to be told."""
    return ledger.with_name(f"{ledger.name}.messages")


def keep(place: Path, gathered: Gathered, today: Mapping[State, int]) -> None:
    """Have what was set aside, and what became of photos since the last digest, stand there; no file for nothing.

    A failing power may take the last of it. Where nothing can be kept, a gpend that is killed tells less.
    """
    with suppress(OSError):
        if gathered.count or today:
            told = json.dumps({"count": gathered.count, "named": gathered.named, "today": today})
            write_whole(place, told.encode(), mode=0o600, durable=False)
        else:
            place.unlink(missing_ok=True)


def recall(place: Path) -> tuple[Gathered, Counter[State]]:
    """What was kept; nothing of what gpend did not write."""
    with suppress(OSError, ValueError, RecursionError):
        if place.is_file() and place.stat().st_size <= _LARGEST:
            told = json.loads(place.read_bytes())
            if isinstance(told, dict) and isinstance(told.get("count"), int) and isinstance(told.get("named"), list):
                named = tuple(as_text(str(each)) for each in told["named"][:NAMED])
                return Gathered(max(told["count"], len(named)), named), _counts(told.get("today"))
    return Gathered(), Counter()


def _counts(told: object) -> Counter[State]:
    """Photos by what became of them, as far as they were kept."""
    found = told.items() if isinstance(told, dict) else ()
    return Counter({State(name): count for name, count in found if name in set(State) and isinstance(count, int)})
