"""Whether a ledger is right in all that can be told without its photos. All of it is read, which takes its time."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from gpend.errors import TransientError
from gpend.ledger import access, faults, migrating, shape, version
from gpend.ledger.faults import UnreadableError

_KIND = "folder, sidecar, state, found_by, model, digest"
_PHOTOS, _COUNTED = f"SELECT {_KIND} FROM photo", f"SELECT {_KIND}, photos FROM tally WHERE photos <> 0"  # noqa: S608
_STRAY = "SELECT 1 FROM face WHERE photo NOT IN (SELECT id FROM photo)"


def of_copy(path: Path) -> bool:
    """Is a ledger sound that nobody uses, and that has no log? Nothing is changed.

    Raises TransientError where there is no room to tell.
    """
    try:
        return path.is_file() and _is_sound(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    except (sqlite3.Error, UnreadableError) as error:
        if isinstance(error, sqlite3.Error) and faults.is_passing(error):
            raise _not_now(path, error) from error
        return False  # what cannot be read is of no use, and there is a way without it


def of_ledger(path: Path) -> bool:
    """Is the ledger sound, with its log, while no daemon uses it? Raises TransientError where nobody can tell now."""
    try:
        return path.is_file() and _is_sound(f"{path.absolute().as_uri()}?mode=rw")
    except sqlite3.Error as error:
        raise _not_now(path, error) from error


def _is_sound(uri: str) -> bool:
    """Raises as SQLite does where that says nothing about its content."""
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            schema = version.of(connection)
            is_known = 0 < schema <= migrating.VERSION
            return is_known and _holds_together(connection) and (schema < migrating.VERSION or _is_ours(connection))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if faults.is_about_content(error):
            return False
        raise


def _not_now(path: Path, error: sqlite3.Error) -> TransientError:
    return TransientError(
        f"{access.what_is_wrong(error, path).rstrip('.')}. Whether it is damaged, as was found before, cannot be "
        "told now."
    )


def _holds_together(connection: sqlite3.Connection) -> bool:
    """Raises UnreadableError where its disk does not give it."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if faults.is_unread(found):
        raise UnreadableError(f"A part of the ledger cannot be read from its disk ({found}).")
    return found == "ok" and connection.execute("PRAGMA foreign_key_check").fetchone() is None


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Are its tables gpend's, its texts such that they can be read, and its counts those of its photos?"""
    if shape.first_difference(connection, migrating.read("schema.sql")):
        return False
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for _ in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - named by the ledger, which is gpend's
            pass
    photos = Counter(connection.execute(_PHOTOS))  # SQLite would sort them, in a temporary file where many
    is_counted = photos == {tuple(kind): count for *kind, count in connection.execute(_COUNTED)}
    return is_counted and connection.execute(_STRAY).fetchone() is None
