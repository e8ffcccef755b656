"""What is on record about photos: sighted, looked up, forgotten."""

import os
from dataclasses import dataclass
from pathlib import Path

from gpend.ledger.database import Database, Value
from gpend.ledger.rows import Found, Row, State, Written, photo_row
from gpend.stamp import Stamp


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
