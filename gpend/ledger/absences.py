"""What the ledger knows of photos that are not there any more, and of how much changes at once."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpend.ledger.database import Database, Value
from gpend.ledger.photos import written_values
from gpend.ledger.rows import Row, Written, photo_row


@dataclass(frozen=True)
class Span:
    """The last seconds, in which what is missing may still turn up; a clock set back leaves dates after it."""

    begin: int
    end: int
    arriving: frozenset[int] = frozenset()  # sizes of files that settle: some may be what is missing, moved


@dataclass(frozen=True)
class Expected:
    """A photo that a scan should meet."""

    id: int
    relative: Path
    is_missing: bool = False  # no scan met it lately


class Absences:
    """Photos that are missing or gone, and the mass-change brake. Every method is committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expected(self, folder: int) -> Iterator[Expected]:
        """Every photo that a scan of a folder should meet, one by one; do not write meanwhile."""
        for row in self._database.each("unmet", {"folder": folder}):
            yield Expected(row["id"], Path(os.fsdecode(row["path"])), bool(row["is_missing"]))

    def mark(self, photo: int, now: int) -> None:
        """It was not met where it should be."""
        self._database.run("mark_missing", {"id": photo, "now": now})

    def found_again(self, photo: int) -> None:
        """It is there."""
        self._database.run("found_again", {"id": photo})

    def missing(self, folder: int) -> int:
        """How many photos of a folder are missing."""
        return self._database.number("missing_count", {"folder": folder}) or 0

    def vanished(self, folder: int, limit: int, span: Span, after: int = 0) -> list[Row]:
        """Photos missing since before the span that no photo which still waits can turn out to be, by their ids.

        The first `limit` of them `after` an id.
        """
        values: dict[str, Value] = {"folder": folder, "limit": limit, "before": span.begin, "now": span.end}
        values |= {"after": after, "arriving": json.dumps(sorted(span.arriving))}
        return [photo_row(row) for row in self._database.each("vanished", values)]

    def gone(self, photo: int, reason: str, written: Written, now: int) -> None:
        """Its deletion is certain; `written` is where its output is now."""
        self._database.run("gone", {"id": photo, "reason": reason, "now": now, **written_values(written)})

    def removals(self, folder: int, since: int, confirmed: int, span: Span) -> int:
        """Outputs removed since then, and those whose photos are missing since before the span and not `confirmed`."""
        dates = {"since": since, "confirmed": confirmed, "before": span.begin, "now": span.end}
        arriving = json.dumps(sorted(span.arriving))
        return self._database.number("removals", {"folder": folder, "arriving": arriving, **dates}) or 0

    def changes(self, folder: int, since: int, now: int) -> int:
        """Mirrored photos that were seen to change since then, redone already or not."""
        return self._database.number("changes", {"folder": folder, "since": since, "now": now}) or 0

    def redone(self, folder: int, since: int) -> int:
        """How many of those changes are redone already."""
        return self._database.number("redone", {"folder": folder, "since": since}) or 0

    def removed(self, folder: int, since: int) -> int:
        """Of the photos that vanished since then, how many outputs were seen to already."""
        return self._database.number("removed", {"folder": folder, "since": since}) or 0

    def count_change(self, photo: int, content: str, now: int) -> None:
        """A mirrored photo is another one now, or its output has to be made anew: before that is done."""
        self._database.run("count_change", {"id": photo, "content": content, "now": now})

    def mirrored(self, folder: int, since: int) -> int:
        """Photos that have an output, or had one until they vanished after `since`."""
        return self._database.number("mirrored", {"folder": folder, "since": since}) or 0

    def hold(self, folder: int, since: int) -> int:
        """Keep mirrored photos that changed since then from being redone; how many that concerns anew."""
        return self._database.run("hold_changes", {"folder": folder, "since": since})

    def release(self, folder: int) -> int:
        """Let what was held go on; how many."""
        return self._database.run("release_changes", {"folder": folder})
