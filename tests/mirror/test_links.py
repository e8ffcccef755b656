"""Why the files of a folder cannot get a second name in another, found by trying, of which nothing is left."""

import errno
import os
from pathlib import Path

import pytest

from gpend.intake.mounts import Mount
from gpend.mirror import links
from gpend.mirror.links import obstacle_to_links


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    output.mkdir()
    return source, output


def test_on_one_disk_nothing_speaks_against_it_and_nothing_is_left_of_trying(pair: tuple[Path, Path]) -> None:
    assert obstacle_to_links(*pair) == ""
    assert not list(pair[1].iterdir())


def test_a_folder_that_is_not_there_is_told_elsewhere(pair: tuple[Path, Path]) -> None:
    assert obstacle_to_links(pair[0], pair[1] / "missing") == ""


def test_two_mounts_are_two_disks_even_where_they_show_one(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "mounts_now", lambda place: [Mount(place, "ext4")])
    assert "different disks" in obstacle_to_links(*pair)


def test_a_disk_without_hard_links_is_told_and_nothing_is_left_of_trying(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert "has no hard links" in obstacle_to_links(*pair)
    assert not list(pair[1].iterdir())


@pytest.mark.parametrize(("guarded", "told"), [("1", "only the owner"), ("0", ""), (None, "")])
def test_where_only_owners_may_link_it_is_said_to_who_is_not_the_owner(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, guarded: str | None, told: str
) -> None:
    setting = pair[0].parent / "protected_hardlinks"
    if guarded is not None:
        setting.write_text(f"{guarded}\n")
    monkeypatch.setattr(links, "_PROTECTED_LINKS", setting)
    monkeypatch.setattr(os, "geteuid", lambda: pair[0].stat().st_uid + 1)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert told in obstacle_to_links(*pair)
    assert bool(obstacle_to_links(*pair)) == bool(told)
