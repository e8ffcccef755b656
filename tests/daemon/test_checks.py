"""What the daemon refuses to begin with, and how it says so."""

import errno
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.daemon.checks import is_inside, problems
from gpend.intake import mounts
from gpend.settings import FolderSettings, Settings


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("in", "in/deep", "out", "other", "state"):
        (tmp_path / name).mkdir()
    return tmp_path


def settings(place: Path, *pairs: tuple[str, str], ledger: str = "state/ledger.sqlite") -> Settings:
    folders = tuple(FolderSettings(source=place / source, output=place / output) for source, output in pairs)
    return Settings(folders=folders, ledger=place / ledger)


def test_folders_that_lie_apart_are_fine(place: Path) -> None:
    assert problems(settings(place, ("in", "out"))) == []


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], "no folder is named"),
        ([("missing", "out")], "missing does not exist"),
        ([("in", "missing")], "Is its disk mounted? If it is to be a new one: mkdir -p"),
        ([("in", "in/deep")], "come in again"),
        ([("in", "in")], "come in again"),
        ([("in/deep", "in")], "among the photos themselves"),
        ([("in", "out"), ("in", "other")], "named twice"),
        ([("in", "out"), ("other", "out")], "must lie apart"),
        ([("in", "out"), ("out", "other")], "come in again"),
    ],
)
def test_what_would_do_harm_is_refused(place: Path, pairs: list[tuple[str, str]], words: str) -> None:
    assert any(words in problem for problem in problems(settings(place, *pairs)))


@pytest.mark.parametrize("name", ["restored", "Anna's photos", "a; b"])
def test_an_output_folder_can_be_made_as_it_is_told(place: Path, name: str) -> None:
    (told,) = problems(settings(place, ("in", name)))
    assert shlex.split(told.partition("new one: ")[2]) == ["mkdir", "-p", str(place / name)]


def test_nobody_is_told_to_make_an_output_folder_where_it_must_not_lie(place: Path) -> None:
    (told,) = problems(settings(place, ("in", "in/restored")))
    assert "come in again" in told
    (told,) = problems(settings(place, ("in", "out"), ("other", "in/restored")))
    assert "come in again" in told


def test_folders_where_this_user_may_not_look_are_told_as_that(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, stat = place / "home", Path.stat

    def refuse(asked: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if closed in asked.parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(asked))
        return stat(asked, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(os, "access", lambda asked, _mode, **_: closed not in Path(asked).parents)
    found = problems(settings(place, ("home/photos", "home/restored")))
    assert found == [
        f"The source folder {closed / 'photos'} cannot be read by this user.",
        f"The output folder {closed / 'restored'} cannot be written to by this user.",
    ]


def test_links_hide_nothing(place: Path) -> None:
    (place / "link").symlink_to(place / "in")
    assert problems(settings(place, ("in", "link/deep")))
    assert problems(settings(place, ("link", "out"), ("in", "other")))


def test_every_problem_is_named_at_once(place: Path) -> None:
    found = problems(settings(place, ("missing", "in/deep"), ("in", "gone"), ledger="in/ledger.sqlite"))
    assert len(found) == 4


def test_a_ledger_among_the_photos_is_refused(place: Path) -> None:
    assert any(
        "Keep it elsewhere" in problem for problem in problems(settings(place, ("in", "out"), ledger="in/l.sqlite"))
    )


def test_an_output_that_is_mounted_from_within_the_source_is_refused_with_both_names(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "in/restored").symlink_to(place / "out")  # in place of a second name of a folder, as a mount gives it
    told = place / "mountinfo"
    told.write_text(
        "30 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"31 30 8:1 {place.resolve()}/in/restored {place.resolve()}/out rw - ext4 /dev/sda1 rw\n"
    )
    assert problems(settings(place, ("in", "out"))) == []
    monkeypatch.setattr("gpend.intake.mounts.MOUNTINFO", told)
    (problem,) = problems(settings(place, ("in", "out")))
    assert f"{place}/out, which is {place.resolve()}/in/restored, lies inside the source folder {place}/in" in problem
    (place / "in/restored").unlink()  # another disk hides it
    assert problems(settings(place, ("in", "out"))) == []


def test_folders_that_this_user_may_not_use_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = problems(settings(place, ("in", "out")))
    assert any("cannot be read" in problem for problem in found)
    assert any("cannot be written to" in problem for problem in found)


@pytest.mark.parametrize("away", ["in", "out"])
def test_a_folder_that_is_known_may_be_away_and_none_else(place: Path, away: str) -> None:
    known = {(place / "in", place / "out")}
    (place / away).rename(place / "away")
    assert problems(settings(place, ("in", "out")), known) == []
    assert len(problems(settings(place, ("in", "out")))) == 1
    assert len(problems(settings(place, ("in", "out")), {(place / "in", place / "other")})) == 1
    (place / away).write_bytes(b"a file")
    assert len(problems(settings(place, ("in", "out")), known)) == 1


@pytest.mark.parametrize("away", ["in", "out"])
def test_a_share_that_is_not_connected_is_away(place: Path, monkeypatch: pytest.MonkeyPatch, away: str) -> None:
    stat = Path.stat

    def refuse(asked: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if asked == place / away:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(asked))
        return stat(asked, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    assert problems(settings(place, ("in", "out")), {(place / "in", place / "out")}) == []
    (problem,) = problems(settings(place, ("in", "out")))
    assert "Is its disk mounted?" in problem  # it ended with an unforeseen OSError


def test_an_output_that_nobody_may_write_to_is_told_as_that(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda asked, mode, **_: Path(asked) != place / "out" or not mode & os.W_OK)
    statvfs = os.statvfs
    monkeypatch.setattr(
        os,
        "statvfs",
        lambda asked: os.statvfs_result([*list(statvfs(asked))[:8], os.ST_RDONLY, *list(statvfs(asked))[9:]]),
    )
    (problem,) = problems(settings(place, ("in", "out")))
    assert "its disk is mounted so" in problem  # a service that may only read it was told to be another user
    assert "ReadWritePaths=" in problem


def test_many_folders_are_compared_with_each_other_without_reading_the_mounts_for_every_two(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, read, parse = 12, list[str](), mounts.mounts

    def counted(mountinfo: str) -> Iterator[mounts.Mount]:
        read.append(mountinfo)
        return parse(mountinfo)

    monkeypatch.setattr(mounts, "mounts", counted)
    pairs = [(f"in{number}", f"out{number}") for number in range(count)]
    for name in (name for pair in pairs for name in pair):
        (place / name).mkdir()
    assert problems(settings(place, *pairs)) == []
    assert len(read) <= 3 * count  # 900 before: a minute and a half for 60 folders, at every start


def test_a_name_that_only_begins_alike_is_not_inside(place: Path) -> None:
    (place / "input").mkdir()
    assert not is_inside(place / "input", place / "in")
    assert is_inside(place / "in/deep", place / "in")
