"""The group of commands: what it says of itself, and how it says no."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gpend import __version__, config
from gpend.cli import commands
from gpend.errors import TransientError
from tests.cli import Gpend
from tests.waiting import PATIENCE

ALL = [
    "bench",
    "calibrate",
    "check",
    "cluster",
    "confirm",
    "decide",
    "demo",
    "health",
    "help",
    "once",
    "pause",
    "preview",
    "print",
    "restore",
    "resume",
    "retry",
    "run",
    "score",
    "status",
    "train",
    "web",
    "weights",
    "why",
]


def test_help_lists_every_command_and_the_first_steps(gpend: Gpend) -> None:
    said = gpend("--help").output
    assert [name for name in ALL if f"\n  {name} " in said] == ALL
    assert sorted(commands.commands) == ALL
    assert "gpend demo  " in said
    assert "..." not in said.partition("Commands:")[2]


@pytest.mark.parametrize("name", ALL)
def test_every_command_teaches_itself_with_an_example(name: str, gpend: Gpend) -> None:
    said = gpend(name, "--help").output
    assert "Example" in said
    assert f"gpend {name}" in said.partition("Example")[2]


def test_the_version_is_told(gpend: Gpend) -> None:
    assert __version__ in gpend("--version").output


@pytest.mark.parametrize("arguments", [["fly"], ["score"], ["status", "--jsn"], ["restore", "-o"]])
def test_wrong_usage_ends_with_2(arguments: list[str], gpend: Gpend) -> None:
    assert gpend(*arguments).exit_code == 2


@pytest.mark.parametrize("name", ["run", "once", "status", "check", "retry", "confirm"])
def test_a_wrong_configuration_ends_with_2_and_every_problem(name: str, gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("foldres: []\nkeep: maybe\n")
    result = gpend(name, "--config", "wrong.yaml")
    assert result.exit_code == 2
    assert "did you mean folders?" in result.output
    assert "keep: should be" in result.output


def test_the_configuration_may_be_named_in_the_environment(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPEND_CONFIG", str(configured))
    assert gpend("status").exit_code == 0


def test_a_mistake_in_gpend_itself_is_one_sentence_that_can_be_reported(
    gpend: Gpend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise IndexError("No item with that key")

    monkeypatch.setattr(config, "load", missing)
    result = gpend("status")
    assert result.exit_code == 1  # it was told as wrong usage
    assert "does not foresee" in result.output
    assert "IndexError: No item with that key (at " in result.output
    assert len(result.output.splitlines()) == 1


def test_an_answer_for_which_there_is_no_room_is_told_as_that() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gpend", "print", "gpend.yaml"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert done.returncode == 1
    assert "No space left on device (where its output goes). Make room there" in done.stderr
    assert "foresee" not in done.stderr


def test_what_cannot_be_done_at_the_moment_is_told_apart_from_wrong_usage(
    gpend: Gpend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise TransientError("The ledger cannot be used at the moment.")

    monkeypatch.setattr(config, "load", busy)
    result = gpend("pause")
    assert (result.exit_code, result.output) == (1, "Error: The ledger cannot be used at the moment.\n")


def test_ctrl_c_and_the_end_of_a_pipe_are_no_mistakes(gpend: Gpend, monkeypatch: pytest.MonkeyPatch) -> None:
    for way, code in ((click.Abort(), 1), (BrokenPipeError(32, "Broken pipe"), 1), (KeyboardInterrupt(), 1)):

        def ends(*_: object, way: BaseException = way) -> None:
            raise way

        monkeypatch.setattr(config, "load", ends)
        result = gpend("status")
        assert (result.exit_code, "foresee" in result.output) == (code, False)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("why",), "You may not look at"),
        (("retry",), "You may not look at"),
        (("retry", "--failed"), "You may not look at"),
        (("decide", "--leave"), "You may not look at"),
        (("score",), "You may not read it. Nothing was done."),
        (("restore",), "You may not read it. Nothing was done."),
    ],
)
def test_a_photo_where_this_user_may_not_look_is_told_as_that(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], told: str
) -> None:
    closed, stat = configured.parent / "in" / "closed", Path.stat

    def refuse(place: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if closed in place.absolute().parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
        return stat(place, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.chdir(configured.parent)
    result = gpend(*command, Path("in/closed/a.jpg"), "--config", configured)
    assert (result.exit_code != 0, "foresee" in result.output, told in result.output) == (True, False, True)


_LONG = "a" * 300 + ".jpg"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("why", _LONG), "is not known. "),
        (("why", f"in/{_LONG}"), "is not known. "),
        (("retry", f"in/{_LONG}"), "File name too long"),
        (("retry", "--failed", f"in/{_LONG}"), "File name too long"),
        (("decide", "--leave", f"in/{_LONG}"), "File name too long"),
        (("score", _LONG), "It cannot be read: File name too long. Nothing was done."),
        (("restore", _LONG), "It cannot be read: File name too long. Nothing was done."),
        (("restore", "in/a.jpg", "in/b.jpg", "-o", f"{_LONG}/out"), "There is no such file."),
        (("score", "in/a.jpg", "--picture", f"{_LONG}/b.png"), "is no folder that the picture can be put into"),
        (("preview", _LONG), "is no folder that you may look into"),
        (("preview", "in", "--out", f"{_LONG}/b.html"), "cannot be written: File name too long. Nothing was done."),
        (("weights", "fit", "gpen-256", "--photos", _LONG), "is no folder that you may look into"),
    ],
)
def test_a_name_that_no_disk_takes_is_told_as_that(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(configured.parent)
    result = gpend(*command, "--config", configured)
    assert (result.exit_code != 0, "foresee" in result.output, told in result.output) == (True, False, True)
