"""What the daemon writes about photos: seen, begun, finished, postponed."""

import json
import math
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from gpend.intake import Stamp
from gpend.ledger.database import Database, Value
from gpend.ledger.rows import Found, Recipe, Result, Row, State, Written, photo_row, signed

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
        return Known(row["id"], stamp, State(row["state"]), bool(row["missing"]), bool(row["mirrored"]))

    def sight(self, folder: int, found: Found, now: int) -> int:
        """A settled photo is due, for the first time or again; its id."""
        values: dict[str, Value] = {
            "folder": folder,
            "path": os.fsencode(found.relative),
            "sidecar": int(found.is_sidecar),
            "size": signed(found.stamp.size),
            "mtime_ns": signed(found.stamp.mtime_ns),
            "inode": signed(found.stamp.inode),
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

    def is_beside(self, folder: int, names: tuple[bytes, bytes, bytes]) -> bool:
        """Is there a photo that a sidecar may belong to? The names are those of gpend.mirror.sidecars."""
        exact, first, last = names
        values: dict[str, Value] = {"folder": folder, "exact": exact, "first": first, "last": last}
        return self._database.first("beside", values) is not None

    def due(self, folder: int, now: int, limit: int) -> list[Row]:
        """The first photos of a folder's queue that may be tried now."""
        values: dict[str, Value] = {"folder": folder, "now": now, "horizon": HORIZON, "limit": limit}
        return [photo_row(row) for row in self._database.each("due", values)]

    def next_attempt(self, folder: int, now: int) -> int | None:
        """The earliest later moment at which something of a folder's queue may be tried."""
        return self._database.number("next_attempt", {"folder": folder, "now": now})

    def begin(self, photo: int, now: int) -> None:
        """One more attempt begins: on record before the photo can do any harm."""
        self._database.run("begin", {"id": photo, "now": now})

    def finish(self, photo: int, result: Result, now: int, *, next_attempt: int | None = None) -> None:
        """The photo's processing has ended; with a date for what is set aside only for a while."""
        values: dict[str, Value] = {
            "id": photo,
            "now": now,
            "state": result.state,
            "reason": result.reason,
            "content": result.content,
            "outcome": None if result.facts is None else json.dumps(_finite(result.facts)),
            "model": result.recipe.model,
            "digest": result.recipe.digest,
            "version": result.recipe.version,
            "next_attempt": next_attempt,
        }
        self._database.run("finish", values | written_values(result.written))

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

    def twins(self, photo: int, content: str, limit: int = 16) -> list[Row]:
        """Rows whose outcome is about a file with this SHA-256: the photo's own first, then those of missing photos."""
        values: dict[str, Value] = {"id": photo, "content": content, "limit": limit}
        return [photo_row(row) for row in self._database.each("twins", values)]

    def made(self, sha256: str) -> Row | None:
        """The row whose restoration is the file with this SHA-256: gpend's own work."""
        row = self._database.first("made", {"sha256": sha256})
        return photo_row(row) if row else None

    def holder(self, folder: int, output: Path) -> Row | None:
        """The row that a file in the output tree belongs to."""
        row = self._database.first("holder", {"folder": folder, "output": os.fsencode(output)})
        return photo_row(row) if row else None


class Upkeep:
    """What is put in order when the daemon starts, and now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def interrupted(self, now: int, *, crashed: bool) -> int:
        """What was worked on when gpend ended waits again; how many. `crashed`: it was not killed from outside."""
        return self._database.run("interrupted", {"now": now, "crashed": int(crashed)})

    def unattended(self, attended: Collection[int], now: int) -> int:
        """Photos on record as worked on that nobody works on wait again, and no attempt was used up; how many."""
        rows = [row["id"] for row in self._database.each("working")]
        lost = [photo for photo in rows if photo not in attended]
        for photo in lost:
            values: dict[str, Value] = {"id": photo, "now": now, "next_attempt": None, "give_back": 1, "delay": 0}
            self._database.run("postpone", values)
        return len(lost)

    def worn_out(self, attempts: int, deaths: int) -> Iterator[Row]:
        """Waiting photos in which gpend crashed, or was killed, so many times."""
        rows = list(self._database.each("worn_out", {"attempts": attempts, "deaths": deaths}))
        return (photo_row(row) for row in rows)

    def wake(self, now: int) -> int:
        """What was set aside until now is due again; how many."""
        return self._database.run("wake", {"now": now, "horizon": HORIZON})

    def another_recipe(self, recipe: Recipe, now: int) -> int:
        """What was set aside under another recipe is due again; how many."""
        values: dict[str, Value] = {
            "model": recipe.model,
            "digest": recipe.digest,
            "version": recipe.version,
            "now": now,
        }
        return self._database.run("another_recipe", values)

    def mirror_kept(self, now: int) -> int:
        """Photos kept without a copy in the output tree are due again; how many."""
        return self._database.run("mirror_kept", {"now": now})

    def forget_sidecars(self) -> int:
        """Sidecars are not mirrored any more; what was written of them stays. How many."""
        return self._database.run("forget_sidecars")


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


def written_values(written: Written | None) -> dict[str, Value]:
    """The columns that describe a file in the output tree."""
    names = ("output", "output_size", "output_mtime_ns", "output_inode", "output_sha256")
    if written is None:
        return dict.fromkeys(names)
    stamp = written.stamp
    numbers = (signed(stamp.size), signed(stamp.mtime_ns), signed(stamp.inode))
    return dict(zip(names, (os.fsencode(written.path), *numbers, written.sha256), strict=True))
