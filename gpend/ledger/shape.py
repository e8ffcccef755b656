"""Whether the tables of a ledger are those that gpend made: no other check finds a bit that fell over in their text."""

import sqlite3
from contextlib import closing
from functools import cache

_PARTS = """
    SELECT CAST(made.name AS BLOB), CAST(held.name AS BLOB), CAST(held.type AS BLOB), held."notnull",
        CAST(held.dflt_value AS BLOB), held.pk
    FROM sqlite_schema AS made, pragma_table_xinfo(made.name) AS held WHERE made.type = 'table'
    UNION ALL SELECT CAST(name AS BLOB), CAST(sql AS BLOB), NULL, NULL, NULL, NULL
    FROM sqlite_schema WHERE type = 'trigger'
"""
"""The columns of each table, and the text of each trigger, as bytes: they may be no UTF-8 any more."""

_IN_COMMON = 10  # columns, by name, type and all; of 85, of which the first ledgers had 42
_TABLES = "SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"


def first_difference(connection: sqlite3.Connection, schema: str) -> str:
    """The name of a table or trigger that is not as the script `schema` makes it; "" if all are. Raises as SQLite does.

    What was added counts for nothing, nor in which order columns came to be.
    """
    missing = _wanted(schema).difference(connection.execute(_PARTS))
    return min((bytes(name).decode() for name, *_ in missing), default="")


def of_another(connection: sqlite3.Connection, schema: str) -> tuple[str, ...]:
    """The names of its tables, where they are not, nor ever were, a ledger's of the script `schema`. Raises as SQLite.

    A ledger of the first gpend has half of the columns of today's, and one bit that falls over spoils one table.
    """
    tables = sorted(bytes(name).decode(errors="replace") for (name,) in connection.execute(_TABLES))
    if not tables or len(_wanted(schema).intersection(connection.execute(_PARTS))) >= _IN_COMMON:
        return ()
    return tuple(tables)


@cache
def _wanted(schema: str) -> frozenset[tuple[bytes, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        return frozenset(connection.execute(_PARTS))
