"""Which schema a ledger has. Its header says so twice: one bit that falls over would make it another gpend's.

The second number, SQLite's `application_id`, holds the version, and the same with every bit turned over, so that it
tells by itself when it is spoilt. A ledger that was last used by an older gpend has the first number only.
"""

import sqlite3

_GPEND = 0x6770
_BYTE = 0xFF


def of(connection: sqlite3.Connection) -> int:
    """The version of the schema; 0: there is none yet. Raises as SQLite does."""
    second = _second(connection)
    version = second >> 8 & _BYTE
    return version if second == _as_second(version) else _first(connection)


def is_half_noted(connection: sqlite3.Connection) -> bool:
    """Is there the first number only? Then no gpend after this one's predecessor has noted it."""
    return _second(connection) == 0


def is_noted(connection: sqlite3.Connection, version: int) -> bool:
    """Do both numbers say so?"""
    return _first(connection) == version and _second(connection) == _as_second(version)


def note(connection: sqlite3.Connection, version: int) -> None:
    """Have both numbers say so."""
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute(f"PRAGMA application_id = {_as_second(version)}")


def _first(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _second(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _as_second(version: int) -> int:
    return _GPEND << 16 | version << 8 | _BYTE - version
