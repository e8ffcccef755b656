"""Run a piece of Python where it may mount and set limits as it likes, without touching this machine's own."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from tests.waiting import PATIENCE

_PROJECT = Path(__file__).parents[2]


@cache
def _is_permitted() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and _run(unshare, "mount -t tmpfs none /mnt", sys.executable, "-c", "").returncode == 0


def _run(unshare: str, prepare: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """`prepare` is for the shell; the command is run after it, as root of the namespace."""
    shell = ["sh", "-c", f'{prepare} && exec "$@"', "sh", *command]
    return subprocess.run(
        [unshare, "--user", "--map-root-user", "--mount", *shell],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
        cwd=_PROJECT,
    )


def said(script: str, *arguments: Path, prepare: str = "true") -> list[str]:
    """The lines that a script prints in user and mount namespaces of its own; skips where none may be made."""
    if not _is_permitted():
        pytest.skip("this machine lets nobody make namespaces")
    unshare = shutil.which("unshare") or ""
    done = _run(unshare, prepare, sys.executable, "-c", dedent(script), *map(str, arguments))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
