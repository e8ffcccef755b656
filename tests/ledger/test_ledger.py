"""The ledger as a whole: opened by one, read by many, repaired, brought up to date."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from gpend.errors import FatalError, TransientError
from gpend.ledger import (
    Fingerprint,
    Found,
    FoundBy,
    Ledger,
    Records,
    Request,
    Result,
    State,
    Written,
    database,
    migrating,
    version,
)
from gpend.ledger.faults import DamagedError
from gpend.stamp import Stamp
from tests.waiting import PATIENCE

NOW = 1_700_000_000
FINGERPRINT = Fingerprint("gpen-256", "d1", "0.1.0")
SHA = "a" * 64
NO_ROOM = "CREATE TABLE long AS SELECT zeroblob(1000000) AS content;"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, NOW) as opened:
        yield opened


def folder_of(ledger: Ledger, source: str = "/in", output: str = "/out") -> int:
    return ledger.sources.configure([(Path(source), Path(output))], NOW)[0].id


def test_a_second_gpend_is_refused_and_told_why(ledger: Ledger, path: Path) -> None:
    assert ledger.backlog() == 0
    with pytest.raises(FatalError, match="Another gpend is already working"):
        Ledger.open(path, NOW)


def test_closing_lets_the_next_one_in(path: Path) -> None:
    Ledger.open(path, NOW).close()
    Ledger.open(path, NOW).close()


def test_a_process_that_died_holds_no_lock(path: Path) -> None:
    program = "import os, sys; from pathlib import Path; from gpend.ledger import Ledger; "
    program += "held = Ledger.open(Path(sys.argv[1])); os._exit(9)"  # without closing anything
    ended = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert ended.returncode == 9
    Ledger.open(path, NOW).close()


def test_readers_need_no_lock_and_see_what_is_committed(ledger: Ledger, path: Path) -> None:
    folder = folder_of(ledger)
    ledger.photos.sight(folder, Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.EVENT), NOW)
    with Ledger.read_only(path) as records:
        assert records.counts()[State.WAITING] == 1
        assert records.counts_by_finder() == {"event": 1, "scan": 0}
        assert records.backlog() == 1
        assert records.last_activity() == NOW
        assert records.running()


def test_a_reader_changes_nothing_and_works_without_a_daemon(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        folder_of(ledger)
    with Ledger.read_only(path) as records:
        assert not records.running()
        assert [folder.source for folder in records.folders()] == [Path("/in")]


def test_a_missing_ledger_is_named_to_the_reader(path: Path) -> None:
    with pytest.raises(FatalError, match="There is no ledger"):
        Ledger.read_only(path)


def test_names_that_are_not_utf8_come_back_as_they_were(ledger: Ledger) -> None:
    name = Path(os.fsdecode(b"caf\xe9 \xff.jpg"))
    ledger.photos.sight(folder_of(ledger), Found(name, Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    row = ledger.photo(Path("/in") / name)
    assert row is not None
    assert os.fsencode(row.path) == b"/in/caf\xe9 \xff.jpg"


def test_numbers_beyond_signed_64_bit_are_kept_and_compare_equal(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    status = os.stat_result((0, 2**64 - 1, 0, 1, 0, 0, 5, 0, 0, 0), {"st_mtime_ns": 2**63 + 7})
    stamp = Stamp.of(status)
    ledger.photos.sight(folder, Found(Path("a.jpg"), stamp, FoundBy.SCAN), NOW)
    known = ledger.photos.known(folder, Path("a.jpg"))
    assert known is not None
    assert known.stamp == stamp == Stamp(5, 7 - 2**63, -1)


def test_the_database_itself_refuses_a_state_it_does_not_know(ledger: Ledger, path: Path) -> None:
    ledger.photos.sight(folder_of(ledger), Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE photo SET state = 'lost'")
    connection.close()


def test_an_attempt_is_on_record_before_the_photo_is_finished(ledger: Ledger, path: Path) -> None:
    photo = ledger.photos.sight(folder_of(ledger), Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    ledger.photos.begin(photo, NOW)
    with Ledger.read_only(path) as records:
        row = records.photo(Path("/in/a.jpg"))
    assert row is not None
    assert (row.state, row.attempts) == (State.WORKING, 1)


def test_what_was_begun_waits_again_after_a_start_with_its_attempts(ledger: Ledger) -> None:
    photo = ledger.photos.sight(folder_of(ledger), Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    ledger.photos.begin(photo, NOW)
    assert ledger.upkeep.interrupted(NOW, crashed=True) == 1
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.attempts) == (State.WAITING, 1)
    assert [worn.id for worn in ledger.upkeep.worn_out(1, 9)] == [photo]


def finished(ledger: Ledger, state: State = State.RESTORED, *, written: Written | None = None) -> int:
    photo = ledger.photos.sight(folder_of(ledger), Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    ledger.photos.begin(photo, NOW)
    ledger.photos.finish(photo, Result(state, "one face", SHA, FINGERPRINT, {"faces": []}, written), NOW)
    return photo


def test_a_finished_photo_holds_everything_that_was_said_of_it(ledger: Ledger) -> None:
    written = Written(Path("a.jpg"), Stamp(7, 8, 9), "b" * 64)
    row = ledger.photos.row(finished(ledger, written=written))
    assert row is not None
    assert (row.state, row.reason, row.content, row.outcome) == (State.RESTORED, "one face", SHA, {"faces": []})
    assert (row.written, row.fingerprint, row.attempts) == (written, FINGERPRINT, 0)
    assert row.output == Path("/out/a.jpg")


def test_a_changed_photo_waits_and_remembers_what_it_was(ledger: Ledger) -> None:
    photo = finished(ledger, written=Written(Path("a.jpg"), Stamp(7, 8, 9), "b" * 64))
    ledger.photos.sight(folder_of(ledger), Found(Path("a.jpg"), Stamp(2, 2, 3), FoundBy.EVENT), NOW + 5)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.prior, row.finished) == (State.WAITING, State.RESTORED, State.RESTORED)
    assert (row.content, row.changed_since) == (SHA, None)
    ledger.absences.count_change(photo, "c" * 64, NOW + 6)
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.content, row.changed_since, row.counted) == (SHA, NOW + 6, "c" * 64)


def test_what_was_set_aside_is_due_again_under_another_fingerprint_only(ledger: Ledger) -> None:
    photo = finished(ledger, State.FAILED)
    assert ledger.upkeep.another_fingerprint(FINGERPRINT, NOW) == 0
    assert ledger.upkeep.another_fingerprint(Fingerprint("gpen-256", "d1", "0.2.0"), NOW) == 1
    assert [row.id for row in ledger.photos.due(folder_of(ledger), NOW, 9)] == [photo]


def test_a_postponed_photo_is_due_when_its_time_has_come_or_the_clock_went_back(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    photo = ledger.photos.sight(folder, Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
    ledger.photos.begin(photo, NOW)
    ledger.photos.postpone(photo, NOW, NOW + 60, give_back=True)
    assert ledger.photos.due(folder, NOW + 59, 9) == []
    assert ledger.photos.next_attempt(folder, NOW) == NOW + 60
    assert [row.attempts for row in ledger.photos.due(folder, NOW + 60, 9)] == [0]
    assert len(ledger.photos.due(folder, NOW - 365 * 86_400, 9)) == 1


def test_the_queue_serves_fresh_arrivals_first_and_suspects_last(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    for name, finder in (("suspect", FoundBy.EVENT), ("old", FoundBy.SCAN), ("new", FoundBy.EVENT)):
        ledger.photos.sight(folder, Found(Path(name), Stamp(1, 2, 3), finder), NOW)
    suspect = ledger.photo(Path("/in/suspect"))
    assert suspect is not None
    ledger.photos.begin(suspect.id, NOW)
    ledger.upkeep.interrupted(NOW, crashed=False)
    assert [row.relative.name for row in ledger.photos.due(folder, NOW, 9)] == ["new", "old", "suspect"]


def _sight_then_fail(ledger: Ledger, folder: int) -> None:
    with ledger.together():
        ledger.photos.sight(folder, Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
        raise KeyError


def test_nothing_of_a_transaction_stays_when_it_fails(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        _sight_then_fail(ledger, folder_of(ledger))
    assert ledger.backlog() == 0


def test_a_folder_that_left_the_configuration_is_idle_but_not_forgotten(ledger: Ledger) -> None:
    finished(ledger)
    folder_of(ledger, "/other", "/elsewhere")
    assert ledger.counts()[State.RESTORED] == 0
    folder_of(ledger)
    assert ledger.counts()[State.RESTORED] == 1


def test_outputs_are_looked_for_again_when_the_output_folder_was_changed(ledger: Ledger) -> None:
    photo = finished(ledger, written=Written(Path("a.jpg"), Stamp(7, 8, 9), "b" * 64))
    folder_of(ledger, output="/moved")
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.prior) == (State.WAITING, State.RESTORED)


def test_a_pause_has_a_reason_and_a_time_until_it_ends(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    ledger.sources.pause(folder, "the disk is full", NOW)
    assert [(row.paused_reason, row.paused_since) for row in ledger.folders()] == [("the disk is full", NOW)]
    ledger.sources.resume(folder)
    assert ledger.folders()[0].paused_reason is None


def test_the_latest_errors_come_first_and_no_more_than_asked_for(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    for number in range(5):
        photo = ledger.photos.sight(folder, Found(Path(f"{number}.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), NOW)
        ledger.photos.finish(photo, Result(State.FAILED, "broken", None, FINGERPRINT), NOW + number)
    assert [row.relative.name for row in ledger.recent_errors(2)] == ["4.jpg", "3.jpg"]


def test_requests_reach_a_daemon_that_holds_the_ledger(ledger: Ledger, path: Path) -> None:
    name = Path(os.fsdecode(b"/in/\xff.jpg"))
    Ledger.request(path, Request.RETRY, [name])
    Ledger.request(path, Request.CONFIRM)
    asked = ledger.requests.waiting()
    assert [(each.kind, each.path) for each in asked] == [(Request.RETRY, name), (Request.CONFIRM, None)]
    ledger.requests.answered(asked[0].id)
    assert len(ledger.requests.waiting()) == 1


def test_a_damaged_ledger_is_kept_and_its_last_copy_takes_its_place(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        finished(ledger)
        ledger.back_up()
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == 1
        assert "damaged" in ledger.notices[0]
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 1


@pytest.mark.parametrize("rubbish", [b"not a database at all" * 100, b"\0" * 4096])
def test_a_damaged_ledger_without_a_copy_begins_anew_and_says_so(path: Path, rubbish: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(rubbish)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.backlog() == 0
        assert "what the output folders say" in ledger.notices[-1]
    kept = next(path.parent.glob("ledger.sqlite.damaged-*"))
    assert kept.read_bytes() == rubbish


def test_the_ledger_of_a_newer_gpend_is_refused_and_left_alone(path: Path) -> None:
    Ledger.open(path, NOW).close()
    connection = sqlite3.connect(path)
    version.note(connection, migrating.VERSION + 1)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(FatalError, match="newer gpend"):
        Ledger.open(path, NOW)
    with pytest.raises(FatalError, match=r"newer gpend.*Install the newer gpend again"):
        Records.read_only(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("number", [0, 3, migrating.VERSION, migrating.VERSION + 1, 77])
@pytest.mark.parametrize("table", ["albums (title TEXT)", "photo (id INTEGER PRIMARY KEY, path TEXT NOT NULL)"])
def test_another_program_s_sqlite_file_that_is_named_as_the_ledger_is_refused_and_left_alone(
    path: Path, table: str, number: int
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE {table}")
        connection.execute(f"PRAGMA user_version = {number}")
    before = path.read_bytes()
    with pytest.raises(FatalError, match=r"another program.*Nothing was changed"):
        Ledger.open(path, NOW)
    with pytest.raises(FatalError, match=r"another program.*Nothing was changed"):
        Records.read_only(path)
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}


def test_an_older_ledger_is_brought_up_to_date_with_a_copy_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(path, NOW) as ledger:
        finished(ledger)
    lead_on(monkeypatch, "ALTER TABLE photo ADD COLUMN colour TEXT;")
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == 1
    assert path.with_name(f"ledger.sqlite.schema-{migrating.VERSION - 1}").exists()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT colour FROM photo").fetchall() == [(None,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (migrating.VERSION,)
    connection.close()


def lead_on(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """There is a next schema, to which this script leads, and a new ledger has a column `colour`."""
    following = {
        f"migrations/{migrating.VERSION + 1:04}.sql": script,
        "schema.sql": f"{migrating.read('schema.sql')} ALTER TABLE photo ADD COLUMN colour TEXT;",
    }
    read = migrating.read
    monkeypatch.setattr(migrating, "VERSION", migrating.VERSION + 1)
    monkeypatch.setattr(migrating, "read", lambda name: following.get(name) or read(name))


def make_first_schema(path: Path) -> None:
    """A ledger as the first gpend left it, with two requests in it."""
    path.parent.mkdir(exist_ok=True)
    first = (Path(__file__).parent / "data" / "schema-1.sql").read_text()
    rows = "INSERT INTO request (kind, path, asked) VALUES ('forget', NULL, 1), ('retry', NULL, 1);"
    old = sqlite3.connect(path)
    old.executescript(f"{first} {rows} PRAGMA user_version = 1;")
    old.close()


def open_and_close(path: Path) -> None:
    Ledger.open(path, NOW).close()


def make(path: Path) -> None:
    database.open_for_writing(path).close()


def all_at_once(deeds: list[Callable[[], object]]) -> None:
    """Do each in a thread of its own, begun at the same moment; what one raises is raised."""
    barrier = threading.Barrier(len(deeds))

    def begun(deed: Callable[[], object]) -> None:
        barrier.wait(PATIENCE)
        deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        for done in [threads.submit(begun, deed) for deed in deeds]:
            done.result()


def test_a_command_and_a_daemon_bring_a_ledger_up_to_date_at_the_same_moment(tmp_path: Path) -> None:
    for number in range(8):
        path = tmp_path / str(number) / "ledger.sqlite"
        make_first_schema(path)
        ask = partial(Ledger.request, path, Request.CONFIRM)
        all_at_once([ask, partial(open_and_close, path), ask, ask])
        with Ledger.open(path, NOW) as ledger:
            assert [asked.kind for asked in ledger.requests.waiting()] == [Request.RETRY, *[Request.CONFIRM] * 3]
        kept = sqlite3.connect(path.with_name("ledger.sqlite.schema-1"))
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)
        kept.close()


def test_a_new_ledger_is_made_once_by_whoever_comes_first(tmp_path: Path) -> None:
    for number in range(8):
        path = tmp_path / f"{number}.sqlite"
        all_at_once([partial(make, path)] * 4)
        Ledger.open(path, NOW).close()


def test_the_log_of_a_new_ledger_is_waited_for_while_another_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, waited = list[str](), list[float]()

    def execute(statement: str) -> None:
        asked.append(statement)
        if len(asked) < 3:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    monkeypatch.setattr(time, "sleep", waited.append)
    database._to_write_ahead(cast("sqlite3.Connection", SimpleNamespace(execute=execute)))  # noqa: SLF001 - a moment
    assert (len(asked), len(waited)) == (3, 2)


def test_a_ledger_that_another_has_to_itself_is_given_up_once_sqlite_has_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, passed = list[str](), [0.0]

    def execute(statement: str) -> None:
        asked.append(statement)
        passed[0] += database.BUSY_SECONDS  # SQLite waits for who has the file to itself, and not for who makes a log
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        database._to_write_ahead(cast("sqlite3.Connection", SimpleNamespace(execute=execute)))  # noqa: SLF001 - as above
    assert len(asked) == 1


def test_a_ledger_of_the_first_schema_becomes_what_a_new_one_is(path: Path) -> None:
    make_first_schema(path)
    with Ledger.open(path, NOW) as ledger:
        assert [asked.kind for asked in ledger.requests.waiting()] == [Request.RETRY]
    Ledger.open(path.with_name("new.sqlite"), NOW).close()
    assert shape_of(path) == shape_of(path.with_name("new.sqlite"))


def shape_of(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """The columns of every table and index, in whatever order they came to be."""
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").fetchall()
    found = {name: {row[1:] for row in connection.execute(f"PRAGMA {kind}_xinfo({name})")} for kind, name in names}
    triggers = connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    connection.close()
    columns = {name: {row[1:] for row in rows} if name.startswith("photo_") else rows for name, rows in found.items()}
    return columns | {"triggers": set(triggers)}


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(path, NOW).close()
    lead_on(monkeypatch, f"ALTER TABLE photo ADD COLUMN colour TEXT;\nPRAGMA max_page_count = 1;\n{NO_ROOM}")
    with pytest.raises(TransientError, match=r"full.*A later start of gpend goes on"):
        Ledger.open(path, NOW)
    monkeypatch.undo()
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()


def test_a_ledger_that_its_migration_does_not_fit_is_damaged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(path, NOW).close()
    lead_on(monkeypatch, "ALTER TABLE photo ADD COLUMN reason TEXT;")
    with pytest.raises(DamagedError, match="duplicate column"):
        database.open_for_writing(path)
    monkeypatch.undo()
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()


def test_a_ledger_that_became_another_than_a_new_one_is_damaged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(path, NOW).close()
    lead_on(monkeypatch, "ALTER TABLE photo ADD COLUMN colour TEXT;\nDROP TRIGGER tally_of_new;")
    with pytest.raises(DamagedError, match="tally_of_new became another"):
        database.open_for_writing(path)
    monkeypatch.undo()
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()


def test_what_a_killed_gpend_left_of_a_copy_hinders_no_migration(path: Path) -> None:
    make_first_schema(path)
    path.with_name("ledger.sqlite.schema-1").write_bytes(b"no ledger at all")
    path.with_name("ledger.sqlite.schema-1.new").write_bytes(b"half of one")
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()
    kept = sqlite3.connect(path.with_name("ledger.sqlite.schema-1"))
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    kept.close()


def test_an_old_sqlite_is_refused_by_its_version() -> None:
    with pytest.raises(FatalError, match=r"3\.36\.0"):
        database.require_sqlite((3, 36, 0))
