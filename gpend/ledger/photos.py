"""The table of photos: sighted, due, begun, finished, looked up, forgotten."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

from gpend.ledger.database import Database, Value
from gpend.ledger.rows import Found, Result, Row, State, Written, photo_row
from gpend.stamp import Stamp

HORIZON = 2 * 86_400
"""Nothing waits longer than this many seconds; what seems to is the clock's fault, and due."""


@dataclass(frozen=True)
class Known:
    """The little that a scan needs to know about a photo."""

    id: int
    stamp: Stamp
    state: State
    missing: bool
    mirrored: bool
    companion: bool  # no photo when it was put on record
    updated: int  # UTC seconds: when something was last put on record about it


class Photos:
    """The table of photos. Every method is committed when it returns, unless inside Ledger.together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, folder: int, relative: Path | bytes) -> Known | None:
        """What a scan compares a sighting with; a fraction of the cost of a whole row."""
        row = self._database.first("known", {"folder": folder, "path": os.fsencode(relative)})
        if row is None:
            return None
        stamp = Stamp(row["size"], row["mtime_ns"], row["inode"])
        flags = {name: bool(row[name]) for name in ("missing", "mirrored", "companion")}
        return Known(row["id"], stamp, State(row["state"]), updated=row["updated"], **flags)

    def sight(self, folder: int, found: Found, now: int) -> int:
        """A settled photo is due, for the first time or again; its id."""
        values: dict[str, Value] = {
            "folder": folder,
            "path": os.fsencode(found.relative),
            "sidecar": int(found.is_sidecar),
            "size": found.stamp.size,
            "mtime_ns": found.stamp.mtime_ns,
            "inode": found.stamp.inode,
            "now": now,
            "found_by": found.by,
        }
        with self._database.together():
            known = self._database.number("known", values)
            self._database.run("discover" if known is None else "rediscover", values | {"id": known})
            photo = self._database.number("known", values)
        if photo is None:
            raise AssertionError("a row that was just written is there")
        return photo

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

    def is_beside(self, folder: int, names: tuple[bytes, bytes, bytes]) -> bool:
        """Is there a photo that a sidecar may belong to? The names are those of gpend.intake.sidecars."""
        exact, first, last = names
        values: dict[str, Value] = {"folder": folder, "exact": exact, "first": first, "last": last}
        return self._database.first("beside", values) is not None

    def forget(self, photo: int) -> None:
        """Remove the row; a scan that finds the file takes it for new."""
        self._database.run("forget", {"id": photo})

    def rehome(self, photo: int, written: Written) -> None:
        """Its output stands elsewhere now."""
        self._database.run("rehome", {"id": photo, **written_values(written)})

    def row(self, photo: int) -> Row | None:
        """One row by its id."""
        row = self._database.first("photo_by_id", {"id": photo})
        return photo_row(row) if row else None

    def duplicates(self, photo: int, content: str, limit: int = 16) -> list[Row]:
        """Rows whose outcome is about a file with this SHA-256: the photo's own first, then those of missing photos."""
        values: dict[str, Value] = {"id": photo, "content": content, "limit": limit}
        return [photo_row(row) for row in self._database.each("duplicates", values)]

    def made(self, sha256: str) -> Row | None:
        """The row whose restoration is the file with this SHA-256: gpend's own work."""
        row = self._database.first("made", {"sha256": sha256})
        return photo_row(row) if row else None

    def with_output(self, folder: int, sha256: str) -> list[Row]:
        """The rows of a folder whose outputs have this SHA-256: one of them owns a file that has it."""
        return [photo_row(row) for row in self._database.each("with_output", {"folder": folder, "sha256": sha256})]

    def with_output_elsewhere(self, folder: int, sha256: str) -> list[Row]:
        """The rows of all other folders, also of those that no configuration names, whose outputs have this SHA-256."""
        values: dict[str, Value] = {"folder": folder, "sha256": sha256}
        return [photo_row(row) for row in self._database.each("with_output_elsewhere", values)]

    def holder(self, folder: int, output: Path) -> Row | None:
        """The row that a file in the output tree belongs to."""
        row = self._database.first("holder", {"folder": folder, "output": os.fsencode(output)})
        return photo_row(row) if row else None


def written_values(written: Written | None) -> dict[str, Value]:
    """The columns that describe a file in the output tree."""
    names = ("output", "output_size", "output_mtime_ns", "output_inode", "output_sha256")
    if written is None:
        return dict.fromkeys(names)
    stamp = written.stamp
    numbers = (stamp.size, stamp.mtime_ns, stamp.inode)
    return dict(zip(names, (os.fsencode(written.path), *numbers, written.sha256), strict=True))


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
        "earlier": None if result.earlier is None else json.dumps(_finite(result.earlier)),
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
