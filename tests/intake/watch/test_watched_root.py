"""One root is supervised: its place, the room for its watches, the file system it lies on."""

import errno
import threading
from pathlib import Path, PurePath

import pytest

from gpend.intake.mounts import Mount
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.intake.watch.notices import Notice
from gpend.intake.watch.supervisor import WatchedRoot
from gpend.intake.watch.watches import Hint, Hints
from tests.intake.watch.readers import FakeReader


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "photos" / "2024").mkdir(parents=True)
    return tmp_path / "photos"


class Supervised:
    """A root under supervision, with a kernel and mounts of its own."""

    def __init__(self, root: Path, kind: str = "ext4", reader: FakeReader | None = None) -> None:
        self.kind = kind
        self.source = Source(root)
        self.hints = Hints(threading.Event())
        self.reader = reader or FakeReader()
        self.root = WatchedRoot(self.source, self.hints, poll_seconds=60, mounts=self._mounts)

    def _mounts(self, _: Path) -> list[Mount]:
        return [Mount(PurePath("/"), "ext4"), Mount(PurePath("/photos/nas"), self.kind)]

    def check(self, now: float = 0) -> list[str]:
        """The news, each as its word."""
        return [notice.event for notice in self.notices(now)]

    def notices(self, now: float = 0) -> list[Notice]:
        """The news."""
        return self.root.check(self.reader, now)

    def scan(self) -> None:
        """A scan of the whole root."""
        with self.root.scanning() as visit:
            for _ in Scan(self.source, visit=visit):
                pass


def test_at_first_there_is_a_scan_to_make_and_nothing_to_say(root: Path) -> None:
    supervised = Supervised(root)
    assert supervised.check() == []
    assert supervised.hints.drain() == [Hint(root)]
    supervised.scan()
    assert len(supervised.root) == 2
    assert supervised.check(5) == []
    assert supervised.hints.drain() == []
    assert supervised.root.poll_seconds(0) is None


def test_a_root_that_is_gone_and_comes_back_is_told_of_once_each_and_scanned(root: Path) -> None:
    supervised = Supervised(root)
    supervised.check()
    supervised.scan()
    root.rename(root.parent / "away")
    assert supervised.check() == ["source_gone"]
    assert supervised.check() == []
    assert len(supervised.root) == 0
    assert supervised.root.poll_seconds(0) == 60
    supervised.hints.drain()
    (root.parent / "away").rename(root)
    assert supervised.check() == ["source_back"]
    assert supervised.hints.drain() == [Hint(root)]
    supervised.scan()
    assert len(supervised.root) == 2
    assert supervised.check() == []


def test_a_root_missing_from_the_start_is_told_of(root: Path) -> None:
    supervised = Supervised(root / "missing")
    assert supervised.check() == ["source_gone"]
    (root / "missing").mkdir()
    assert supervised.check() == ["source_back"]


def test_another_directory_at_the_root_is_watched_in_its_place(root: Path) -> None:
    supervised = Supervised(root)
    supervised.check()
    supervised.scan()
    supervised.hints.drain()
    root.rename(root.parent / "away")
    root.mkdir()
    assert supervised.check() == ["source_replaced"]
    assert supervised.hints.drain() == [Hint(root)]
    supervised.scan()
    assert len(supervised.root) == len(supervised.reader.listeners) == 1


def test_without_room_all_watches_are_given_back_and_the_root_is_scanned_often(root: Path) -> None:
    supervised = Supervised(root, reader=FakeReader(room=1))
    supervised.check()
    supervised.scan()
    (notice,) = supervised.notices()
    assert notice.event == "watch_limit"
    assert "max_user_watches" in notice.message
    assert supervised.reader.listeners == {}
    assert supervised.root.poll_seconds(0) == 60
    assert supervised.root.poll_seconds(last_scan_seconds=10) == 200


def test_room_is_tried_again_ever_more_rarely_in_silence_until_there_is_some(root: Path) -> None:
    supervised, attempts, told, now = Supervised(root, reader=FakeReader(room=1)), list[float](), list[str](), 0.0
    while now < 4 * 3600:
        told += supervised.check(now)
        if Hint(root) in supervised.hints.drain():
            attempts.append(now)
            supervised.scan()
            told += supervised.check(now)
        now += 5
    assert told == ["watch_limit"]
    assert attempts == [0, 60, 180, 420, 900, 1860, 3780, 7380, 10980]
    supervised.reader.room = 10
    while not supervised.hints.drain():
        told += supervised.check(now)
        now += 5
    supervised.scan()
    assert supervised.check(now) == ["watch_restored"]
    assert supervised.root.poll_seconds(0) is None


def test_other_failures_of_single_watches_are_the_scans_to_report(root: Path) -> None:
    supervised = Supervised(root, reader=FakeReader(room=1, problem=OSError(errno.EIO, "Input/output error")))
    supervised.check()
    supervised.scan()
    assert supervised.check() == []
    assert len(supervised.root) == 1


@pytest.mark.parametrize("kind", ["cifs", "nfs4", "fuse.sshfs", "9p", "overlay"])
def test_a_silent_mount_on_or_below_the_root_is_scanned_often_from_the_start(root: Path, kind: str) -> None:
    supervised = Supervised(root, kind)
    (notice,) = supervised.notices()
    assert notice.event == "source_polled"
    assert kind in notice.message
    supervised.scan()
    assert supervised.root.poll_seconds(0) == 60
    assert len(supervised.root) == 2  # events of our own machine's writers are welcome all the same
    assert supervised.check() == []


def test_a_silent_mount_is_not_asked_again_since_it_may_not_answer(root: Path) -> None:
    supervised = Supervised(root, "nfs4")
    supervised.check()
    root.rename(root.parent / "away")
    assert supervised.check() == []


def test_a_root_that_comes_back_on_another_kind_of_mount_is_judged_anew(root: Path) -> None:
    supervised = Supervised(root)
    supervised.check()
    root.rename(root.parent / "away")
    supervised.check()
    supervised.kind = "cifs"
    (root.parent / "away").rename(root)
    assert supervised.check() == ["source_back", "source_polled"]


def test_without_a_reader_the_root_is_scanned_often(root: Path) -> None:
    supervised = Supervised(root)
    assert supervised.root.check(None, 0) == []
    assert supervised.root.poll_seconds(0) == 60
    supervised.scan()
    supervised.root.visit(root)
    assert len(supervised.root) == 0
