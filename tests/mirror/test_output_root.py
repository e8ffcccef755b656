"""An output tree as a whole: which one it is, and what a killed gpend left in it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gpend.mirror import output_root
from gpend.mirror.dirfd import LinkedFolderError


def test_a_claimed_output_is_known_again_wherever_it_is_mounted(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    claimed = output_root.claim(tmp_path / "out")
    assert output_root.claim(tmp_path / "out") == claimed
    (tmp_path / "out").rename(tmp_path / "moved")
    assert output_root.identity(tmp_path / "moved") == claimed


def test_an_output_tells_where_the_disk_was_with_the_ledger_that_it_is_written_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "state/gpend/ledger.sqlite"
    points = [Path("/"), tmp_path / "state"]
    monkeypatch.setattr("os.path.ismount", lambda place: Path(place) in points)
    output_root.note_ledger(tmp_path, ledger)
    output_root.claim(tmp_path)
    if not output_root.is_marked(tmp_path):
        pytest.skip("this file system has no extended attributes")
    assert output_root.mount_of_ledger(tmp_path, ledger) == tmp_path / "state"
    assert output_root.mount_of_ledger(tmp_path, tmp_path / "other.sqlite") is None
    points.pop()
    output_root.note_ledger(tmp_path, ledger)
    assert output_root.mount_of_ledger(tmp_path, ledger) is None
    output_root.note_ledger(tmp_path / "away", ledger)
    assert output_root.mount_of_ledger(tmp_path / "away", ledger) is None


def test_another_folder_in_its_place_is_another_output(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    assert output_root.claim(tmp_path / "one") != output_root.claim(tmp_path / "other")


def test_an_output_that_is_away_is_told_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        output_root.identity(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        output_root.free(tmp_path / "away")


def test_the_sweep_goes_through_all_folders_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "out/deep").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    for place in ("out/.gpend-1", "out/deep/.gpend-2", "mine/.gpend-3"):
        (tmp_path / place).write_bytes(b"half")
    (tmp_path / "out/link").symlink_to(tmp_path / "mine")
    assert sum(output_root.sweep(tmp_path / "out")) == 2
    assert (tmp_path / "mine/.gpend-3").exists()
    assert os.listdir(tmp_path / "out/deep") == []  # noqa: PTH208  # the names are what counts


@contextmanager
def sticky() -> Iterator[Path]:
    """A folder of files of root's, which everybody may write to and nobody else may take them away from."""
    with tempfile.TemporaryDirectory() as made:
        for folder in (Path(made), Path(made, "shared")):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o1777)
        Path(made, "shared/roots.jpg").write_bytes(b"mine")
        yield Path(made)


def test_whether_a_file_may_be_replaced_is_tried_and_it_stays(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"an output")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("a.jpg", "empty", "link", "missing.jpg", "no/such/folder.jpg", "a.jpg/below.jpg"):
        with suppress(LinkedFolderError):
            output_root.try_file(tmp_path, Path(name))
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "empty", "link"]  # noqa: PTH208  # the names are what counts
    assert (tmp_path / "a.jpg").read_bytes() == b"an output"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_a_file_that_may_not_be_replaced_although_its_folder_may_be_written_is_told_by_an_error() -> None:
    with sticky() as root:
        os.seteuid(65534)
        try:
            output_root.try_folder(root, Path("shared"))
            (root / "shared/own.jpg").write_bytes(b"own")
            output_root.try_file(root, Path("shared/own.jpg"))
            with pytest.raises(PermissionError):
                output_root.try_file(root, Path("shared/roots.jpg"))
        finally:
            os.seteuid(0)
        assert sorted(os.listdir(root / "shared")) == ["own.jpg", "roots.jpg"]  # noqa: PTH208  # as above
