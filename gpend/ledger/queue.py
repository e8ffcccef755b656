"""Photos on their way from due to done: which come next, and what happens to them."""

import json
import math

from gpend.ledger.database import Database, Value
from gpend.ledger.photos import written_values
from gpend.ledger.rows import Result, Row, photo_row
from gpend.stamp import Stamp

HORIZON = 2 * 86_400
"""Nothing waits longer than this many seconds; what seems to is the clock's fault, and due."""


class Queue:
    """What is to be processed, folder by folder. Every method is committed when it returns, as in Photos."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, folder: int, now: int, limit: int, *, companions: bool = False) -> list[Row]:
        """The first photos of a folder's queue that may be tried now; or the first companions."""
        values: dict[str, Value] = {
            "folder": folder,
            "companions": int(companions),
            "now": now,
            "horizon": HORIZON,
            "limit": limit,
        }
        return [photo_row(row) for row in self._database.each("due", values)]

    def bare(self, folder: int, since: int, limit: int) -> list[Row]:
        """Photos that were set aside, at `since` or later, of which there is nothing in the output; the first first."""
        values: dict[str, Value] = {"folder": folder, "since": since, "limit": limit}
        return [photo_row(row) for row in self._database.each("bare", values)]

    def next_attempt(self, folder: int, now: int) -> int | None:
        """The earliest later moment at which something of a folder's queue may be tried."""
        return self._database.number("next_attempt", {"folder": folder, "now": now})

    def begin(self, photo: int, now: int) -> None:
        """One more attempt begins: on record before the photo can do any harm."""
        self._database.run("begin", {"id": photo, "now": now})

    def finish(self, photo: int, result: Result, now: int, *, next_attempt: int | None = None) -> None:
        """The photo's processing has ended; with a date for what is set aside only for a while."""
        self._database.run("finish", _values(result) | {"id": photo, "now": now, "next_attempt": next_attempt})

    def catch_up(self, photo: int, result: Result, now: int) -> None:
        """A photo that waits had ended so, which gpend could not say any more: it is the outcome before."""
        self._database.run("catch_up", _values(result) | {"id": photo, "now": now})

    def postpone(self, photo: int, now: int, until: int | None, *, give_back: bool, delay: bool = True) -> None:
        """Try again from `until` on; `give_back` the attempt that was begun, as the photo was not to blame for it."""
        values = {"id": photo, "now": now, "next_attempt": until, "give_back": int(give_back), "delay": int(delay)}
        self._database.run("postpone", values)

    def abandon(self, photo: int, stamp: Stamp, now: int) -> None:
        """The file is not there as it was sighted: until a scan sees it again, the row says what it said before.

        A row that has been sighted with another stamp meanwhile is left alone.
        """
        values = {"id": photo, "size": stamp.size, "mtime_ns": stamp.mtime_ns, "inode": stamp.inode, "now": now}
        with self._database.together():
            self._database.run("forget_unfinished", values)
            self._database.run("abandon", values)


def _values(result: Result) -> dict[str, Value]:
    """The columns that describe an outcome."""
    values: dict[str, Value] = {
        "state": result.state,
        "reason": result.reason,
        "content": result.content,
        "picture": result.picture or None,
        "camera": result.camera,
        "taken": result.taken,
        "outcome": None if result.facts is None else json.dumps(_finite(result.facts)),
        "model": result.fingerprint.model,
        "digest": result.fingerprint.digest,
        "version": result.fingerprint.version,
    }
    return values | written_values(result.written)


def _finite(value: object) -> object:
    """The same data as JSON can hold it: what is not a finite number becomes null."""
    match value:
        case dict():
            return {str(name): _finite(part) for name, part in value.items()}
        case list() | tuple():
            return [_finite(part) for part in value]
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value
