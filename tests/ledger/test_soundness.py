"""A ledger is read whole: it is sound only if every row, index, count and text is as gpend left it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gpend.ledger import Ledger, State, soundness
from tests.ledger.test_repair import NOW, work

_MANY = """
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)
    INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, first_seen, updated, found_by)
    SELECT (SELECT min(id) FROM folder), CAST('many/' || n AS BLOB), 0, 1, 1, n, 'kept', 1, 1, 'scan' FROM number
"""
_LOOK = "import sys, pathlib; from gpend.ledger import soundness; print(soundness.of_copy(pathlib.Path(sys.argv[1])))"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with a few photos."""
    with Ledger.open(tmp_path / "ledger.sqlite", NOW) as ledger:
        work(ledger, State.RESTORED)
    return tmp_path / "ledger.sqlite"


def test_what_gpend_left_is_sound_and_stays_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    assert soundness.of_copy(path)
    assert soundness.of_ledger(path)
    assert path.read_bytes() == before


def test_a_ledger_that_is_open_is_looked_at_with_its_log(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        work(ledger, State.KEPT)
        assert soundness.of_ledger(path)


def test_what_is_not_there_is_not_sound(tmp_path: Path) -> None:
    assert not soundness.of_copy(tmp_path / "none.sqlite")
    assert not soundness.of_ledger(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE photo SET folder = 77 WHERE id = 3",
        "INSERT INTO face VALUES (999, 0, 1, 'sharp', 0.5)",
        "UPDATE tally SET photos = photos + 1",
        "UPDATE photo SET reason = CAST(x'ff' AS TEXT) WHERE id = 3",
        "ALTER TABLE folder RENAME COLUMN identity TO identyty",
        "DROP TRIGGER tally_of_new",
        "PRAGMA user_version = 0; PRAGMA application_id = 0",
    ],
)
def test_whatever_no_gpend_leaves_is_found(path: Path, deed: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(deed)
    assert not soundness.of_ledger(path)
    assert not soundness.of_copy(path)


def test_a_copy_of_many_photos_is_told_without_room_for_temporary_files(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_MANY)
    looked = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); {_LOOK}"
    told = subprocess.run([sys.executable, "-c", looked, path], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"
