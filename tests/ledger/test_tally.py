"""How many photos there are of each kind is kept as they change, and is what counting them would tell."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.ledger import Fingerprint, Found, FoundBy, Judging, Ledger, Records, Result, State, database, migrating
from gpend.stamp import Stamp
from tests.ledger.test_ledger import make_first_schema

NOW = 1_700_000_000
COUNTED = "SELECT folder, sidecar, state, found_by, model, digest, count(*) FROM photo GROUP BY 1, 2, 3, 4, 5, 6"
TALLY = "SELECT folder, sidecar, state, found_by, model, digest, photos FROM tally WHERE photos > 0"
_MADE = (
    "INSERT INTO photo (id, folder, path, sidecar, size, mtime_ns, inode, state, model, digest, first_seen, updated, "
    "found_by) VALUES (:id, :folder, :path, :sidecar, 1, 1, 1, :state, :model, :digest, 1, 1, :found_by)"
)
_CHANGED = (
    "UPDATE photo SET folder = :folder, sidecar = :sidecar, state = :state, model = :model, digest = :digest, "
    "found_by = :found_by, updated = updated + 1 WHERE id = :id"
)
_KINDS = st.fixed_dictionaries(
    {
        "id": st.sampled_from([1, 2, 3]),
        "folder": st.sampled_from([1, 2]),
        "sidecar": st.sampled_from([0, 1]),
        "state": st.sampled_from([state.value for state in State]),
        "model": st.sampled_from(["", "gpen-256"]),
        "digest": st.sampled_from(["", "d"]),
        "found_by": st.sampled_from(["event", "scan"]),
    }
)


@given(deeds=st.lists(st.tuples(st.sampled_from(["make", "change", "forget"]), _KINDS)))
def test_the_tally_is_what_counting_would_tell(deeds: list[tuple[str, dict[str, int | str]]]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(migrating.read("schema.sql"))
        connection.executemany("INSERT INTO folder (source, output) VALUES (?, ?)", [(b"/a", b"/b"), (b"/c", b"/d")])
        for deed, kind in deeds:
            path = str(kind["id"]).encode()
            there = connection.execute("SELECT 1 FROM photo WHERE id = :id", {"id": kind["id"]}).fetchone()
            if deed == "make" and not there:
                connection.execute(_MADE, kind | {"path": path})
            elif deed == "change":
                connection.execute(_CHANGED, kind)
            elif deed == "forget":
                connection.execute("DELETE FROM photo WHERE id = :id", {"id": kind["id"]})
        assert sorted(connection.execute(TALLY)) == sorted(connection.execute(COUNTED))


def test_an_older_ledger_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    make_first_schema(path)
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("INSERT INTO folder (source, output) VALUES (?, ?)", (b"/in", b"/out"))
        for number, state in enumerate(("kept", "kept", "failed")):
            old.execute(
                "INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, first_seen, updated, found_by)"
                " VALUES (1, ?, 0, 1, 1, 1, ?, 1, 1, 'scan')",
                (b"%d" % number, state),
            )
    with Ledger.open(path, NOW) as ledger:
        counts = ledger.counts()
        assert (counts[State.KEPT], counts[State.FAILED], counts[State.WAITING]) == (2, 1, 0)
        assert ledger.counts_by_finder() == {"event": 0, "scan": 3}


@pytest.fixture
def ledger_of_many(tmp_path: Path) -> Path:
    """Failed and incomplete photos, one a second."""
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, NOW) as ledger:
        (folder,) = ledger.sources.configure([(tmp_path / "in", tmp_path / "out")], NOW)
        for number in range(8):
            found = Found(Path(f"{number}.jpg"), Stamp(5, NOW, number), FoundBy.SCAN)
            photo = ledger.photos.sight(folder.id, found, NOW)
            state = State.FAILED if number % 3 else State.INCOMPLETE
            ledger.photos.finish(photo, Result(state, "", "a" * 64, Fingerprint()), NOW + number)
    return path


@pytest.mark.parametrize("limit", [1, 4, 20])
def test_the_last_errors_are_the_latest_of_both_kinds(ledger_of_many: Path, limit: int) -> None:
    with Records.read_only(ledger_of_many) as records:
        names = [row.path.name for row in records.recent_errors(limit)]
    assert names == [f"{number}.jpg" for number in reversed(range(8))][:limit]


def test_how_photos_are_judged_is_on_record_for_who_asks_without_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    told = Judging(
        Fingerprint("m", "d", "v"), ("nothing was measured",), (Path("/w", "\udcff"),), Path("/etc", "\udcff"), "mark"
    )
    with Ledger.open(path, NOW) as ledger:
        assert ledger.judging() is None
        ledger.control.judge(told)
    with Records.read_only(path) as records:
        assert records.judging() == told


@pytest.mark.parametrize(
    "name", ["counts", "counts_by_finder", "judged_with_other_settings", "known_count", "last_activity"]
)
def test_what_status_asks_reads_no_photo_one_by_one(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(migrating.read("schema.sql"))
        asked = f"EXPLAIN QUERY PLAN {database.statements()[name]}"
        steps = [row[3] for row in connection.execute(asked, {"folder": 1, "model": "m", "digest": "d"})]
    assert not [step for step in steps if step.startswith("SCAN photo")]
