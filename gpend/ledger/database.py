"""The SQLite file of the ledger: opened, checked, brought up to date, set aside where it is damaged."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeAlias

from gpend.errors import FatalError, TransientError, as_text
from gpend.ledger import access, doubt, faults, migrating, shape, version
from gpend.ledger.faults import DamagedError, ForeignError, NewerError, UnreadableError

BUSY_SECONDS = 30.0
"""How long a statement waits for another process, such as `gpend retry`, to finish its own."""

Value: TypeAlias = str | bytes | int | float | None

_GLANCE = 0.1  # seconds until a log is asked for again, which another process is just making
_FORMAT, _LAST_FORMAT = 18, b"\x02"  # where the header tells of the format, and the last that can be written

_NAMED = re.compile(r"^-- (name|part): (\w+)\n(.*?)(?=^-- (?:name|part): |\Z)", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"\{(\w+)\}")
_NAMED_TABLES = 3  # of another program's file, in a message
_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables


class Database:
    """One connection and the statements of queries.sql. Not for several threads at the same time.

    What the disk or another process is to blame for is a TransientError; a damaged file is a FatalError.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | None = None) -> None:
        """`path`: where it lies, so that it can be told what keeps this user from writing to it."""
        self._connection = connection
        self._path = path
        self._connection.row_factory = sqlite3.Row
        self.on_damage: Callable[[], object] = _nothing  # called when what is read cannot be what was written
        self._after: list[Callable[[], object]] = []  # what waits for the COMMIT
        self._former: list[sqlite3.Connection] = []  # to files that were deleted; queries of theirs may be open

    def run(self, name: str, parameters: Mapping[str, Value] | None = None) -> int:
        """Execute a statement; how many rows it changed."""
        with self._blamed():
            return self._execute(name, parameters or {}).rowcount

    def each(self, name: str, parameters: Mapping[str, Value] | None = None) -> Iterator[sqlite3.Row]:
        """The rows of a query, fetched one by one."""
        with self._blamed():
            yield from self._execute(name, parameters or {})

    def first(self, name: str, parameters: Mapping[str, Value] | None = None) -> sqlite3.Row | None:
        """The first row of a query; a statement with RETURNING is carried out too."""
        with self._blamed():
            rows = self._execute(name, parameters or {}).fetchall()
        return rows[0] if rows else None

    def number(self, name: str, parameters: Mapping[str, Value] | None = None) -> int | None:
        """The one number that a query asks for."""
        row = self.first(name, parameters)
        return None if row is None else row[0]

    def _execute(self, name: str, parameters: Mapping[str, Value]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statements()[name], parameters)
        except UnicodeEncodeError:  # words that quote a name which is no text; paths are bytes
            told = {each: as_text(value) if isinstance(value, str) else value for each, value in parameters.items()}
            return self._connection.execute(statements()[name], told)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All statements inside, or none. May be nested: the outermost decides."""
        if self._connection.in_transaction:
            yield
            return
        with self._blamed():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield  # what fails in here was blamed by its own statement, or is not the ledger's fault
            with self._blamed():
                self._connection.execute("COMMIT")
        except BaseException:
            with self._blamed():
                self._roll_back()
            raise
        committed, self._after = self._after, []
        for action in committed:
            action()

    def after_commit(self, action: Callable[[], object]) -> None:
        """Do this, once, when what was written so far is committed: at once outside `together`; never if it fails."""
        if self._connection.in_transaction:
            self._after.append(action)
        else:
            action()

    def _roll_back(self) -> None:
        self._after = []
        if self._connection.in_transaction:  # SQLite may have done it already
            self._connection.execute("ROLLBACK")

    @property
    def changes(self) -> int:
        """How many rows were changed by way of this connection."""
        return self._connection.total_changes

    def copy_to(self, path: Path) -> None:
        """Write the whole database as it is now to another file."""
        with self._blamed(), closing(sqlite3.connect(path)) as target:
            self._connection.backup(target)

    def go_over_to(self, other: "Database") -> None:
        """From now on use the connection of another one, which is not to be used any more."""
        self._former.append(self._connection)
        self._connection = other._connection  # noqa: SLF001 - one of its own kind

    def close(self) -> None:
        """Close the connection; open queries end."""
        for connection in (*self._former, self._connection):
            connection.close()

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Errors of SQLite by what is to be done about them."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if faults.tells_damage(error):
                raise self._damaged(error) from error
            reason = access.hindrance(self._path) if self._path else ""
            if reason or (reason := access.fault_of_disk(error)):
                raise TransientError(f"The ledger cannot be used at the moment: {error}. {reason}") from error
            if error.sqlite_errorcode == sqlite3.SQLITE_READONLY and self._path and _says_to_be_unwritable(self._path):
                raise self._damaged(error) from error
            raise TransientError(f"The ledger cannot be used at the moment: {error}.") from error
        except sqlite3.IntegrityError:
            self.on_damage()  # a count that was spoilt on the disk, for one
            raise  # or gpend's own mistake: it must not be mistaken for anything else
        except sqlite3.ProgrammingError:
            raise  # it is closed, for one: always gpend's own mistake, and never the file's
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # it quotes what it read, which may be no UTF-8
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> FatalError:
        self.on_damage()
        return FatalError(f"The ledger is damaged ({error}). The next start repairs it.")


def _nothing() -> None:
    """Nobody wants to know."""


def open_for_writing(path: Path) -> Database:
    """Open or make the ledger, checked and up to date.

    Raises DamagedError for a file that is no sound ledger, ForeignError for another program's, NewerError for one of a
    newer gpend, FatalError for one that this user cannot use, and TransientError where it cannot be used at the moment.
    """
    require_sqlite(sqlite3.sqlite_version_info)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise FatalError(f"The ledger {path} cannot be opened: {error}") from error
    try:
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _named(error, path) from error
    except UnicodeDecodeError as error:
        connection.close()
        raise DamagedError(f"{path}: {error}") from error  # SQLite quotes what it read, which is no UTF-8
    except OSError as error:
        connection.close()
        raise TransientError(f"The ledger {path} cannot be brought up to date: {error.strerror}.") from error
    except BaseException:
        connection.close()
        raise
    return Database(connection, path)


def open_for_reading(path: Path) -> Database:
    """Open an existing ledger without changing anything, also while a daemon writes to it.

    Raises ForeignError for another program's, NewerError for one of a newer gpend, else FatalError.
    """
    if not access.is_there(path):
        raise _missing(path)
    access.require(path, to_write=False)
    is_kept_apart = path.with_name(f"{path.name}-wal").exists()  # then nobody writes to what is being read
    inode = path.stat().st_ino
    try:
        connection = _reading_connection(path)
        found = version.of(connection)
        refused = None if version.is_noted(connection, migrating.VERSION) else _foreign(connection, path, found)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise FatalError(_what_is_wrong(error, path)) from error
    if refused is not None or found != migrating.VERSION:
        connection.close()
        if refused is not None:
            raise refused
        if found == 0:
            raise _missing(path)  # it is just being made
        raise FatalError(f"The ledger {path} belongs to another version of gpend; it is brought up to date by `run`.")
    database = Database(connection)

    def note() -> None:
        if is_kept_apart and path.exists() and path.stat().st_ino == inode:  # and not put right meanwhile
            doubt.suspect(path)

    database.on_damage = note
    return database


def require_sqlite(version: tuple[int, ...]) -> None:
    """Raise FatalError where SQLite is too old for the schema."""
    if version < _OLDEST_SQLITE:
        have, need = ".".join(map(str, version)), ".".join(map(str, _OLDEST_SQLITE))
        raise FatalError(f"Python's SQLite is {have}; the ledger needs {need} or newer.")


def _to_write_ahead(connection: sqlite3.Connection) -> None:
    """Have the file keep a write-ahead log.

    While another process does so, SQLite does not wait by itself; while one has the file to itself, it does.
    """
    began = time.monotonic()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_over = time.monotonic() - began >= BUSY_SECONDS
            if is_over or error.sqlite_errorcode & faults.PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_GLANCE)
        else:
            return


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    schema = _checked(connection, path)
    if schema < migrating.VERSION:
        migrating.bring_up_to_date(connection, path)
    elif not version.is_noted(connection, migrating.VERSION):
        with suppress(sqlite3.OperationalError):  # such as a full disk: it can wait
            version.note(connection, migrating.VERSION)


def _checked(connection: sqlite3.Connection, path: Path) -> int:
    """Which schema it has, once it was looked through. Raises DamagedError where it is no sound ledger."""
    other = _of_another(connection, path)
    if other is not None:
        raise other
    _to_write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")  # what is recorded survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")
    schema = version.of(connection)
    if schema > migrating.VERSION and version.is_half_noted(connection):
        raise DamagedError(f"{path}: no gpend notes schema {schema} like this")
    if schema > migrating.VERSION:
        raise _newer(path, schema)
    problem = _problem(connection, schema)
    if problem:
        raise DamagedError(f"{path}: {problem}")
    return schema


def _foreign(connection: sqlite3.Connection, path: Path, schema: int) -> FatalError | None:
    """What nobody but its own program may use; None for a ledger that this gpend can use, or puts right."""
    is_newer = schema > migrating.VERSION and not version.is_half_noted(connection)
    return _of_another(connection, path) or (_newer(path, schema) if is_newer else None)


def _of_another(connection: sqlite3.Connection, path: Path) -> ForeignError | None:
    tables = shape.of_another(connection, migrating.read("schema.sql"))
    if not tables:
        return None
    return ForeignError(
        f"{path} is a SQLite file of another program: it holds {', '.join(tables[:_NAMED_TABLES])} and nothing of "
        "gpend's. Nothing was changed. Name another file as ledger."
    )


def _newer(path: Path, schema: int) -> NewerError:
    return NewerError(
        f"The ledger {path} was written by a newer gpend (schema {schema}, this one knows {migrating.VERSION}). "
        "Nothing was changed. Install the newer gpend again, or name another ledger."
    )


def _problem(connection: sqlite3.Connection, schema: int) -> str:
    """What is wrong with it, in words; "" if nothing is."""
    if schema < 0:
        return "there is no such schema"
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if faults.is_unread(found):
        raise UnreadableError(f"A part of the ledger cannot be read from its disk ({found}).")
    if found != "ok":
        return found
    differing = shape.first_difference(connection, migrating.read("schema.sql")) if schema == migrating.VERSION else ""
    return f"{differing} is not as gpend made it" if differing else ""


def _reading_connection(path: Path) -> sqlite3.Connection:
    where = path.absolute().as_uri()
    connection = sqlite3.connect(f"{where}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        # A folder that the reader may not write to: SQLite cannot make its shared memory there. Without a daemon
        # there is no write-ahead log either, and the file can be read as if nothing could change it.
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        connection = sqlite3.connect(f"{where}?mode=ro&immutable=1", uri=True, isolation_level=None)
    return connection


def _missing(path: Path) -> FatalError:
    return FatalError(
        f"There is no ledger at {path}: gpend has not run with this configuration yet, or its disk is not mounted. "
        "`gpend check` tells that."
    )


def _named(error: sqlite3.DatabaseError, path: Path) -> Exception:
    """A damaged file by its name; everything else, such as a full disk or a foreign lock, is not the file's fault."""
    if faults.is_about_content(error):
        return DamagedError(f"{path}: {error}")
    if faults.is_passing(error) or access.hold_up(path):  # a full disk often is an I/O error to SQLite
        return TransientError(access.what_is_wrong(error, path))
    return FatalError(access.what_is_wrong(error, path))


def _says_to_be_unwritable(path: Path) -> bool:
    """Does the file claim to be of a later format, which SQLite reads and does not write?

    To be asked of what cannot be written: whoever closes a file gives up all locks on it.
    """
    with suppress(OSError), path.open("rb") as file:
        return file.read(_FORMAT + 1)[_FORMAT:] > _LAST_FORMAT
    return False


def _what_is_wrong(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> str:
    if isinstance(error, sqlite3.Error):
        return access.what_is_wrong(error, path)
    return f"The ledger {path} cannot be read: {error}"


@cache
def statements() -> dict[str, str]:
    """Each statement of queries.sql under the name that stands above it, with the parts that it names in braces."""
    found = [(kind, name, text.strip()) for kind, name, text in _NAMED.findall(migrating.read("queries.sql"))]
    parts = {name: text for kind, name, text in found if kind == "part"}
    return {name: _PART.sub(lambda named: parts[named[1]], text) for kind, name, text in found if kind == "name"}
