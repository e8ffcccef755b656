"""Folders of the output tree: entered one by one, made where they are wanted, and never through a link."""

import os
from pathlib import Path

import pytest

from gpend.errors import PhotoError
from gpend.mirror import LinkedFolderError
from gpend.mirror.dirfd import open_folder, remove_empty
from tests.held import Held


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_what_is_missing_is_made_for_a_photo_only(root: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_folder(root, Path("a/b")):
        pass
    assert list(root.iterdir()) == []
    with open_folder(root, Path("a/b"), tmp_path / "in") as folder:
        assert os.path.samestat(os.fstat(folder), (root / "a/b").stat())


@pytest.mark.parametrize("place", ["a", "a/b", "a/b/c"])
def test_a_link_on_the_way_is_not_followed_and_nothing_stays_open(root: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "elsewhere/b/c").mkdir(parents=True)
    (root / "a").symlink_to(tmp_path / "elsewhere")
    held = Held()
    with pytest.raises(LinkedFolderError, match="gpend retry"), open_folder(root, Path(place), tmp_path / "in"):
        pass
    assert held.descriptors() == []


@pytest.mark.parametrize("place", ["..", "a/../..", "/a"])
def test_no_path_leads_out(root: Path, place: str) -> None:
    with pytest.raises(PhotoError, match="leads out"), open_folder(root, Path(place)):
        pass


def test_empty_folders_go_as_far_as_they_are_empty(root: Path) -> None:
    (root / "a/b/c").mkdir(parents=True)
    (root / "a/mine.txt").touch()
    remove_empty(root, Path("a/b/c"))
    assert [path.name for path in root.rglob("*")] == ["a", "mine.txt"]


def test_the_root_itself_stays(root: Path) -> None:
    (root / "a").mkdir()
    remove_empty(root, Path("a"))
    assert root.is_dir()
