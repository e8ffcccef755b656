"""The watcher, with real events of real folders, and with a kernel that refuses, dies and forgets."""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.intake.watch import WatchSupervisor
from gpend.intake.watch.watches import Hint
from tests.held import Held
from tests.intake.watch.readers import FakeReader, watched_by_kernel
from tests.waiting import PATIENCE, wait_until


class Follower:
    """Keeps a list of a source's photos up to date from hints alone, as the daemon does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = Source(root)
        self.wake = threading.Event()
        self.watch = WatchSupervisor([self.source], self.wake, poll_seconds=60)
        self.photos: set[Path] = set()
        self.scans = 0
        self.whole: set[Path] = set()
        self.watch.start(0)
        self.follow()

    def follow(self) -> None:
        """Look where the hints point."""
        self.wake.clear()
        for hint in self.watch.hints():
            self._look(hint)

    def _look(self, hint: Hint) -> None:
        if hint.path is None:
            self.scan_all()
        elif hint.is_directory:
            self._scan(hint.path)
        elif self.source.sight(hint.path) is None:
            self.photos.discard(hint.path)
        else:
            self.photos.add(hint.path)
            if hint.is_whole:
                self.whole.add(hint.path)

    def _scan(self, below: Path) -> None:
        scan = Scan(self.source, below, visit=self.watch.visit(self.root))
        self.photos = {photo for photo in self.photos if not photo.is_relative_to(below)}
        self.photos |= {sighting.path for sighting in scan}

    def scan_all(self) -> None:
        """A scan of the whole root."""
        self.scans += 1
        with self.watch.scanning(self.root) as visit:
            self.photos = {sighting.path for sighting in Scan(self.source, visit=visit)}

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Follow the hints until something is reached."""
        while not reached():
            assert self.wake.wait(PATIENCE), f"no event came; known: {sorted(self.photos)}"
            self.follow()

    def expect(self, *photos: Path) -> None:
        """Follow the hints until exactly these photos are known."""
        self.wait_for(lambda: self.photos == set(photos))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    return root


@pytest.fixture
def follower(root: Path) -> Iterator[Follower]:
    follower = Follower(root)
    yield follower
    follower.watch.stop()


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_a_new_photo_is_found_without_another_scan(follower: Follower, root: Path) -> None:
    follower.expect(put(root / "a.jpg"))
    assert follower.scans == 1


def test_a_file_renamed_from_a_temporary_name_is_known_to_be_whole(follower: Follower, root: Path) -> None:
    put(root / ".syncthing.a.jpg.tmp").rename(root / "a.jpg")
    follower.expect(root / "a.jpg")
    assert follower.whole == {root / "a.jpg"}


def test_files_and_folders_moved_or_linked_in_are_found(follower: Follower, root: Path, tmp_path: Path) -> None:
    put(tmp_path / "a.jpg").rename(root / "a.jpg")
    (root / "b.jpg").hardlink_to(put(tmp_path / "b.jpg"))
    put(tmp_path / "album" / "deep" / "c.jpg")
    (tmp_path / "album").rename(root / "album")
    found = [root / "a.jpg", root / "b.jpg", root / "album" / "deep" / "c.jpg"]
    follower.expect(*found)
    follower.expect(*found, put(root / "album" / "deep" / "later.jpg"))
    assert follower.scans == 1


def test_folders_made_in_one_go_with_their_content_are_found(follower: Follower, root: Path) -> None:
    photos = [put(root / f"{number}/x/y/z/{number}.jpg") for number in range(30)]
    follower.expect(*photos)
    assert follower.scans == 1


def test_deletions_and_moves_out_are_hinted_at(follower: Follower, root: Path, tmp_path: Path) -> None:
    photos = [put(root / name) for name in ("a.jpg", "b.jpg", "album/c.jpg", "d.jpg")]
    follower.expect(*photos)
    (root / "a.jpg").unlink()
    (root / "b.jpg").rename(tmp_path / "b.jpg")
    (root / "album").rename(tmp_path / "album")
    follower.expect(root / "d.jpg")


def test_a_folder_renamed_with_many_photos_is_followed(follower: Follower, root: Path) -> None:
    for number in range(300):
        put(root / "before" / f"{number % 7}" / f"{number}.jpg")
    follower.wait_for(lambda: len(follower.photos) == 300)
    (root / "before").rename(root / "after")
    follower.wait_for(
        lambda: len(follower.photos) == 300 and all(photo.parts[-3] == "after" for photo in follower.photos)
    )
    new = put(root / "after" / "3" / "new.jpg")
    follower.wait_for(lambda: new in follower.photos)
    wait_until(lambda: watched_by_kernel() == 9)


def test_swaps_and_renames_of_case_are_followed(follower: Follower, root: Path) -> None:
    put(root / "x" / "1.jpg")
    put(root / "y" / "2.jpg")
    put(root / "name.jpg")
    (root / "x").rename(root / "aside")
    (root / "y").rename(root / "x")
    (root / "aside").rename(root / "y")
    (root / "name.jpg").rename(root / "NAME.JPG")
    follower.expect(root / "y" / "1.jpg", root / "x" / "2.jpg", root / "NAME.JPG")
    follower.expect(root / "y" / "1.jpg", root / "x" / "2.jpg", root / "NAME.JPG", put(root / "x" / "3.jpg"))


def test_a_storm_of_renames_from_temporary_names_loses_none(follower: Follower, root: Path) -> None:
    for number in range(3000):
        put(root / f".{number}.jpg.Ab1{number % 900 + 100}").rename(root / f"{number}.jpg")
    follower.wait_for(lambda: len(follower.photos) == 3000)


def test_an_excluded_folder_is_not_watched(follower: Follower, root: Path) -> None:
    put(root / "@eaDir" / "x" / "SYNOPHOTO_THUMB_M.jpg")
    put(root / ".stversions" / "x.jpg")
    follower.expect(put(root / "a.jpg"))
    wait_until(lambda: watched_by_kernel() == 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may watch every directory")
def test_a_closed_folder_is_not_watched_until_it_is_opened(follower: Follower, root: Path) -> None:
    closed = put(root / "closed" / "a.jpg").parent
    put(root / "other" / "b.jpg")
    follower.expect(root / "closed" / "a.jpg", root / "other" / "b.jpg")
    closed.chmod(0)
    for _ in range(2):
        follower.scan_all()
    follower.photos.add(root / "closed" / "a.jpg")  # unknown is not gone
    follower.expect(root / "closed" / "a.jpg", root / "other" / "b.jpg", put(root / "other" / "c.jpg"))
    closed.chmod(0o755)
    follower.scan_all()
    wait_until(lambda: watched_by_kernel() == 3)


def test_an_overflow_of_the_kernels_queue_leads_to_a_scan_that_finds_everything(
    follower: Follower, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip("this kernel's queue is too long to be filled here")
    with Busy(follower.watch):
        for number in range(limit // 2 + 2500):  # two events each
            os.close(os.open(root / f"{number}.jpg", os.O_CREAT | os.O_WRONLY))
    follower.wait_for(lambda: len(follower.photos) == limit // 2 + 2500)
    assert follower.scans > 1
    assert any("overflow" in record.getMessage() for record in caplog.records)
    assert {record.name for record in caplog.records} == {"watchdog.observers.inotify_c"}


class Busy:
    """Keeps the reader of events busy, as a machine under load does, so that the kernel's queue fills up."""

    def __init__(self, watch: WatchSupervisor) -> None:
        (root,) = watch._roots.values()  # noqa: SLF001 - nothing public can hold it up, which is the point of the design
        watches = root._watches  # noqa: SLF001 - the same
        assert watches is not None
        self._lock = watches._lock  # noqa: SLF001 - the same

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_a_root_moved_away_and_made_anew_is_found_out_by_the_check(
    follower: Follower, root: Path, tmp_path: Path
) -> None:
    follower.expect(put(root / "a.jpg"))
    root.rename(tmp_path / "away")
    root.mkdir()
    new = put(root / "b.jpg")
    assert [notice.event for notice in follower.watch.check(10)] == ["source_replaced"]
    follower.expect(new)
    follower.expect(new, put(root / "c.jpg"))
    put(tmp_path / "away" / "other.jpg")
    follower.expect(new, root / "c.jpg", put(root / "d.jpg"))


def test_stopping_leaves_no_thread_and_no_descriptor(root: Path) -> None:
    for number in range(20):
        put(root / f"{number}" / "a.jpg")

    held = Held()
    for _ in range(5):
        follower = Follower(root)
        assert (len(held.threads()), len(held.descriptors())) == (1, 3)
        follower.watch.stop()
        follower.watch.stop()
        wait_until(held.is_all)


class Change:
    """One thing that may happen to a tree of folders and photos, made of the numbers that hypothesis draws."""

    def __init__(self, root: Path, outside: Path, numbers: tuple[int, int, int]) -> None:
        kind, here, there = numbers
        self._outside = outside
        self._folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
        self._photos = sorted(path for path in root.rglob("*.jpg") if path.is_file())
        self._here, self._there = here, there
        acts = (self._make, self._write, self._rename, self._delete, self._move_out, self._move_in, self._rename_photo)
        acts[kind % len(acts)]()

    def _folder(self, number: int) -> Path:
        return self._folders[number % len(self._folders)]

    def _make(self) -> None:
        put(self._folder(self._here) / f"f{self._there}" / f"g{self._here}" / f"{self._there}.jpg")

    def _write(self) -> None:
        put(self._folder(self._here) / f"{self._there}.jpg")

    def _rename(self) -> None:
        source, target = self._folder(self._here), self._folder(self._there) / f"r{self._here}"
        if source != self._folders[0] and not target.is_relative_to(source) and not target.exists():
            source.rename(target)

    def _delete(self) -> None:
        folder = self._folder(self._here)
        if folder != self._folders[0]:
            shutil.rmtree(folder)

    def _move_out(self) -> None:
        folder, target = self._folder(self._here), self._outside / f"{len(list(self._outside.iterdir()))}"
        if folder != self._folders[0]:
            folder.rename(target)

    def _move_in(self) -> None:
        folders, target = sorted(self._outside.iterdir()), self._folder(self._here) / f"m{self._there}"
        if folders and not target.exists():
            folders[self._there % len(folders)].rename(target)

    def _rename_photo(self) -> None:
        if self._photos:
            photo = self._photos[self._here % len(self._photos)]
            photo.rename(self._folder(self._there) / f"{self._here}.jpg")


@settings(max_examples=40)
@given(changes=st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=6), max_size=5))
def test_events_alone_keep_the_list_of_photos_true(
    tmp_path_factory: pytest.TempPathFactory, changes: list[list[tuple[int, int, int]]]
) -> None:
    """Whatever happens to the folders, in bursts and in any order: following the hints ends in the truth."""
    folder = tmp_path_factory.mktemp("tree", numbered=True)
    root, outside = folder / "photos", folder / "outside"
    root.mkdir()
    outside.mkdir()
    follower = Follower(root)
    try:
        for burst in changes:
            for numbers in burst:
                Change(root, outside, numbers)
            follower.follow()
        follower.wait_for(lambda: follower.photos == {path for path in root.rglob("*.jpg") if path.is_file()})
        folders = 1 + sum(path.is_dir() for path in root.rglob("*"))
        follower.wait_for(lambda: watched_by_kernel() >= folders)
        assert follower.scans == 1
    finally:
        follower.watch.stop()
        shutil.rmtree(folder)


def test_the_two_ways_to_write_an_accent_are_two_photos(follower: Follower, root: Path) -> None:
    follower.expect(
        put(root / "caf\N{LATIN SMALL LETTER E WITH ACUTE}.jpg"), put(root / "cafe\N{COMBINING ACUTE ACCENT}.jpg")
    )


class Kernel:
    """Hands out readers, or refuses to, and remembers them."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.problem: Exception | None = None
        self.readers: list[FakeReader] = []

    def __call__(self) -> FakeReader:
        """Make a reader."""
        if self.problem is not None:
            raise self.problem
        self.readers.append(FakeReader(self.room))
        return self.readers[-1]


def watching(root: Path, kernel: Kernel, canary: Path | None = None) -> WatchSupervisor:
    return WatchSupervisor([Source(root)], threading.Event(), poll_seconds=60, reader=kernel, canary=canary)


def words(watch: WatchSupervisor, now: float) -> list[str]:
    return [notice.event for notice in watch.check(now)]


@pytest.mark.parametrize("problem", [OSError(errno.EMFILE, "instance limit"), RuntimeError("can't start new thread")])
def test_without_a_reader_every_root_is_scanned_often_and_the_message_comes_once(
    root: Path, problem: Exception
) -> None:
    kernel = Kernel()
    kernel.problem = problem
    watch = watching(root, kernel)
    assert [notice.event for notice in watch.start(0)] == ["watch_unavailable"]
    assert watch.poll_seconds(root) == 60
    assert watch.is_well(0)
    assert [words(watch, now) for now in range(5, 3600, 5)].count([]) == 719
    kernel.problem = None
    news = [word for now in range(3600, 8000, 5) for word in words(watch, now)]
    assert news == ["watch_restored"]
    assert len(kernel.readers) == 1
    assert watch.poll_seconds(root) is None


def test_a_reader_that_dies_is_replaced_at_once_and_everything_scanned(root: Path) -> None:
    kernel = Kernel()
    watch = watching(root, kernel)
    watch.start(0)
    watch.hints()
    kernel.readers[0].alive = False
    assert not watch.is_well(5)
    assert words(watch, 5) == ["watch_died"]
    assert kernel.readers[0].stopped
    assert watch.is_well(5)
    assert watch.hints() == [Hint(root)]
    assert words(watch, 30) == []
    assert words(watch, 65) == ["watch_restored"]


def test_a_reader_that_dies_over_and_over_is_not_replaced_over_and_over(root: Path) -> None:
    kernel = Kernel()
    watch = watching(root, kernel)
    told = [notice.event for notice in watch.start(0)]
    for now in range(5, 3600, 5):
        if kernel.readers[-1].alive and not kernel.readers[-1].stopped:
            kernel.readers[-1].alive = False
        told += words(watch, now)
    assert told == ["watch_died"]
    assert len(kernel.readers) < 10


def test_a_reader_that_hangs_is_found_out_by_its_canary(root: Path, tmp_path: Path) -> None:
    kernel = Kernel()
    watch = watching(root, kernel, canary=tmp_path / ".gpend-canary")
    watch.start(0)
    told, now = list[str](), 0.0
    while not told:
        now += 5
        told += words(watch, now)
    assert told == ["watch_died"]
    assert now == 120
    assert len(kernel.readers) == 2


def test_readers_that_never_tell_anything_are_never_relied_upon(root: Path, tmp_path: Path) -> None:
    kernel = Kernel()
    watch = watching(root, kernel, canary=tmp_path / ".gpend-canary")
    told = [notice.event for notice in watch.start(0)]
    for now in range(0, 6 * 3600, 5):
        told += words(watch, now)
        assert watch.poll_seconds(root) == 60
    assert told == ["watch_died"]
    assert len(kernel.readers) <= 12


def test_a_real_reader_hears_its_canary(root: Path, tmp_path: Path) -> None:
    watch = WatchSupervisor([Source(root)], threading.Event(), poll_seconds=60, canary=tmp_path / ".gpend-canary")
    watch.start(0)
    canary = watch._canary  # noqa: SLF001 - whether it was heard shows nowhere else before two minutes have passed
    assert canary is not None
    assert canary._heard.wait(PATIENCE)  # noqa: SLF001 - the same
    assert canary.is_well(110)
    assert canary.is_well(220)
    assert watch.poll_seconds(root) is None
    watch.stop()


def test_each_root_is_supervised_by_itself(root: Path, tmp_path: Path) -> None:
    sources = [Source(root), Source(tmp_path / "missing")]
    watch = WatchSupervisor(sources, threading.Event(), poll_seconds=60, reader=Kernel())
    assert [(notice.event, notice.root) for notice in watch.start(0)] == [("source_gone", tmp_path / "missing")]
    assert watch.poll_seconds(root) is None
    assert watch.poll_seconds(tmp_path / "missing") == 60
    watch.stop()
