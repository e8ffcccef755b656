"""Failpoints: silent in production, fatal where a test has named them."""

import os
import signal
import subprocess
import sys

import pytest

from gpend import failpoints

PROGRAM = (
    "from gpend.failpoints import reached; [reached(name) for name in ('read', 'renamed', 'renamed')]; print('alive')"
)


def run(failpoint: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GPEND_FAILPOINT": failpoint}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def test_without_a_name_nothing_happens() -> None:
    for name in failpoints.NAMES:
        failpoints.reached(name)


@pytest.mark.parametrize("failpoint", ["read", "renamed:2"])
def test_the_process_ends_as_in_a_power_cut_where_it_was_told_to(failpoint: str) -> None:
    ended = run(failpoint)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")


def test_a_step_that_is_not_reached_so_often_ends_nothing() -> None:
    assert run("renamed:3").stdout == "alive\n"


def test_a_misspelt_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no failpoint 'reanmed'"):
        failpoints.Failpoint.parse("reanmed")
