"""What happened since the start, counted; and how far one pass has come."""

from collections import Counter
from dataclasses import dataclass, field

from gpend.dispatch import FolderPair
from gpend.ledger import Result, Row, State


@dataclass(frozen=True)
class Progress:
    """How far one pass over all folders has come."""

    done: int  # photos finished in this pass
    total: int  # those, and what is known to be left
    is_scanning: bool  # more may be found


@dataclass
class Tally:
    """A Listener that counts."""

    states: Counter[State] = field(default_factory=Counter)  # photos finished since the start, by where they stand
    pauses: dict[str, str] = field(default_factory=dict)  # why folders were paused, by source
    unsettled: int = 0  # files that were left because they were still being written

    @property
    def done(self) -> int:
        """Photos finished since the start."""
        return self.states.total()

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        del row
        self.states[result.state] += 1

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        self.pauses[str(pair.root)] = reason
