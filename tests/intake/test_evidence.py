"""A vanished, empty or half-listed source is never a deletion."""

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from gpend.intake.scan import Entry, Listing, Scan, evidence
from gpend.intake.source import Identity, Source


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for number in range(4):
        (root / f"{number}.jpg").write_bytes(b"x")
    return root


def scanned(root: Path) -> Scan:
    scan = Scan(Source(root))
    for _ in scan:
        pass
    return scan


def identity_of(scan: Scan) -> Identity:
    assert scan.identity is not None
    return scan.identity


def test_photos_missing_from_the_same_folder_are_gone(root: Path) -> None:
    before = identity_of(scanned(root))
    (root / "0.jpg").unlink()
    scan = scanned(root)
    assert evidence(scan, before=before, known=4, found=3).believed
    assert scan.absent_is_known(root / "0.jpg")


def test_a_first_scan_is_believed(root: Path) -> None:
    assert evidence(scanned(root), before=None, known=0, found=0).believed


def test_photos_known_from_before_their_folder_was_noted_are_weighed_by_the_listing_alone(root: Path) -> None:
    assert evidence(scanned(root), before=None, known=5, found=4).believed


def test_an_empty_source_is_believed_only_if_it_never_held_any(root: Path) -> None:
    before = identity_of(scanned(root))
    for photo in root.iterdir():
        photo.unlink()
    scan = scanned(root)
    assert not evidence(scan, before=before, known=4, found=0).believed
    assert "is its disk mounted?" in evidence(scan, before=before, known=4, found=0).why
    assert evidence(scan, before=before, known=0, found=0).believed


def test_a_missing_source_is_not_believed(root: Path) -> None:
    before = identity_of(scanned(root))
    root.rename(root.parent / "away")
    assert not evidence(scanned(root), before=before, known=4, found=0).believed


def away(number: int) -> Listing:
    """A listing that fails as a server or a disk fails."""

    def listing(_: str) -> AbstractContextManager[Iterator[Entry]]:
        raise OSError(number, os.strerror(number))

    return listing


@pytest.mark.parametrize(
    "number",
    [
        errno.EIO,
        errno.ESTALE,
        errno.EHOSTDOWN,
        errno.EBUSY,
        errno.EACCES,
        errno.ENOENT,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
    ],
)
def test_a_source_that_cannot_be_listed_is_not_believed(root: Path, number: int) -> None:
    before = identity_of(scanned(root))
    scan = Scan(Source(root), listing=away(number))
    assert list(scan) == []
    assert not evidence(scan, before=before, known=4, found=0).believed
    assert not scan.absent_is_known(root / "0.jpg")


def test_a_link_to_another_folder_is_another_folder(root: Path) -> None:
    link, other = root.parent / "link", root.parent / "other"
    link.symlink_to(root)
    before = identity_of(scanned(link))
    other.mkdir()
    (other / "x.jpg").write_bytes(b"x")
    link.unlink()
    link.symlink_to(other)
    assert not evidence(scanned(link), before=before, known=4, found=0).believed


def test_an_unfinished_scan_is_not_believed(root: Path) -> None:
    scan = Scan(Source(root))
    next(iter(scan))
    assert "not finished" in evidence(scan, before=None, known=4, found=1).why


def test_another_folder_at_the_same_place_is_not_believed_unless_it_holds_the_same_photos(root: Path) -> None:
    before = identity_of(scanned(root))
    root.rename(root.parent / "away")
    root.mkdir()
    (root / "other.jpg").write_bytes(b"x")
    doubt = evidence(scanned(root), before=before, known=4, found=0)
    assert not doubt.believed
    assert "another folder or disk" in doubt.why
    for photo in (root.parent / "away").iterdir():
        photo.rename(root / photo.name)
    (root / "3.jpg").unlink()
    assert evidence(scanned(root), before=before, known=4, found=3).believed


def test_a_remounted_share_with_another_device_number_is_the_same_tree(root: Path) -> None:
    scan = scanned(root)
    before = replace(identity_of(scan), device=987654)
    assert evidence(scan, before=before, known=4, found=3).believed


def test_a_disk_missing_inside_the_source_is_not_believed(root: Path) -> None:
    scan = scanned(root)
    before = replace(identity_of(scan), file_systems=2)
    assert "mounted inside" in evidence(scan, before=before, known=4, found=3).why


def test_scans_count_the_file_systems_on_which_they_meet_photos(root: Path) -> None:
    assert identity_of(scanned(root)).file_systems == 1
    assert identity_of(scanned(root)).inode == os.stat(root).st_ino  # noqa: PTH116 - the plainest question
