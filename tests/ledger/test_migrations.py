"""Every older ledger becomes one of today with all that it knew, also where gpend is killed at any step on the way."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gpend.ledger import Ledger, State, migrating, version

NOW = 1_700_000_000
DATA = Path(__file__).parent / "data" / "schema-1.sql"
Values: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[str, list[dict[str, object]]]

FACES = (
    '{"faces": [{"verdict": "restored", "sharpness": 0.25}, {"verdict": "sharp", "sharpness": 1}, {"verdict": 7}], '
    '"notes": ["one"]}'
)
ODD = ("[]", "7", '"faces"', '{"faces": {"1": {"verdict": "sharp", "sharpness": 2.0}}}', '{"faces": [[], null, 1e300]}')

STATES = ("waiting", "working", "restored", "kept", "failed", "incomplete", "unsupported", "gone")
OUTCOMES = (FACES, *ODD, None, FACES)
NO_OUTPUT = {f"output{part}": None for part in ("", "_size", "_mtime_ns", "_inode", "_sha256")}


def photo(number: int, state: str, outcome: str | None) -> Values:
    """A photo of which much is known; the numbers are as odd as files can have them."""
    output = {"output": b"a", "output_size": 9, "output_mtime_ns": 8, "output_inode": 7, "output_sha256": "e" * 64}
    fingerprint = {"model": "gpen-256", "digest": "d1", "version": "0.1.0"}
    file = {"path": b"Trip \xff\n/%d.jpg" % number, "size": 100, "mtime_ns": -(1 << 62), "inode": (1 << 63) - 1}
    moments = {"first_seen": 1, "updated": 2, "next_attempt": 3, "changed_since": 4, "missing_since": 5}
    bits = {"sidecar": int(state == "kept"), "held": int(state == "waiting"), "forced": number % 2}
    counts = {"attempts": number, "deaths": 1, "delays": 2}
    told = {"state": state, "reason": "why", "content": f"{number:064x}", "outcome": outcome}
    found = {"folder": 1 + number % 2, "found_by": "scan" if number % 2 else "event"}
    return found | file | told | (output if number % 3 else NO_OUTPUT) | fingerprint | moments | bits | counts


INSERTED: dict[int, list[tuple[str, Values]]] = {
    1: [
        ("folder", {"id": 1, "source": b"/photos", "output": b"/restored", "paused_reason": "full", "paused_since": 5}),
        ("folder", {"id": 2, "source": b"/odd \xff\n", "output": b"/o", "brake": "60 photos", "brake_since": 7}),
        *(("photo", photo(number, *each)) for number, each in enumerate(zip(STATES, OUTCOMES, strict=True))),
        ("request", {"kind": "forget", "path": b"/x", "asked": 1}),
        ("request", {"kind": "retry", "path": b"/photos/\xff", "asked": 2}),
        ("request", {"kind": "confirm", "path": None, "asked": 3}),
    ],
    2: [("request", {"kind": "rejudge", "path": None, "asked": 4})],
    3: [
        (
            "decision",
            {"photo": b"/\xff", "content": "c" * 64, "kind": "faces", "faces": '{"0": "leave"}', "decided": 6},
        ),
        ("decision", {"photo": b"/b", "content": None, "kind": "leave", "faces": None, "decided": 7}),
        ("request", {"kind": "decide", "path": b"/p", "detail": '{"a": 1}', "asked": 8}),
    ],
    4: [],
    5: [],
    6: [],
}
UPDATED: dict[int, list[tuple[str, Values]]] = {
    1: [],
    2: [
        ("folder", {"previous_output": b"/before", "last_scan": "well", "settling": 7}),
        ("photo", {"picture": "a" * 64, "counted": "b" * 64, "recheck": 1}),
    ],
    3: [
        ("folder", {"watching": "events"}),
        ("photo", {"camera": "Camera", "taken": -11, "rejudged": 1}),
        ("control", {"paused_since": 14, "resting": "paused"}),
    ],
    4: [],
    5: [("control", {"judging": '{"model": "auto"}'})],
    6: [],
}

KILLED = """
import os, signal, sys
from pathlib import Path
from gpend.ledger import Ledger, migrating

steps, bring_up_to_date = [0], migrating.bring_up_to_date

def killed_at(limit):
    def step(_statement):
        steps[0] += 1
        if steps[0] == limit:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(connection, path):
        connection.set_trace_callback(step)
        bring_up_to_date(connection, path)

    migrating.bring_up_to_date = traced
    Ledger.open(Path(sys.argv[1]), int(sys.argv[2]))
    os._exit(7)

for limit in range(1, 1000):  # one more statement is reached each time, and none of them is committed
    child = os.fork()
    if child == 0:
        killed_at(limit)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        break
print(limit)
sys.exit(0 if os.waitstatus_to_exitcode(status) == 7 else 1)
"""


def make(path: Path, number: int) -> None:
    """A ledger of an older schema that knows of much."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(DATA.read_text())
        for step in range(1, number + 1):
            if step > 1:
                old.executescript(migrating.read(f"migrations/{step:04}.sql"))
            for table, values in INSERTED[step]:
                names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
                old.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 - those above
            for table, values in UPDATED[step]:
                changes = ", ".join(f"{name} = :{name}" for name in values)
                old.execute(f"UPDATE {table} SET {changes} WHERE id = 1", values)  # noqa: S608 - those above
            old.commit()
        old.execute(f"PRAGMA user_version = {number}")
        old.execute("PRAGMA journal_mode = WAL")


def rows_of(path: Path) -> Rows:
    """All that a ledger knows."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        names = [row["name"] for row in named.fetchall()]
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}").fetchall()] for name in names}  # noqa: S608 - the ledger's own names


def expected(before: Rows, number: int) -> Rows:
    """What becomes of that: the brake of the first schema is asked again, and `gpend forget` is no more."""
    if number == 1:
        before["request"] = [row for row in before["request"] if row["kind"] != "forget"]
        before["photo"] = [row | {"held": 0} for row in before["photo"]]
    return before


def lost(before: Rows, after: Rows) -> list[str]:
    """What a ledger knew and does not any more."""
    missing = []
    for name, rows in before.items():
        kept = [{column: row.get(column) for column in rows[0]} for row in after[name]] if rows else []
        missing += [f"{name}: {row}" for row in rows if row not in kept]
    return missing


@pytest.mark.parametrize("number", range(1, migrating.VERSION))
def test_an_older_ledger_keeps_all_that_it_knew_wherever_gpend_is_killed_on_the_way(
    tmp_path: Path, number: int
) -> None:
    path = tmp_path / "ledger.sqlite"
    make(path, number)
    before = expected(rows_of(path), number)
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path), str(NOW)], check=True, capture_output=True)
    assert int(ran.stdout) > migrating.VERSION - number  # it was killed at each statement
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()
        counts = ledger.counts()
    assert lost(before, rows_of(path)) == []
    assert sum(counts[state] for state in State) == 7  # photos; what is mirrored is none
    with closing(sqlite3.connect(path)) as connection:
        assert version.is_noted(connection, migrating.VERSION)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [row["sharpness"] for row in rows_of(path)["face"]] == [0.25, 1.0]
    kept = rows_of(path.with_name(f"ledger.sqlite.schema-{number}"))
    assert lost(expected(kept, number), rows_of(path)) == []
