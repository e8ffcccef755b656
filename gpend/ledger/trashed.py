"""How long what lies in a trash has lain there, as far as gpend was there to see it."""

import os
from dataclasses import dataclass
from pathlib import Path

from gpend.ledger.database import Database, Value


@dataclass(frozen=True)
class Age:
    """Of a part of a trash."""

    seconds: int
    counted: int  # when, last, in UTC seconds


class Trashed:
    """The table trash. Every method is committed when it returns. Parts are relative to the output."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ages(self, folder: int) -> dict[Path, Age]:
        """Those that were counted; of a part that something came into since, there is none."""
        rows = self._database.each("trash_ages", {"folder": folder})
        return {Path(os.fsdecode(row["part"])): Age(row["age"], row["counted"]) for row in rows}

    def count(self, folder: int, part: Path, age: int, now: int) -> None:
        """A part has lain there for so many seconds."""
        self._database.run("note_trash", {"folder": folder, "part": os.fsencode(part), "age": age, "now": now})

    def renew(self, folder: int, part: Path) -> None:
        """Something is about to come into a part, or into `part.2` and so on, of the same day: they are young again."""
        name = os.fsencode(part)
        values: dict[str, Value] = {"folder": folder, "part": name, "first": name + b".", "last": name + b"/"}
        self._database.run("renew_trash", values)

    def forget(self, folder: int, part: Path) -> None:
        """A part is deleted: so are the photos whose outputs lay in it."""
        first = os.fsencode(part) + b"/"
        last = os.fsencode(part) + b"0"  # the character after /
        with self._database.together():
            self._database.run("forget_trashed", {"folder": folder, "first": first, "last": last})
            self._database.run("renew_trash", {"folder": folder, "part": os.fsencode(part), "first": b"", "last": b""})
