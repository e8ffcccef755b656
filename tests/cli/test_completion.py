"""Shells complete commands, options and topics."""

import os
import subprocess
import sys

import pytest

from gpend.cli.completion import COMPLETIONS
from tests.cli import Gpend


@pytest.mark.parametrize("name", COMPLETIONS)
def test_each_shell_has_its_function(name: str, gpend: Gpend) -> None:
    assert "_GPEND_COMPLETE" in gpend("print", name).output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("gpend re", "restore"), ("gpend restore --al", "--all-faces"), ("gpend help rec", "recovering")],
)
def test_what_is_begun_is_completed(typed: str, offered: str) -> None:
    asked = {"_GPEND_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    command = [sys.executable, "-m", "gpend"]
    said = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False).stdout
    assert f"plain,{offered}" in said.splitlines()
