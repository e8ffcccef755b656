"""An output tree as a whole: which one it is, and what a killed gpend left in it."""

import os
from pathlib import Path

import pytest

from gpend.mirror import output_root


def test_a_claimed_output_is_known_again_wherever_it_is_mounted(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    claimed = output_root.claim(tmp_path / "out")
    assert output_root.claim(tmp_path / "out") == claimed
    (tmp_path / "out").rename(tmp_path / "moved")
    assert output_root.identity(tmp_path / "moved") == claimed


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
