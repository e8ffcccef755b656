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


def first_difference(connection: sqlite3.Connection, schema: str) -> str:
    """The name of a table or trigger that is not as the script `schema` makes it; "" if all are. Raises as SQLite does.

    What was added counts for nothing, nor in which order columns came to be.
    """
    missing = _wanted(schema).difference(connection.execute(_PARTS))
    return min((bytes(name).decode() for name, *_ in missing), default="")


@cache
def _wanted(schema: str) -> frozenset[tuple[bytes, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        return frozenset(connection.execute(_PARTS))
