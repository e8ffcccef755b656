"""How a cluster stands, as the daemon's process leaves it for `gpend status` and the metrics: one small JSON file."""

import contextlib
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from gpend.writing import write_whole

State: TypeAlias = Literal["working", "leaving", "refused"]
STATES: tuple[State, ...] = get_args(State)
_STALE = 120  # seconds from which nobody writes it any more


class WorkerState(BaseModel):
    """One worker."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str = ""
    state: State
    reason: str = ""  # why it is refused
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


def leave(state: ClusterState, place: Path, now: float) -> None:
    """Write it at `now`, in UTC seconds, whole or not at all. That nobody may write there costs no photo."""
    told = state.model_copy(update={"updated": int(now)}).model_dump_json()
    with contextlib.suppress(OSError):
        write_whole(place, told.encode(), durable=False)


def found(place: Path, now: float) -> ClusterState | None:
    """What was written last; None: nothing that can be read, or nothing lately, seen from `now` in UTC seconds."""
    try:
        state = ClusterState.model_validate_json(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None
    return state if now - state.updated <= _STALE else None
