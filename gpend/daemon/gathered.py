"""Photos that were set aside, of which people have yet to be told: gathered, and kept beside the ledger meanwhile."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpend.errors import as_text
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


def keep(place: Path, gathered: Gathered) -> None:
    """Have this stand there, also where gpend is killed, and no file for nothing.

    A failing power may take the last of it. Where nothing can be kept, a gpend that is killed tells less.
    """
    with suppress(OSError):
        if gathered.count:
            told = json.dumps({"count": gathered.count, "named": gathered.named})
            write_whole(place, told.encode(), mode=0o600, durable=False)
        else:
            place.unlink(missing_ok=True)


def recall(place: Path) -> Gathered:
    """What was kept; nothing of what gpend did not write."""
    with suppress(OSError, ValueError, RecursionError):
        if place.is_file() and place.stat().st_size <= _LARGEST:
            told = json.loads(place.read_bytes())
            if isinstance(told, dict) and isinstance(told.get("count"), int) and isinstance(told.get("named"), list):
                named = tuple(as_text(str(each)) for each in told["named"][:NAMED])
                return Gathered(max(told["count"], len(named)), named)
    return Gathered()
