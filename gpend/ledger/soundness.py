"""Whether a ledger is right in all that can be told without its photos. All of it is read, which takes its time."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from gpend.ledger import shape, version
from gpend.ledger.database import VERSION, read

_KIND = "folder, sidecar, state, found_by, model, digest"
_PHOTOS, _COUNTED = f"SELECT {_KIND} FROM photo", f"SELECT {_KIND}, photos FROM tally WHERE photos <> 0"  # noqa: S608
_STRAY = "SELECT 1 FROM face WHERE photo NOT IN (SELECT id FROM photo)"


def of_copy(path: Path) -> bool:
    """Is a ledger sound that nobody uses, and that has no log? Nothing is changed."""
    return path.is_file() and _is_sound(f"{path.absolute().as_uri()}?mode=ro&immutable=1")


def of_ledger(path: Path) -> bool:
    """Is the ledger sound, with its log, while no daemon uses it?"""
    return path.is_file() and _is_sound(f"{path.absolute().as_uri()}?mode=rw")


def _is_sound(uri: str) -> bool:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            schema = version.of(connection)
            return 0 < schema <= VERSION and _holds_together(connection) and (schema < VERSION or _is_ours(connection))
    except (sqlite3.Error, UnicodeDecodeError):
        return False


def _holds_together(connection: sqlite3.Connection) -> bool:
    is_right = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    return is_right and connection.execute("PRAGMA foreign_key_check").fetchone() is None


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Are its tables gpend's, its texts such that they can be read, and its counts those of its photos?"""
    if shape.first_difference(connection, read("schema.sql")):
        return False
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for _ in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - named by the ledger, which is gpend's
            pass
    photos = Counter(connection.execute(_PHOTOS))  # SQLite would sort them, in a temporary file where many
    is_counted = photos == {tuple(kind): count for *kind, count in connection.execute(_COUNTED)}
    return is_counted and connection.execute(_STRAY).fetchone() is None
