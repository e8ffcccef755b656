"""The scan meets every photo once, opens nothing, and knows what it could not see."""

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from gpend.intake.scan import Entry, Scan
from gpend.intake.source import Source
from tests.held import Held


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    return root


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def met(scan: Scan) -> set[Path]:
    return {sighting.path for sighting in scan}


def test_every_photo_is_met_once_at_any_depth(root: Path) -> None:
    photos = {put(root / "a.jpg"), put(root / "2024" / "b.PNG"), put(root / "2024" / "May" / "c.heic")}
    put(root / "notes.txt")
    scan = Scan(Source(root))
    assert [sighting.path for sighting in scan].count(root / "a.jpg") == 1
    assert met(Scan(Source(root))) == photos
    assert scan.finished
    assert scan.seen == 3
    assert scan.unlistable == set()


def test_a_sighting_is_stamped_with_what_stat_says(root: Path) -> None:
    photo = put(root / "a.jpg", b"12345")
    (sighting,) = Scan(Source(root))
    status = photo.stat()
    assert (sighting.stamp.size, sighting.stamp.mtime_ns, sighting.stamp.inode) == (
        5,
        status.st_mtime_ns,
        status.st_ino,
    )
    assert sighting.changed_ns == status.st_ctime_ns


def test_excluded_directories_are_neither_listed_nor_visited(root: Path) -> None:
    put(root / "@eaDir" / "x.jpg")
    put(root / "2024" / ".stversions" / "deep" / "x.jpg")
    photo = put(root / "2024" / "x.jpg")
    visited = list[Path]()
    assert met(Scan(Source(root), visit=visited.append)) == {photo}
    assert visited == [root, root / "2024"]


def test_each_directory_is_visited_before_it_is_listed(root: Path) -> None:
    put(root / "2024" / "a.jpg")

    def arrive_late(directory: Path) -> None:
        put(directory / "late.jpg")

    scan = Scan(Source(root), visit=arrive_late)
    assert met(scan) == {root / "late.jpg", root / "2024" / "late.jpg", root / "2024" / "a.jpg"}


def test_a_part_of_a_source_can_be_scanned_by_itself(root: Path) -> None:
    put(root / "a.jpg")
    photo = put(root / "2024" / "b.jpg")
    scan = Scan(Source(root), root / "2024")
    assert met(scan) == {photo}
    assert scan.absent_is_known(root / "2024" / "gone.jpg")
    assert not scan.absent_is_known(root / "gone.jpg")


def test_what_is_no_regular_file_is_never_a_photo(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    (root / "directory.jpg").mkdir()
    inner = put(root / "directory.jpg" / "inner.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(root / "socket.jpg"))
        assert met(Scan(Source(root))) == {inner}


def test_circles_of_links_end(root: Path) -> None:
    photo = put(root / "2024" / "a.jpg")
    (root / "2024" / "again").symlink_to(root)
    (root / "x.jpg").symlink_to(root / "y.jpg")
    (root / "y.jpg").symlink_to(root / "x.jpg")
    (root / "nowhere.jpg").symlink_to(root / "missing.jpg")
    (root / "folder.jpg").symlink_to(root / "2024")
    scan = Scan(Source(root))
    assert met(scan) == {photo}
    assert scan.unlistable == set()


def test_links_to_folders_elsewhere_are_told_and_not_entered(root: Path, tmp_path: Path) -> None:
    photo = put(root / "2024" / "a.jpg")
    output = tmp_path / "output"
    for place in (tmp_path / "disk2" / "2023", output):
        place.mkdir(parents=True)
        put(place / "b.jpg")
    (root / "2023").symlink_to(tmp_path / "disk2" / "2023")
    (root / "2023.jpg").symlink_to(tmp_path / "disk2")
    (root / "latest").symlink_to(root / "2024")
    (root / "restored").symlink_to(output)
    (root / "@eaDir").symlink_to(tmp_path / "disk2")
    (root / "around").symlink_to(root.parent)
    scan = Scan(Source(root, outside=[output]))
    assert met(scan) == {photo}
    assert scan.linked == {root / "2023", root / "2023.jpg"}
    assert [count for what, count in scan.passed_over.items() if what.startswith("links to folders")] == [2]


@pytest.fixture
def deep(root: Path) -> Iterator[Path]:
    """A photo below more directories than Python's recursion allows; taken away again, since pytest recurses."""
    depth = 1200
    for level in range(1, depth + 1):
        Path(f"{root}{'/d' * level}").mkdir()
    photo = put(Path(f"{root}{'/d' * depth}/a.jpg"))
    yield photo
    photo.unlink()
    for level in range(depth, 0, -1):
        Path(f"{root}{'/d' * level}").rmdir()


def test_a_very_deep_tree_is_walked_without_recursion(root: Path, deep: Path) -> None:
    assert met(Scan(Source(root))) == {deep}


def test_names_that_are_not_utf8_or_very_long_are_met(root: Path) -> None:
    odd = put(Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.jpg")))
    long = put(root / ("x" * 246 + ".jpg"))
    assert met(Scan(Source(root))) == {odd, long}


def test_a_scan_can_be_left_waiting_and_taken_up_again(root: Path) -> None:
    for number in range(10):
        put(root / f"{number % 3}" / f"{number}.jpg")
    sightings = iter(Scan(Source(root)))
    first = next(sightings)
    put(root / "late.txt")
    assert len({first.path, *(sighting.path for sighting in sightings)}) == 10


def refusing(*directories: Path, after: int = 0) -> "Scandir":
    return Scandir(frozenset(map(os.fspath, directories)), after)


class Scandir:
    """os.scandir, except that some directories fail after so many entries."""

    def __init__(self, failing: frozenset[str], after: int) -> None:
        self._failing = failing
        self._after = after

    def __call__(self, directory: str) -> AbstractContextManager[Iterator[Entry]]:
        """List a directory."""
        return self._listing(directory)

    @contextmanager
    def _listing(self, directory: str) -> Iterator[Iterator[Entry]]:
        with os.scandir(directory) as entries:
            yield self._entries(entries) if directory in self._failing else entries

    def _entries(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for number, entry in enumerate(entries):
            if number == self._after:
                raise OSError(5, "Input/output error")
            yield entry
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("after", [0, 2])
def test_below_a_directory_that_could_not_be_listed_nothing_is_known_to_be_absent(root: Path, after: int) -> None:
    for number in range(4):
        put(root / "bad" / f"{number}.jpg")
    good = put(root / "good" / "a.jpg")
    scan = Scan(Source(root), listing=refusing(root / "bad", after=after))
    assert len(met(scan) - {good}) == after
    assert scan.finished
    assert scan.unlistable == {root / "bad"}
    assert not scan.absent_is_known(root / "bad" / "3.jpg")
    assert not scan.absent_is_known(root / "bad" / "deeper" / "x.jpg")
    assert scan.absent_is_known(root / "good" / "gone.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every directory")
@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_what_a_closed_directory_holds_is_unknown(root: Path, mode: int) -> None:
    closed, photo = put(root / "closed" / "a.jpg").parent, put(root / "b.jpg")
    closed.chmod(mode)
    scan = Scan(Source(root))
    assert met(scan) == {photo}
    assert scan.unlistable == {closed}
    closed.chmod(0o755)
    assert met(Scan(Source(root))) == {photo, closed / "a.jpg"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every directory")
def test_a_link_into_a_closed_place_is_unknown_by_itself(root: Path, tmp_path: Path) -> None:
    closed, photo = put(tmp_path / "closed" / "a.jpg").parent, put(root / "b.jpg")
    (root / "link.jpg").symlink_to(closed / "a.jpg")
    closed.chmod(0)
    scan = Scan(Source(root))
    assert met(scan) == {photo}
    assert not scan.absent_is_known(root / "link.jpg")
    assert scan.absent_is_known(root / "c.jpg")
    closed.chmod(0o755)


def test_a_directory_that_vanishes_meanwhile_is_unknown_since_it_may_have_been_moved(root: Path) -> None:
    put(root / "a" / "1.jpg")

    def rename(directory: Path) -> None:
        if directory == root / "a":
            (root / "a").rename(root / "b")

    scan = Scan(Source(root), visit=rename)
    assert met(scan) == set()
    assert scan.unlistable == {root / "a"}


class Entries:
    """A listing whose entries cannot be examined, as where a directory may be read but not entered."""

    def __init__(self, directory: Path, problem: OSError) -> None:
        self._directory = directory
        self._problem = problem

    @contextmanager
    def __call__(self, directory: str) -> Iterator[Iterator[Entry]]:
        """List a directory."""
        with os.scandir(directory) as entries:
            yield (self._spoilt(entry) for entry in entries) if Path(directory) == self._directory else entries

    def _spoilt(self, entry: Entry) -> Entry:
        return _Spoilt(entry, self._problem)  # type: ignore[return-value]  # os.DirEntry cannot be made or derived


class _Spoilt:
    def __init__(self, entry: Entry, problem: OSError) -> None:
        self.name, self.path = entry.name, entry.path
        self.is_symlink = entry.is_symlink
        self._problem = problem

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        assert not follow_symlinks
        return False

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        assert not follow_symlinks
        raise self._problem


def test_files_that_cannot_be_examined_are_unknown(root: Path) -> None:
    put(root / "closed" / "a.jpg")
    scan = Scan(Source(root), listing=Entries(root / "closed", PermissionError(13, "Permission denied")))
    assert met(scan) == set()
    assert scan.unlistable == scan.forbidden == {root / "closed"}


def test_a_file_deleted_since_it_was_listed_is_simply_absent(root: Path) -> None:
    put(root / "closing" / "a.jpg")
    scan = Scan(Source(root), listing=Entries(root / "closing", FileNotFoundError(2, "No such file")))
    assert met(scan) == set()
    assert scan.absent_is_known(root / "closing" / "a.jpg")


def test_of_a_missing_root_nothing_is_known(root: Path) -> None:
    root.rmdir()
    scan = Scan(Source(root))
    assert met(scan) == set()
    assert scan.identity is None
    assert not scan.absent_is_known(root / "a.jpg")


def test_a_root_replaced_during_the_scan_makes_everything_unknown(root: Path) -> None:
    photo = put(root / "a.jpg")
    scan = Scan(Source(root))
    for sighting in scan:
        assert sighting.path == photo
        root.rename(root.parent / "away")
        root.mkdir()
    assert scan.finished
    assert scan.identity is None
    assert not scan.absent_is_known(root / "b.jpg")


def test_an_unfinished_scan_knows_no_absence(root: Path) -> None:
    put(root / "a.jpg")
    scan = Scan(Source(root))
    next(iter(scan))
    assert not scan.finished
    assert not scan.absent_is_known(root / "b.jpg")


def test_a_root_behind_a_symbolic_link_is_scanned(root: Path) -> None:
    put(root / "a.jpg")
    link = root.parent / "link"
    link.symlink_to(root)
    assert met(Scan(Source(link))) == {link / "a.jpg"}


def test_no_descriptor_stays_open_after_a_scan_given_up_halfway(root: Path) -> None:
    put(root / "a.jpg")
    held = Held()
    sightings = iter(Scan(Source(root)))
    next(sightings)
    del sightings
    assert held.descriptors() == []
