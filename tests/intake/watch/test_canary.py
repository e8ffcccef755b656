"""The canary tells a reader that hangs from one that works."""

import errno
from pathlib import Path

from gpend.intake.watch import inotify
from gpend.intake.watch.inotify import Canary
from tests.intake.watch.readers import FakeReader


def sung(folder: Path) -> Path:
    return folder / ".gpend-canary"


def is_well(canary: Canary, now: float) -> bool:
    canary.tend(now)
    return canary.is_well(now)


def test_while_its_songs_are_heard_all_is_well(tmp_path: Path) -> None:
    reader = FakeReader()
    canary = Canary(sung(tmp_path), reader, now=0)
    for now in range(0, 1000, 5):
        assert is_well(canary, now)
        if sung(tmp_path).exists():
            sung(tmp_path).unlink()
            reader.tell(tmp_path, inotify.CLOSE_WRITE, ".gpend-canary")
    assert is_well(canary, 1000)


def test_when_they_are_not_heard_for_two_minutes_the_reader_hangs(tmp_path: Path) -> None:
    reader = FakeReader()
    canary = Canary(sung(tmp_path), reader, now=0)
    reader.tell(tmp_path, inotify.CLOSE_WRITE, "other")
    assert all(is_well(canary, now) for now in range(0, 120, 5))
    assert not is_well(canary, 120)
    reader.tell(tmp_path, inotify.CLOSE_WRITE, ".gpend-canary")
    assert is_well(canary, 125)


def test_its_file_is_never_written(tmp_path: Path) -> None:
    canary = Canary(sung(tmp_path), FakeReader(), now=0)
    is_well(canary, 30)
    before = sung(tmp_path).stat()
    is_well(canary, 60)
    assert sung(tmp_path).stat().st_mtime_ns == before.st_mtime_ns
    assert before.st_size == 0


def test_to_ask_how_it_is_changes_nothing(tmp_path: Path) -> None:
    reader = FakeReader()
    canary = Canary(sung(tmp_path), reader, now=0)
    sung(tmp_path).unlink()
    assert [canary.is_well(now) for now in (119, 120, 119)] == [True, False, True]
    assert not sung(tmp_path).exists()


def test_lost_events_are_a_sign_of_life(tmp_path: Path) -> None:
    reader = FakeReader()
    canary = Canary(sung(tmp_path), reader, now=0)
    is_well(canary, 100)
    reader.overflow()
    assert is_well(canary, 125)


def test_a_canary_that_cannot_sing_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    missing = Canary(sung(tmp_path / "missing"), FakeReader(), now=0)
    refused = Canary(sung(tmp_path), FakeReader(room=0, problem=OSError(errno.ENOSPC, "no room")), now=0)
    directory = Canary(tmp_path / "folder", FakeReader(), now=0)
    bereft = Canary(sung(tmp_path), FakeReader(), now=0)
    bereft.on_watch_deleted(1)
    for canary in (missing, refused, directory, bereft):
        assert all(is_well(canary, now) for now in range(0, 1000, 40))
        assert canary.is_proven


def test_events_are_proven_by_the_first_that_arrives(tmp_path: Path) -> None:
    reader = FakeReader()
    canary = Canary(sung(tmp_path), reader, now=0)
    assert sung(tmp_path).exists()
    assert is_well(canary, 5)
    assert not canary.is_proven
    reader.tell(tmp_path, inotify.CLOSE_WRITE, ".gpend-canary")
    assert is_well(canary, 10)
    assert canary.is_proven
