"""What tells a ledger by its tables: one that gpend made, one that was spoilt, and another program's file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from gpend.ledger import migrating, shape

SCHEMA = migrating.read("schema.sql")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        yield opened


def test_a_new_file_is_no_other_program_s(connection: sqlite3.Connection) -> None:
    assert shape.of_another(connection, SCHEMA) == ()


def test_a_ledger_is_gpend_s_also_with_a_table_that_lost_its_name(connection: sqlite3.Connection) -> None:
    connection.executescript(SCHEMA)
    assert shape.of_another(connection, SCHEMA) == ()
    assert shape.first_difference(connection, SCHEMA) == ""
    connection.execute("ALTER TABLE photo RENAME TO phoso")
    assert shape.of_another(connection, SCHEMA) == ()
    assert shape.first_difference(connection, SCHEMA) != ""


def test_tables_of_another_program_are_named_whatever_they_are_called(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE photo (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL)")
    connection.execute("CREATE TABLE albums (title TEXT)")
    assert shape.of_another(connection, SCHEMA) == ("albums", "photo")
