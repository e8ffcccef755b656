"""The schema of a ledger: made, or led step by step from an older one to this gpend's."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from pkgutil import get_data

from gpend.ledger import faults, shape, version
from gpend.ledger.faults import DamagedError

VERSION = 7
"""The schema that this gpend reads and writes; migrations/NNNN.sql leads from NNNN - 1 to NNNN."""


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or lead them to this schema: whole or not at all.

    A command may do it at the same moment as the daemon, so the version is asked again when nobody else can write.
    Raises DamagedError where it is no ledger of that schema, which a spoilt number may say; else as SQLite does.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version.of(connection)
        if found == 0:
            _create(connection, path)
        elif found < VERSION:
            _migrate(connection, path, found)
        version.note(connection, max(found, VERSION))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise DamagedError(f"{path} is a SQLite file, but not a ledger of gpend")
    _run(connection, read("schema.sql"))


def _migrate(connection: sqlite3.Connection, path: Path, found: int) -> None:
    """Step by step, with a copy of what was there kept beside it."""
    _copy(path, path.with_name(f"{path.name}.schema-{found}"))
    try:
        for step in range(found + 1, VERSION + 1):
            _run(connection, read(f"migrations/{step:04}.sql"))
        differing = shape.first_difference(connection, read("schema.sql"))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if faults.is_about_content(error):
            raise DamagedError(f"{path}: it says to be of schema {found}, and is not: {error}") from error
        raise
    if differing:
        raise DamagedError(f"{path}: it says to be of schema {found}, and is not: {differing} became another")


def _copy(ledger: Path, kept: Path) -> None:
    """Whole or not at all. Who writes to a ledger cannot copy it; another connection sees what was committed."""
    fresh = kept.with_name(f"{kept.name}.new")
    for left in (fresh, fresh.with_name(f"{fresh.name}-journal")):  # by a gpend that was killed
        left.unlink(missing_ok=True)
    with closing(sqlite3.connect(ledger)) as before, closing(sqlite3.connect(fresh)) as target:
        before.backup(target)
    fresh.replace(kept)


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Each statement of a script, inside of the transaction that has begun; `executescript` would end it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    if statement.strip():
        connection.execute(statement)


@cache
def read(name: str) -> str:
    """A SQL file that lies beside this module."""
    found = get_data(__package__, name)
    if found is None:
        raise FileNotFoundError(name)
    return found.decode("utf-8")
