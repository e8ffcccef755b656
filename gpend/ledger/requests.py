"""What people asked for, on the command line or on the page: left in the ledger, taken by the daemon."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpend.errors import FatalError, TransientError
from gpend.ledger import access
from gpend.ledger.choice import Choice
from gpend.ledger.database import Database, Value, open_for_writing
from gpend.ledger.faults import DamagedError
from gpend.ledger.fingerprint import Fingerprint
from gpend.ledger.rows import Request


@dataclass(frozen=True)
class Asked:
    """One request; without a path it means all, or what `detail` says."""

    id: int
    kind: Request
    path: Path | None
    detail: dict[str, Any]
    asked: int  # UTC seconds


def leave(ledger: Path, kind: Request, paths: list[Path], detail: dict[str, Any] | None = None) -> None:
    """Ask for something, whether a daemon is running or not. No path means all.

    Raises FatalError, and TransientError where the ledger cannot be used at the moment.
    """
    if not access.is_there(ledger):
        raise FatalError(
            f"There is no ledger at {ledger}: gpend has not run with this configuration yet, or its disk is not "
            "mounted. `gpend check` tells that."
        )
    access.require(ledger, to_write=True)
    try:
        with closing(open_for_writing(ledger)) as database, database.together():
            now = int(time.time())
            names: list[Path | None] = [*paths] or [None]
            for path in names:
                _leave(database, kind, path, detail, now)
    except DamagedError as error:
        raise FatalError(f"The ledger is damaged ({error}); the next start of the daemon repairs it.") from error
    except TransientError as error:
        raise TransientError(f"{error} {access.NOT_NOTED}") from error


class Requests:
    """The requests that wait, as the daemon sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> list[Asked]:
        """All of them, the oldest first."""
        return [
            Asked(
                row["id"],
                Request(row["kind"]),
                _path(row["path"]),
                json.loads(row["detail"] or "{}"),
                row["asked"],
            )
            for row in self._database.each("requests")
        ]

    def answered(self, request: int) -> None:
        """It has been seen to."""
        self._database.run("answer_request", {"id": request})

    def retry(self, photo: int, now: int) -> bool:
        """Queue a photo afresh, whatever was found before; False for one that is being worked on or gone."""
        return self._database.run("retry", {"id": photo, "now": now}) > 0

    def retry_later(self, path: Path, now: int) -> None:
        """Leave a request to queue a photo afresh, which is being worked on: the next gpend finds it too."""
        _leave(self._database, Request.RETRY, path, None, now)

    def rejudge(self, fingerprint: Fingerprint, now: int) -> int:
        """Queue afresh what was judged with other settings, or another network, than these; how many."""
        values: dict[str, Value] = {"model": fingerprint.model, "digest": fingerprint.digest, "now": now}
        return self._database.run("rejudge", values)

    def chosen(self, choice: Choice, asked: int) -> Iterator[int]:
        """The ids of all photos that fit `choice`, and were known when it was made."""
        ids = [row["id"] for row in self._database.each("chosen", choice.values() | {"seen": asked})]
        return iter(ids)

    def set_aside(self) -> Iterator[int]:
        """The ids of all photos that a retry without names means."""
        ids = [row["id"] for row in self._database.each("set_aside")]
        return iter(ids)


def _leave(database: Database, kind: Request, path: Path | None, detail: dict[str, Any] | None, now: int) -> None:
    values: dict[str, Value] = {"kind": kind, "path": os.fsencode(path) if path else None, "asked": now}
    database.run("leave_request", values | {"detail": None if detail is None else json.dumps(detail)})


def _path(stored: bytes | None) -> Path | None:
    return None if stored is None else Path(os.fsdecode(stored))
