"""What happened since the start, counted."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gpend.dispatch import FolderPair
from gpend.ledger import Result, Row, State

_NAMED = 20  # photos that were set aside and are named; `gpend status` and `gpend why` know of all


@dataclass
class Tally:
    """A Listener that counts."""

    states: Counter[State] = field(default_factory=Counter)  # photos finished since the start, by where they stand
    known: int = 0  # of these, what was known from before: they were moved, copied or touched
    mirrored: int = 0  # files that are no photos, mirrored as they are
    pauses: dict[str, str] = field(default_factory=dict)  # why folders were paused, by source
    unsettled: int = 0  # files that were left because they were still being written
    emptied: int = 0  # files deleted from the trash, as their days there were over
    waiting: int = 0  # photos that were left because gpend was told to stop
    is_stopped: bool = False  # before everything was done
    last: str = ""  # the name of the photo that was finished last
    set_aside: list[tuple[Path, str]] = field(default_factory=list)  # the first few, each with its reason

    @property
    def done(self) -> int:
        """Photos finished since the start."""
        return self.states.total()

    @property
    def is_well(self) -> bool:
        """Was everything done that there was to do, and nothing set aside?"""
        is_set_aside = self.states[State.FAILED] + self.states[State.INCOMPLETE] > 0
        return not (is_set_aside or self.pauses or self.is_stopped)

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        if row.is_sidecar and result.state is State.KEPT:
            self.mirrored += 1  # no photo
            return
        self.states[result.state] += 1
        self.known += result.is_known
        self.last = row.relative.name
        if result.state in (State.FAILED, State.INCOMPLETE) and len(self.set_aside) < _NAMED:
            self.set_aside.append((row.path, result.reason or ""))

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        self.pauses[str(pair.root)] = reason
