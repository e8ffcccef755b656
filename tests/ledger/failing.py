"""A ledger whose COMMIT fails when it is told to, as on a disk that is full at that moment."""

import os
import sqlite3
from pathlib import Path

from gpend.ledger import Ledger
from gpend.ledger.database import Database


class FailingLedger(Ledger):
    """Fails once at the first thing that SQLite does after `failing` was set."""

    def __init__(self, path: Path, now: int) -> None:
        Ledger.open(path, now).close()
        self.failing = False
        connection = sqlite3.connect(path, isolation_level=None)
        connection.set_progress_handler(self._step, 1)
        super().__init__(Database(connection), path, os.open(path, os.O_RDONLY))

    def _step(self) -> int:
        """What SQLite asks while it works; not zero: it stops with an error."""
        failing, self.failing = self.failing, False
        return int(failing)
