"""One path is judged as the scan would judge it."""

import os
from pathlib import Path

import pytest

from gpend.intake.source import Source, identity


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    (root / "album").mkdir(parents=True)
    (root / "a.jpg").write_bytes(b"picture")
    return root


def test_a_photo_is_sighted_with_its_stamp(root: Path) -> None:
    sighting = Source(root).sight(root / "a.jpg")
    assert sighting is not None
    assert sighting.path == root / "a.jpg"
    assert sighting.stamp.size == 7


@pytest.mark.parametrize("name", ["missing.jpg", "a.jpg/below.jpg", "album", "@eaDir/a.jpg", "._a.jpg", "a.txt"])
def test_what_is_no_photo_or_not_there_is_not_sighted(root: Path, name: str) -> None:
    assert Source(root).sight(root / name) is None


def test_a_path_elsewhere_is_not_this_sources(root: Path) -> None:
    assert Source(root / "album").sight(root / "a.jpg") is None


def test_a_link_to_a_photo_is_that_photo(root: Path) -> None:
    (root / "album" / "best.jpg").symlink_to("../a.jpg")
    sighting = Source(root).sight(root / "album" / "best.jpg")
    assert sighting is not None
    assert sighting.stamp.size == 7
    assert sighting.path == root / "album" / "best.jpg"


def test_a_link_into_an_output_is_no_photo(root: Path, tmp_path: Path) -> None:
    output = tmp_path / "restored"
    output.mkdir()
    (output / "a.jpg").write_bytes(b"restored")
    (root / "album" / "loop.jpg").symlink_to(output / "a.jpg")
    assert Source(root, outside=[output]).sight(root / "album" / "loop.jpg") is None
    assert Source(root).sight(root / "album" / "loop.jpg") is not None


@pytest.mark.parametrize(("place", "is_photo"), [("@eaDir", False), (".git/annex/objects", True), ("../other", True)])
def test_a_link_to_a_place_without_photos_is_none(root: Path, place: str, is_photo: bool) -> None:  # noqa: FBT001
    (root / place).mkdir(parents=True)
    (root / place / "x.jpg").write_bytes(b"picture")
    (root / "link.jpg").symlink_to(root / place / "x.jpg")
    assert (Source(root).sight(root / "link.jpg") is not None) is is_photo


def test_links_that_lead_nowhere_or_in_circles_are_none(root: Path) -> None:
    (root / "1.jpg").symlink_to("2.jpg")
    (root / "2.jpg").symlink_to("1.jpg")
    (root / "3.jpg").symlink_to("missing.jpg")
    (root / "4.jpg").symlink_to("a.jpg/below.jpg")
    (root / "5.jpg").symlink_to("album")
    assert [Source(root).sight(root / f"{number}.jpg") for number in range(1, 6)] == [None] * 5


def test_when_it_cannot_be_told_neither_presence_nor_absence_is_claimed(root: Path) -> None:
    too_long = root / ("x" * 300 + ".jpg")
    with pytest.raises(OSError, match="too long"):
        Source(root).sight(too_long)


def test_an_output_inside_is_outside_also_through_a_linked_root(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    source = Source(link, outside=[root / "album"])
    assert source.is_outside(os.fspath(link / "album"))
    assert source.is_outside(os.fspath(link / "album" / "x"))
    assert not source.is_outside(os.fspath(link / "album2"))
    assert not source.is_outside(os.fspath(link))


def test_the_identity_of_a_root_is_its_directory_not_its_path(root: Path) -> None:
    before = identity(root)
    assert before is not None
    assert identity(root) == before
    root.rename(root.parent / "away")
    assert identity(root) is None
    root.mkdir()
    assert identity(root) != before
    assert identity(root.parent / "away") == before
