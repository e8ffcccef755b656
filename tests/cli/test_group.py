"""The group of commands: what it says of itself, and how it says no."""

from pathlib import Path

import pytest

from gpend import __version__
from gpend.cli import commands
from tests.cli import Gpend

ALL = [
    "calibrate",
    "check",
    "confirm",
    "demo",
    "once",
    "preview",
    "print",
    "restore",
    "retry",
    "run",
    "score",
    "status",
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
