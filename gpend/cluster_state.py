"""How a cluster stands, as the daemon's process leaves it for `gpend status` and the metrics: one small JSON file."""

import contextlib
import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "cluster.json"
"""Its name, beside the ledger."""


class WorkerState(BaseModel):
    """One worker."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str = ""
    state: Literal["working", "leaving", "refused", "lost"]
    reason: str = ""  # why it is refused or lost
    slots: int = 0
    busy: int = 0  # photos that are with it
    done: int = 0  # photos since the daemon has started
    rate: float = 0.0  # photos a second, lately


class ClusterState(BaseModel):
    """All of it."""

    model_config = ConfigDict(frozen=True)

    scheduler: str
    updated: int = 0  # UTC seconds
    problem: str = ""  # why the scheduler cannot be reached, in words; "": it can
    waiting: int = 0  # photos that are with no worker
    window_used: int = 0  # bytes
    window: int = 0
    workers: tuple[WorkerState, ...] = ()


def leave(state: ClusterState, place: Path) -> None:
    """Write it, whole or not at all. That nobody may write there costs no photo."""
    told = state.model_copy(update={"updated": int(time.time())}).model_dump_json()
    temporary = place.with_name(f".gpend-{place.name}")
    with contextlib.suppress(OSError):
        temporary.write_text(told, encoding="utf-8")
        temporary.replace(place)


def found(place: Path) -> ClusterState | None:
    """What was written last; None: nothing that can be read."""
    try:
        return ClusterState.model_validate_json(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None
