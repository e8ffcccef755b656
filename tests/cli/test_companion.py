"""The dashboard beside the daemon is a process that is started again, and that ends with the daemon."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpend.cli.companion import Companion, keep_trying
from gpend.errors import FatalError
from tests.waiting import PATIENCE, wait_until

_DAEMON = """
import sys, time
from gpend.cli import companion
made = companion.Companion(sys.argv[1], enabled=True)
made._command = [sys.executable, "-c", sys.argv[2], sys.argv[3]]
with made:
    time.sleep(3600)
"""
_PAGE = """
import os, sys, time
from pathlib import Path
from gpend.cli.companion import end_with_daemon
end_with_daemon()
with Path(sys.argv[1]).open("a") as file:
    file.write(f"{os.getpid()}\\n")
if len(Path(sys.argv[1]).read_text().splitlines()) > 1:
    time.sleep(3600)
"""


def _lines(file: Path, wanted: int) -> list[str]:
    wait_until(lambda: file.exists() and file.read_text().count("\n") >= wanted, lambda: "it was not started")
    return file.read_text().splitlines()


def _is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_is_started_again_and_ends_with_a_daemon_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "starts"
    command = [sys.executable, "-c", _DAEMON, str(tmp_path / "gpend.yaml"), _PAGE, str(file)]
    daemon = subprocess.Popen(command)
    try:
        page = int(_lines(file, 2)[1])
        daemon.send_signal(signal.SIGKILL)
        daemon.wait(PATIENCE)
        wait_until(lambda: not _is_there(page))
    finally:
        daemon.kill()
        daemon.wait()


def test_what_keeps_the_page_from_its_work_is_told_once_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GPEND_BESIDE_DAEMON", "1")
    reasons = iter(["the token cannot be read", "the token cannot be read", "the port is taken", ""])
    waits: list[float] = []

    def serve() -> None:
        if reason := next(reasons):
            raise FatalError(reason)

    keep_trying(serve, waits.append)
    assert capsys.readouterr().err == "Error: the token cannot be read\nError: the port is taken\n"
    assert waits == [1, 2, 4]


def test_without_a_daemon_what_keeps_the_page_from_its_work_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPEND_BESIDE_DAEMON", raising=False)

    def serve() -> None:
        raise FatalError("the token cannot be read")

    with pytest.raises(FatalError, match="token"):
        keep_trying(serve)


def test_where_it_is_not_wanted_nothing_is_started(tmp_path: Path) -> None:
    with Companion(tmp_path / "gpend.yaml", enabled=False) as companion:
        assert companion._process is None  # noqa: SLF001 - nothing else shows it
