"""The watches of one source follow its directories, and turn events into hints."""

import errno
import os
from pathlib import Path

import pytest

from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.intake.watch import inotify
from gpend.intake.watch.watches import Hint, Watches
from tests.intake.watch.readers import FakeReader, Told

DIRECTORY = inotify.IS_DIRECTORY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("2024/May", "2023", "@eaDir/x"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    return tmp_path / "photos"


class Watched:
    """A source under watch, and what was hinted."""

    def __init__(self, root: Path, reader: FakeReader) -> None:
        self.root = root
        self.reader = reader
        self.told = list[Hint]()
        self.source = Source(root)
        self.watches = Watches(self.source, reader, self.told.append)

    def scan(self) -> None:
        """A scan of the whole root."""
        with self.watches.scanning() as visit:
            for _ in Scan(self.source, visit=visit):
                pass

    def hinted(self) -> list[Hint]:
        """The hints since the last time."""
        told, self.told[:] = list(self.told), []
        return told


@pytest.fixture
def watched(root: Path) -> Watched:
    watched = Watched(root, FakeReader())
    watched.scan()
    return watched


def test_a_scan_lays_a_watch_on_every_directory_that_is_not_excluded(watched: Watched) -> None:
    assert len(watched.watches) == len(watched.reader.listeners) == 4
    assert watched.watches.are_complete


def test_scanning_again_lays_no_more(watched: Watched) -> None:
    for _ in range(3):
        watched.scan()
    assert len(watched.watches) == len(watched.reader.listeners) == 4
    assert all(len(callbacks) == 1 for callbacks in watched.reader.listeners.values())


@pytest.mark.parametrize(
    "mask", [inotify.CREATE, inotify.CLOSE_WRITE, inotify.MOVED_TO, inotify.DELETE, inotify.MOVED_FROM]
)
def test_whatever_happens_to_a_photo_is_a_hint(watched: Watched, mask: int) -> None:
    watched.reader.tell(watched.root / "2024", mask, "a.jpg")
    assert watched.hinted() == [Hint(watched.root, watched.root / "2024" / "a.jpg")]


@pytest.mark.parametrize("name", ["notes.txt", "._a.jpg", ".syncthing.a.jpg.tmp", "a.jpg.part"])
def test_what_happens_to_other_files_is_none(watched: Watched, name: str) -> None:
    watched.reader.tell(watched.root, inotify.CREATE, name)
    watched.reader.tell(watched.root, inotify.MOVED_FROM, name, cookie=7)
    assert watched.hinted() == []


def test_a_rename_from_a_temporary_name_says_that_the_file_is_whole(watched: Watched) -> None:
    watched.reader.tell(watched.root / "2023", inotify.MOVED_FROM, ".syncthing.a.jpg.tmp", cookie=7)
    watched.reader.tell(watched.root / "2024", inotify.MOVED_TO, "a.jpg", cookie=7)
    assert watched.hinted() == [Hint(watched.root, watched.root / "2024" / "a.jpg", is_whole=True)]


@pytest.mark.parametrize(("former", "cookie"), [("b.jpg", 7), ("a.jpg.part", 8), ("b.txt", 7)])
def test_any_other_rename_does_not(watched: Watched, former: str, cookie: int) -> None:
    watched.reader.tell(watched.root, inotify.MOVED_FROM, former, cookie=7)
    watched.reader.tell(watched.root, inotify.MOVED_TO, "a.jpg", cookie=cookie if former.endswith("part") else 7)
    hint = watched.hinted()[-1]
    assert hint == Hint(watched.root, watched.root / "a.jpg")


def test_a_new_directory_is_watched_and_to_be_scanned(watched: Watched) -> None:
    new = watched.root / "2025"
    new.mkdir()
    watched.reader.tell(watched.root, inotify.CREATE | DIRECTORY, "2025")
    assert watched.hinted() == [Hint(watched.root, new, is_directory=True)]
    watched.reader.tell(new, inotify.CREATE, "a.jpg")
    assert watched.hinted() == [Hint(watched.root, new / "a.jpg")]


def test_an_excluded_directory_is_neither_watched_nor_hinted_at(watched: Watched) -> None:
    (watched.root / ".stversions").mkdir()
    watched.reader.tell(watched.root, inotify.CREATE | DIRECTORY, ".stversions")
    assert watched.hinted() == []
    assert len(watched.watches) == 4


def test_a_directory_that_vanished_before_it_could_be_watched_is_only_hinted_at(watched: Watched) -> None:
    watched.reader.tell(watched.root, inotify.CREATE | DIRECTORY, "gone")
    assert watched.hinted() == [Hint(watched.root, watched.root / "gone", is_directory=True)]
    assert len(watched.watches) == 4


def test_a_renamed_directory_takes_its_watches_along(watched: Watched) -> None:
    (watched.root / "2024").rename(watched.root / "2022")
    watched.reader.tell(watched.root, inotify.MOVED_FROM | DIRECTORY, "2024", cookie=3)
    watched.reader.tell(watched.root, inotify.MOVED_TO | DIRECTORY, "2022", cookie=3)
    renamed = watched.root / "2022"
    assert Hint(watched.root, renamed, is_directory=True) in watched.hinted()
    for _ in Scan(watched.source, renamed, visit=watched.watches.visit):
        pass
    watched.reader.tell(renamed / "May", inotify.CREATE, "a.jpg")
    assert watched.hinted() == [Hint(watched.root, renamed / "May" / "a.jpg")]
    assert len(watched.watches) == len(watched.reader.listeners) == 4


def test_a_directory_moved_away_is_watched_no_longer(watched: Watched) -> None:
    (watched.root / "2024").rename(watched.root.parent / "away")
    watched.reader.tell(watched.root, inotify.MOVED_FROM | DIRECTORY, "2024", cookie=3)
    assert len(watched.watches) == len(watched.reader.listeners) == 2


def test_directories_swapped_while_events_were_lost_are_told_apart_by_the_next_scan(watched: Watched) -> None:
    a, b, aside = watched.root / "2023", watched.root / "2024", watched.root / "aside"
    a.rename(aside)
    b.rename(a)
    aside.rename(b)
    watched.scan()
    watched.reader.tell(a / "May", inotify.CREATE, "x.jpg")
    watched.reader.tell(b, inotify.CREATE, "y.jpg")
    assert watched.hinted() == [Hint(watched.root, a / "May" / "x.jpg"), Hint(watched.root, b / "y.jpg")]
    assert len(watched.watches) == len(watched.reader.listeners) == 4


def test_what_the_scan_no_longer_meets_is_watched_no_longer(watched: Watched) -> None:
    (watched.root / "2024" / "May").rmdir()
    watched.scan()
    assert len(watched.watches) == len(watched.reader.listeners) == 3


def test_the_watch_of_a_deleted_directory_is_forgotten(watched: Watched) -> None:
    status = (watched.root / "2023").stat()
    descriptor = watched.reader.watches[status.st_dev, status.st_ino]
    (callback,) = watched.reader.listeners[descriptor].values()
    (watched.root / "2023").rmdir()
    callback.on_watch_deleted(descriptor)
    assert len(watched.watches) == 3


def test_late_events_of_a_directory_that_is_watched_no_longer_are_passed_over(watched: Watched) -> None:
    status = watched.root.stat()
    descriptor = watched.reader.watches[status.st_dev, status.st_ino]
    (callback,) = watched.reader.listeners[descriptor].values()
    watched.watches.clear()
    callback.on_event(Told(descriptor, inotify.CREATE, 0, b"a.jpg"))
    callback.on_watch_deleted(descriptor)
    assert watched.hinted() == []


def test_an_event_of_a_directory_itself_is_no_photos(watched: Watched) -> None:
    watched.reader.tell(watched.root, inotify.CREATE)
    assert watched.hinted() == []


@pytest.mark.parametrize("mask", [inotify.DELETE_SELF, inotify.MOVE_SELF, inotify.UNMOUNT])
def test_when_the_root_itself_goes_everything_is_to_be_scanned(watched: Watched, mask: int) -> None:
    watched.reader.tell(watched.root, mask)
    watched.reader.tell(watched.root / "2023", mask)  # the directory above tells of this one
    assert watched.hinted() == [Hint(watched.root)]


def test_lost_events_mean_that_everything_is_to_be_scanned(watched: Watched) -> None:
    watched.reader.overflow()
    assert set(watched.hinted()) == {Hint(watched.root)}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOMEM])
def test_no_room_for_a_watch_is_kept_for_whoever_supervises(root: Path, number: int) -> None:
    watched = Watched(root, FakeReader(room=2, problem=OSError(number, os.strerror(number))))
    watched.scan()
    assert watched.watches.failure is not None
    assert watched.watches.failure.errno == number
    assert len(watched.watches) == 2
    watched.watches.clear()
    assert watched.reader.listeners == {}


def test_a_directory_closed_to_us_costs_nothing(root: Path) -> None:
    reader = FakeReader()
    reader.forbidden = {os.fspath(root / "2024")}
    watched = Watched(root, reader)
    watched.scan()
    watched.scan()
    assert watched.watches.failure is None
    assert len(watched.watches) == len(reader.listeners) == 3


def test_cleared_watches_stay_cleared(watched: Watched) -> None:
    watched.watches.clear()
    watched.scan()
    assert len(watched.watches) == len(watched.reader.listeners) == 0


def test_a_scan_given_up_halfway_takes_no_watches_away(watched: Watched) -> None:
    with pytest.raises(KeyboardInterrupt), watched.watches.scanning():
        raise KeyboardInterrupt
    assert len(watched.watches) == 4


def test_names_that_are_not_utf8_are_kept(watched: Watched) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    watched.reader.tell(watched.root, inotify.CREATE, name)
    assert [os.fsencode(hint.path or "")[-8:] for hint in watched.hinted()] == [b"caf\xe9.jpg"]
