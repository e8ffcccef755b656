"""What an error of SQLite says of a ledger: that its content is not what gpend wrote, or nothing about that.

https://www.sqlite.org/rescode.html. Only what is about the content is a reason to set a ledger aside. That another
process holds it, that its disk is full, cannot be written to or does not answer, passes by itself or by a person.
"""

import re
import sqlite3

from gpend.errors import FatalError, TransientError

PRIMARY = 0xFF
"""The part of SQLite's error codes that tells the kind."""

_CONTENT = frozenset(
    {
        *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT),
        *(sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE),
    }
)
_PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT})
_GIVEN = re.compile(r"error code=(\d+)")  # by a check that could not get a page


class DamagedError(Exception):
    """The file is no ledger, or no longer one."""


class ForeignError(FatalError):
    """The file is another program's."""


class NewerError(FatalError):
    """The ledger was written by a newer gpend."""


class UnreadableError(TransientError):
    """A part of the file cannot be read from its disk now; it may be right."""


def is_about_content(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Is it what the file holds that a statement failed for, which is right itself?"""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # a text that is no UTF-8 has no code of SQLite
        return isinstance(error, UnicodeDecodeError) or "decode" in str(error)
    return code & PRIMARY in _CONTENT


def is_passing(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Does it end without anybody looking at the file: another process is at it, or the disk is full?"""
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY in _PASSING


def tells_damage(error: sqlite3.OperationalError) -> bool:
    """Is it the file's fault, while gpend works? The statements are right, and so was all that they wrote.

    A table, a column or a function that is not there, or JSON that is none, has SQLite's code for everything else,
    which some mistakes in the use of a connection have as well.
    """
    if getattr(error, "sqlite_errorcode", None) is None:
        return is_about_content(error)
    is_misuse = str(error).split(maxsplit=1)[0] in ("cannot", "SQL")
    return error.sqlite_errorcode == sqlite3.SQLITE_ERROR and not is_misuse


def is_unread(found: str) -> bool:
    """Did a check of the whole file, which told this, fail to read a page of it?"""
    return any(int(code) & PRIMARY not in _CONTENT for code in _GIVEN.findall(found))
