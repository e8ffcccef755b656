"""The table of measured faces follows what the outcomes say, whatever becomes of their photos."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Records, Result, State, Written, migrating
from gpend.stamp import Stamp
from tests.ledger.test_ledger import make_first_schema

NOW = 1_700_000_000
BARS = 50


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", NOW) as opened:
        opened.sources.configure([(tmp_path / "in", tmp_path / "out")], NOW)
        yield opened


def judged(ledger: Ledger, photo: int | None, *faces: tuple[str, float | None]) -> int:
    """A photo with these faces, by verdict and sharpness; a new one, or another outcome of one that is known."""
    (folder,) = ledger.folders()
    photo = photo or ledger.photos.sight(folder.id, Found(Path("a.jpg"), Stamp(5, NOW, 7), FoundBy.SCAN), NOW)
    told = [{"verdict": verdict, "sharpness": value} for verdict, value in faces]
    ledger.photos.finish(photo, Result(State.KEPT, "", "a" * 64, Fingerprint(), {"faces": told}), NOW)
    return photo


def counted(ledger: Ledger) -> dict[tuple[str, int], int]:
    return {(each.verdict, each.bar): each.faces for each in ledger.sharpness(BARS)}


def test_faces_that_were_measured_are_counted(ledger: Ledger) -> None:
    judged(ledger, None, ("sharp", 0.91), ("sharp", 0.9), ("small", None), ("restored", 0))
    assert counted(ledger) == {("sharp", 45): 2, ("restored", 0): 1}


def test_another_outcome_takes_the_place_of_the_one_before(ledger: Ledger) -> None:
    photo = judged(ledger, None, ("sharp", 0.91), ("sharp", 0.2))
    judged(ledger, photo, ("restored", 0.11))
    assert counted(ledger) == {("restored", 5): 1}


def test_a_photo_that_is_gone_takes_its_faces_along_and_brings_them_back(ledger: Ledger) -> None:
    photo = judged(ledger, None, ("sharp", 0.5))
    row = ledger.photos.row(photo)
    assert row is not None
    ledger.absences.gone(photo, "deleted", Written(Path("a.jpg"), Stamp(1, 1, 1), "b" * 64), NOW)
    assert counted(ledger) == {}
    ledger.photos.sight(row.folder, Found(Path("a.jpg"), Stamp(6, NOW, 8), FoundBy.SCAN), NOW)
    assert counted(ledger) == {("sharp", 25): 1}


def test_a_folder_that_is_not_watched_any_more_does_not_count(ledger: Ledger, tmp_path: Path) -> None:
    judged(ledger, None, ("sharp", 0.5))
    ledger.sources.configure([(tmp_path / "other", tmp_path / "out")], NOW)
    assert counted(ledger) == {}


def test_what_an_older_gpend_has_judged_is_counted_from_the_first_start_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    make_first_schema(path)
    told = {"faces": [{"verdict": "sharp", "sharpness": 0.5}, {"verdict": "small", "sharpness": None}]}
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("INSERT INTO folder (source, output) VALUES (?, ?)", (b"/in", b"/out"))
        old.execute(
            "INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, outcome, first_seen, updated, "
            "found_by) VALUES (1, ?, 0, 1, 1, 1, 'kept', ?, 1, 1, 'scan')",
            (b"a.jpg", json.dumps(told)),
        )
    Ledger.open(path, NOW).close()
    with Records.read_only(path) as records:
        assert [(each.verdict, each.bar, each.faces) for each in records.sharpness(BARS)] == [("sharp", 25, 1)]


_ODD = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["verdict", "sharpness", "x"]), inner),
    max_leaves=6,
)


@given(faces=_ODD)
def test_no_outcome_is_so_odd_that_it_could_not_be_recorded(faces: object) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(migrating.read("schema.sql"))
        connection.execute("INSERT INTO folder (source, output) VALUES (?, ?)", (b"/in", b"/out"))
        connection.execute(
            "INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, outcome, first_seen, updated, "
            "found_by) VALUES (1, ?, 0, 1, 1, 1, 'kept', ?, 1, 1, 'scan')",
            (b"a.jpg", json.dumps({"faces": faces})),
        )
