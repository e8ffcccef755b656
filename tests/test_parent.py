"""A program that is guarded ends as it likes while whoever started it lives, and at once when that is gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpend.parent import command_that_ends_with
from tests.waiting import PATIENCE, wait_until


def guarded(*command: str) -> list[str]:
    """With this process as the one that starts it."""
    return command_that_ends_with(os.getpid(), command)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill $$", 143)])
def test_a_guarded_command_is_told_by_how_it_ended(script: str, status: int) -> None:
    assert subprocess.run(guarded("sh", "-c", script), timeout=PATIENCE, check=False).returncode == status


def test_what_it_is_given_and_what_it_says_passes_through() -> None:
    run = subprocess.run(guarded("sh", "-c", "cat >&2"), input=b"facts", capture_output=True, timeout=PATIENCE)  # noqa: PLW1510
    assert run.stderr == b"facts"


def test_a_program_that_is_not_there_is_told_as_shells_tell_it() -> None:
    run = subprocess.run(guarded("no-such-program"), capture_output=True, timeout=PATIENCE, check=False)
    assert run.returncode == 127
    assert run.stderr == b"No such file or directory\n"


def test_it_and_all_that_it_started_ends_with_whoever_started_it(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = (
        "import os, subprocess, sys; from gpend.parent import command_that_ends_with;"
        "subprocess.run(command_that_ends_with(os.getpid(), sys.argv[1:]), start_new_session=True)"
    )
    script = f"sleep 3600 & echo $$ $! > {begun}; wait"
    with subprocess.Popen([sys.executable, "-c", program, "sh", "-c", script]) as starter:
        wait_until(lambda: begun.exists() and begun.read_text().endswith("\n"))
        starter.kill()
    wait_until(lambda: all(has_ended(number) for number in begun.read_text().split()))


def has_ended(number: str) -> bool:
    """Is there no process of this number any more that does anything?"""
    try:
        return Path("/proc", number, "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_nothing_is_begun_for_somebody_who_is_gone(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    assert subprocess.run(command_that_ends_with(1 << 30, ["touch", str(begun)]), check=False).returncode
    assert not begun.exists()


def test_whoever_asks_all_to_end_lets_the_command_do_so_in_its_own_way(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    script = f"trap 'exit 7' TERM; touch {begun}; while :; do sleep 0.05; done"
    with subprocess.Popen(guarded("sh", "-c", script), start_new_session=True) as process:
        wait_until(begun.exists)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE) == 7
