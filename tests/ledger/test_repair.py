"""No bit of a ledger that falls over stops gpend for more than a start or two; nobody has to do anything."""

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpend.errors import FatalError, GpendError, TransientError
from gpend.ledger import (
    Fingerprint,
    Found,
    FoundBy,
    Ledger,
    Records,
    Result,
    State,
    Written,
    database,
    doubt,
    faults,
    repair,
    soundness,
)
from gpend.ledger.faults import UnreadableError
from gpend.stamp import Stamp

NOW = 1_700_000_000
HOUR, DAY = 3600, 86_400
PHOTOS = 12
FINGERPRINT = Fingerprint("gpen-256", "d1", "0.1.0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A ledger with a few restored photos, which holds its log."""
    path = tmp_path_factory.mktemp("sound") / "ledger.sqlite"
    with Ledger.open(path, NOW) as ledger:
        work(ledger, State.RESTORED)
    return path.read_bytes()


def work(ledger: Ledger, state: State) -> None:
    """What becomes of every photo is written down and read."""
    with ledger.together():
        folder = ledger.sources.configure([(Path("/in"), Path("/out"))], NOW)[0].id
        for number in range(PHOTOS):
            name = Path(f"album/photo{number:02}.jpg")
            photo = ledger.photos.sight(folder, Found(name, Stamp(number, len(state), 3), FoundBy.SCAN), NOW)
            assert ledger.photos.row(photo) is not None
            ledger.photos.begin(photo, NOW)
            written = Written(name, Stamp(1, 2, number), f"{number + 100:064x}")
            result = Result(state, "fine", content_of(number, state), FINGERPRINT, None, written)
            ledger.photos.finish(photo, result, NOW)
    assert ledger.counts()[state] >= PHOTOS
    assert len(list(ledger.recent_errors(9))) == 0


def content_of(number: int, state: State) -> str:
    """The SHA-256 of a photo, which changed from state to state."""
    return f"{number:x}{len(state):02x}".zfill(64)


def starts(path: Path, now: int = NOW) -> list[str]:
    """What is told at each start until gpend works, and for what it ends before."""
    told: list[str] = []
    for start in range(4):
        try:
            with Ledger.open(path, now + start) as ledger:
                told += ledger.notices
                work(ledger, State.KEPT)
                return told
        except (FatalError, sqlite3.IntegrityError) as error:
            told.append(str(error))
    raise AssertionError(told)


# Of 3,400 drawn by chance, 1,400 of them in the text of the schema, and of all in the header, none stops it for longer.
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 10**9), bit=st.integers(0, 7), has_copy=st.booleans())
def test_one_bit_anywhere_stops_gpend_for_no_more_than_a_few_starts(
    path: Path, sound: bytes, where: int, bit: int, *, has_copy: bool
) -> None:
    for left in path.parent.iterdir():
        left.unlink()
    spoilt = bytearray(sound)
    spoilt[where % len(spoilt)] ^= 1 << bit
    path.write_bytes(spoilt)
    if has_copy:
        repair.copy_of(path).write_bytes(sound)
    starts(path)


def an_index(spoilt: bytes) -> bytes:
    """A row holds another SHA-256 than its index says."""
    return spoilt.replace(content_of(5, State.RESTORED).encode(), content_of(99, State.RESTORED).encode(), 1)


def no_text(spoilt: bytes) -> bytes:
    """A word that is no UTF-8."""
    return spoilt.replace(b"gpen-256", b"gpen\xff256")


def a_column(spoilt: bytes) -> bytes:
    """A trigger speaks of a column that there is not."""
    return spoilt.replace(b"new.found_by", b"new.fOund?by")


def flipped(sound: bytes, where: int, bit: int) -> bytes:
    """With one bit that fell over."""
    return sound[:where] + bytes([sound[where] ^ 1 << bit]) + sound[where + 1 :]


@pytest.mark.parametrize("where", [*range(60, 64), *range(68, 72)])
def test_of_the_two_numbers_of_its_schema_one_is_enough(path: Path, sound: bytes, where: int) -> None:
    for bit in range(8):
        path.write_bytes(flipped(sound, where, bit))
        with Ledger.open(path, NOW) as ledger:
            assert ledger.notices == ()
            assert ledger.counts()[State.RESTORED] == PHOTOS
        assert [path.read_bytes()[each : each + 4] for each in (60, 68)] == [sound[60:64], sound[68:72]]


def test_a_ledger_that_was_last_used_by_an_older_gpend_gets_the_second_number(path: Path, sound: bytes) -> None:
    path.write_bytes(sound[:68] + bytes(4) + sound[72:])
    Ledger.open(path, NOW).close()
    assert path.read_bytes()[68:72] == sound[68:72]
    path.write_bytes(flipped(sound[:68] + bytes(4) + sound[72:], 60, 7))  # and a first one that no gpend had
    assert "last copy" in starts_with_copy(path, sound)[-1]


def starts_with_copy(path: Path, copy: bytes) -> list[str]:
    """As `starts`, where there is a sound copy."""
    repair.copy_of(path).write_bytes(copy)
    return starts(path)


@pytest.mark.parametrize(("where", "bit"), [(18, 0), (18, 4), (19, 2), (47, 0), (47, 3), (59, 1)])
def test_a_header_that_tells_of_another_format_is_damage(path: Path, sound: bytes, where: int, bit: int) -> None:
    path.write_bytes(flipped(sound, where, bit))
    told = starts_with_copy(path, sound)
    assert "damaged" in told[0]
    assert "last copy" in told[-1]


@pytest.mark.parametrize("word", [b"output_identity", b"last_scan", b"INSERT INTO face", b"length(content)", b"new.id"])
def test_a_text_of_its_schema_that_is_another_is_damage(path: Path, sound: bytes, word: bytes) -> None:
    assert word in sound
    path.write_bytes(flipped(sound, sound.index(word) + len(word) - 2, 0))
    told = starts_with_copy(path, sound)
    assert "damaged" in told[0]
    assert "last copy" in told[-1]


def test_what_a_person_has_added_to_a_ledger_is_no_damage(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cake (recipe TEXT)")
        connection.execute("CREATE INDEX mine ON photo (reason)")
        connection.execute("ALTER TABLE photo ADD COLUMN stars INTEGER")
    with Ledger.open(path, NOW) as ledger:
        assert ledger.notices == ()
        assert ledger.counts()[State.RESTORED] == PHOTOS


@pytest.mark.parametrize("spoil", [an_index, no_text, a_column])
def test_what_a_quick_check_does_not_see_is_mended_once_it_was_found(
    path: Path, sound: bytes, spoil: Callable[[bytes], bytes]
) -> None:
    assert spoil(sound) != sound
    path.write_bytes(spoil(sound))
    repair.copy_of(path).write_bytes(sound)
    told = starts(path)
    assert "damaged" in told[0]
    assert "last copy" in told[-1]
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 1
    assert doubt.about(path, NOW) is None


def test_what_only_a_reader_finds_is_mended_at_the_next_start_too(path: Path, sound: bytes) -> None:
    path.write_bytes(no_text(sound))
    repair.copy_of(path).write_bytes(sound)
    with Ledger.open(path, NOW) as ledger:
        ledger.control.rest(None)
        with Records.read_only(path) as records, pytest.raises(FatalError, match="The next start repairs it"):
            records.photo(Path("/in/album/photo01.jpg"))
    with Ledger.open(path, NOW) as ledger:
        assert "last copy" in ledger.notices[-1]


def test_a_count_that_cannot_be_is_damage_as_well(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE tally SET photos = 2")
        connection.commit()
    told = starts(path)
    assert "CHECK" in told[0]
    assert "what the output folders say" in told[-1]


def passing(path: Path, now: int = NOW) -> None:
    """What a reader finds damaged for once."""
    with Ledger.open(path, now) as ledger:
        ledger._database.on_damage()  # noqa: SLF001 - a memory that slips cannot be had


def test_what_was_not_read_right_once_costs_no_ledger_and_is_believed_the_second_time(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    passing(path)
    for _ in range(2):
        with Ledger.open(path, NOW) as ledger:
            assert ledger.counts()[State.RESTORED] == PHOTOS
            assert len(ledger.notices) <= 1
    passing(path)
    with Ledger.open(path, NOW) as ledger:
        assert "what the output folders say" in ledger.notices[-1]
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 1
    assert doubt.about(path, NOW) is None


def test_that_a_ledger_was_read_again_is_forgotten_after_a_month(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    for month in range(3):
        passing(path, NOW + month * 31 * DAY)
        with Ledger.open(path, NOW + month * 31 * DAY) as ledger:
            assert ledger.counts()[State.RESTORED] == PHOTOS
            assert "is right" in ledger.notices[-1]
    Ledger.open(path, NOW + 3 * 31 * DAY).close()
    assert not path.with_name("ledger.sqlite.doubted").exists()


def test_a_mark_of_a_gpend_that_did_not_note_the_moment_counts_as_an_old_one(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    path.with_name("ledger.sqlite.doubted").write_text("found damaged again")
    with Ledger.open(path, NOW) as ledger:
        assert "is right" in ledger.notices[-1]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program has the ledger to itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are not waited for."""
    connect = sqlite3.connect
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **{**named, "timeout": 0.01}))


def test_a_ledger_in_doubt_that_another_program_holds_is_not_set_aside(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(sound)
    passing(path)
    hurry(monkeypatch)
    with held(path):
        for _ in range(3):
            with pytest.raises(TransientError, match=r"locked.*A later start of gpend goes on"):
                Ledger.open(path, NOW)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
        assert "is right" in ledger.notices[-1]
    assert list(path.parent.glob("*damaged-*")) == []


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN]
)
def test_a_ledger_in_doubt_that_cannot_be_read_for_now_is_not_set_aside(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def failing(_: sqlite3.Connection) -> bool:
        error = sqlite3.OperationalError("not now")
        error.sqlite_errorcode = code
        raise error

    path.write_bytes(sound)
    passing(path)
    monkeypatch.setattr(soundness, "_holds_together", failing)  # such a disk cannot be had
    for _ in range(3):
        with pytest.raises(TransientError, match=r"not now.*A later start of gpend goes on"):
            Ledger.open(path, NOW)
    monkeypatch.undo()
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
    assert list(path.parent.glob("*damaged-*")) == []


def test_a_damaged_ledger_that_cannot_be_renamed_for_now_is_told_as_that(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    path.write_bytes(b"\xff" * 8000)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(TransientError, match=r"cannot be set aside: Read-only file system.*A later start of gpend"):
        Ledger.open(path, NOW)
    monkeypatch.undo()
    with Ledger.open(path, NOW) as ledger:
        assert "what the output folders say" in ledger.notices[-1]


def test_a_copy_that_there_is_no_room_to_look_at_waits_until_there_is(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: sqlite3.Connection) -> bool:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(sound)
    monkeypatch.setattr(soundness, "_holds_together", full)  # such a disk cannot be had
    for start in range(2):
        with pytest.raises(TransientError, match="disk is full"):
            Ledger.open(path, NOW + start)
    monkeypatch.undo()
    with Ledger.open(path, NOW + 2) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 1


def test_a_part_that_its_disk_does_not_give_is_waited_for_an_hour(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> str:
        raise UnreadableError("A part of the ledger cannot be read from its disk.")

    path.write_bytes(sound)
    repair.copy_of(path).write_bytes(sound)
    problem = database._problem  # noqa: SLF001 - such a disk cannot be had
    monkeypatch.setattr(database, "_problem", unread)
    for moment in (NOW, NOW + 30, NOW + HOUR - 1):
        with pytest.raises(TransientError, match="A later start"):
            Ledger.open(path, moment)
    monkeypatch.setattr(database, "_problem", problem)
    Ledger.open(path, NOW + HOUR).close()
    monkeypatch.setattr(database, "_problem", unread)
    for moment in (*range(NOW + 2 * HOUR, NOW + 3 * HOUR, 120), NOW + 3 * HOUR - 1):
        with pytest.raises(TransientError, match="A later start"):
            Ledger.open(path, moment)
    assert list(path.parent.glob("*damaged-*")) == []
    with pytest.raises(TransientError, match="A later start"):  # the copy's disk does the same
        Ledger.open(path, NOW + 3 * HOUR)
    assert len(list(path.parent.glob("*damaged-*"))) == 1
    monkeypatch.undo()
    with Ledger.open(path, NOW + 3 * HOUR) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS


@pytest.mark.parametrize(
    ("found", "is_unread"),
    [
        ("Tree 5 page 17: unable to get the page. error code=266", True),  # SQLITE_IOERR_READ
        ("Tree 5 page 17: unable to get the page. error code=5", True),
        ("Tree 5 page 17: unable to get the page. error code=11", False),
        ("row 3 missing from index photo_queue", False),
        ("ok", False),
    ],
)
def test_what_a_check_could_not_read_is_told_from_what_it_read_wrong(found: str, *, is_unread: bool) -> None:
    assert faults.is_unread(found) is is_unread


@pytest.mark.parametrize(("bit", "schema"), [(0, 6), (1, 5), (2, 3)])
def test_a_ledger_that_says_to_be_older_than_it_is_is_damaged(path: Path, sound: bytes, bit: int, schema: int) -> None:
    only_first = sound[:68] + bytes(4) + sound[72:]  # as an older gpend left it, or with a fault in the second as well
    path.write_bytes(flipped(only_first, 63, bit))
    told = starts_with_copy(path, sound)
    assert f"it says to be of schema {schema}, and is not" in told[0]
    assert "last copy" in told[-1]
    assert len(told) == 2


@pytest.mark.parametrize(("where", "bit"), [(63, 3), (62, 0), (60, 6)])
def test_a_ledger_that_says_to_be_newer_than_any_gpend_notes_it_is_damaged(
    path: Path, sound: bytes, where: int, bit: int
) -> None:
    path.write_bytes(flipped(sound[:68] + bytes(4) + sound[72:], where, bit))
    told = starts_with_copy(path, sound)
    assert "no gpend notes schema" in told[0]
    assert "last copy" in told[-1]


def test_a_copy_that_is_damaged_too_is_not_used_twice(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    repair.copy_of(path).write_bytes(sound)  # as if no check could see what is wrong with it
    for _ in range(2):
        passing(path)
    with Ledger.open(path, NOW) as ledger:
        assert "last copy" in ledger.notices[-1]
    passing(path)
    with Ledger.open(path, NOW + DAY - 1) as ledger:
        assert "what the output folders say" in ledger.notices[-1]
    assert len(list(path.parent.glob("ledger.sqlite.backup.damaged"))) == 1


def a_count(spoilt: bytes) -> bytes:
    """One of the photos is not counted."""
    place = spoilt.index(b"restoredscangpen-256d1") + len(b"restoredscangpen-256d1")
    assert spoilt[place] == PHOTOS
    return spoilt[:place] + bytes([PHOTOS - 1]) + spoilt[place + 1 :]


@pytest.mark.parametrize("spoil", [an_index, no_text, a_column, a_count])
def test_a_copy_that_is_not_right_in_every_row_is_not_used_at_all(
    path: Path, sound: bytes, spoil: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(spoil(sound))
    told = starts(path)
    assert "what the output folders say" in told[-1]
    assert not any("last copy" in each for each in told)


@pytest.mark.parametrize("copy", [b"", b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_copy_that_is_no_ledger_is_not_used(path: Path, copy: bytes) -> None:
    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(copy)
    assert "what the output folders say" in starts(path)[-1]


def test_a_gpend_that_was_killed_while_it_put_the_copy_in_place_does_so_at_the_next_start(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """It ends here."""

    def killed(*_: object) -> None:
        raise KilledError

    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(sound)
    monkeypatch.setattr(repair, "put_whole", killed)
    with pytest.raises(KilledError):
        Ledger.open(path, NOW)
    monkeypatch.undo()
    assert not path.exists()
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
        assert "last copy" in ledger.notices[-1]


def test_a_ledger_that_somebody_took_away_is_not_brought_back_from_its_copy(path: Path, sound: bytes) -> None:
    repair.copy_of(path).write_bytes(sound)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == 0
        assert not ledger.notices


def test_a_clock_that_is_set_gives_up_no_ledger_that_its_disk_has_not_given_for_a_moment(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> str:
        raise UnreadableError("A part of the ledger cannot be read from its disk.")

    path.write_bytes(sound)
    monkeypatch.setattr(database, "_problem", unread)
    for moment in (20, 50, *range(NOW, NOW + 300, 30)):  # until a machine without a battery has learnt the time
        with pytest.raises(TransientError, match="A later start"):
            Ledger.open(path, moment)
    monkeypatch.undo()
    with Ledger.open(path, NOW + 300) as ledger:
        assert ledger.notices == ()
        assert ledger.counts()[State.RESTORED] == PHOTOS


def test_of_two_damaged_ledgers_of_one_moment_both_are_kept(path: Path) -> None:
    for content in (b"\xff" * 8000, b"\xfe" * 8000):
        path.write_bytes(content)
        Ledger.open(path, NOW).close()
    assert {kept.read_bytes()[:1] for kept in path.parent.glob("*.damaged-*")} == {b"\xff", b"\xfe"}


def test_a_damaged_ledger_that_was_set_aside_just_now_is_kept_whatever_the_clock_shows(path: Path) -> None:
    for moment in (*(NOW + day * DAY for day in range(8)), 20):
        path.write_bytes(b"\xff" * 8000)
        Ledger.open(path, moment).close()
    assert path.with_name("ledger.sqlite.damaged-19700101-000020").exists()


def test_of_many_damaged_ledgers_the_last_five_are_kept(path: Path) -> None:
    for day in range(8):
        path.write_bytes(b"\xff" * 8000)
        Ledger.open(path, NOW + day * DAY).close()
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 5


def test_the_first_of_damaged_ledgers_that_followed_each_other_is_kept_as_well(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    for start in range(9):
        doubt.note(path, doubt.Doubt.FOUND_AGAIN, NOW)
        Ledger.open(path, NOW + start).close()
    kept = sorted(path.parent.glob("ledger.sqlite.damaged-*"))
    assert len(kept) == 6
    kept[0].rename(path)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS


def test_a_copy_that_the_disk_has_no_room_for_waits_until_it_has(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(sound)
    monkeypatch.setattr(shutil, "copyfile", full)
    for start in range(2):
        with pytest.raises(FatalError, match="No space left on device"):
            Ledger.open(path, NOW + start)
    monkeypatch.undo()
    with Ledger.open(path, NOW + 2) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
    assert len(list(path.parent.glob("ledger.sqlite.damaged-*"))) == 1


def test_a_damaged_ledger_on_a_disk_without_any_room_stays_where_it_is_until_there_is_some(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path.write_bytes(b"\xff" * 8000)
    repair.copy_of(path).write_bytes(sound)
    monkeypatch.setattr(shutil, "copyfile", full)
    monkeypatch.setattr(doubt, "write_whole", full)
    with pytest.raises(GpendError, match="No space left on device"):
        Ledger.open(path, NOW)
    monkeypatch.undo()
    with Ledger.open(path, NOW + 1) as ledger:
        assert ledger.counts()[State.RESTORED] == PHOTOS
        assert "last copy" in ledger.notices[-1]


def test_what_fails_while_the_ledger_is_written_is_not_laid_at_its_door(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        with pytest.raises(UnicodeDecodeError), ledger.together():
            b"\xff".decode()
        with ledger.together():
            ledger.sources.configure([(Path("/in"), Path("/out"))], NOW)
    assert doubt.about(path, NOW) is None


def test_a_ledger_that_is_asked_once_it_is_closed_is_not_damaged(path: Path) -> None:
    ledger = Ledger.open(path, NOW)
    ledger.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        ledger.counts()
    assert doubt.about(path, NOW) is None


def test_a_mark_that_cannot_be_read_is_none(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    path.with_name("ledger.sqlite.doubted").mkdir()
    with Ledger.open(path, NOW) as ledger:
        work(ledger, State.KEPT)
