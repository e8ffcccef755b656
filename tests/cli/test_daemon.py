"""Commands around the daemon."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend import shipped, wiring
from gpend.cli import user
from gpend.cli.completion import COMPLETIONS
from gpend.daemon import Tally
from gpend.errors import TransientError
from gpend.ledger import State
from gpend.progress import Progress
from gpend.settings import Settings
from tests.cli import Gpend
from tests.waiting import PATIENCE, wait_until


def test_check_is_content_with_folders_that_are_there(gpend: Gpend, configured: Path) -> None:
    result = gpend("check", "--config", configured)
    assert result.exit_code == 0
    assert "is right" in result.output


def test_check_names_every_problem_at_once(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = "folders: [{source: in, output: in/out}, {source: none, output: out}]\nrestore: {model: gpen-257}"
    (tmp_path / "gpend.yaml").write_text(text)
    result = gpend("check", "--config", "gpend.yaml")
    assert result.exit_code == 2
    for said in ("lies inside the source folder", f"{tmp_path / 'none'} does not exist", "'gpen-257'"):
        assert said in result.output


def test_once_tells_what_it_did(gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally(unsettled=2)
    tally.states[State.RESTORED] = 3

    def once(_settings: Settings, show: Callable[[Progress], None], *_: object) -> Tally:
        show(Progress(settling=1, waiting=1, done=1, restored=0, is_scanning=True))
        return tally

    monkeypatch.setattr(wiring, "once", once)
    result = gpend("once", "--config", configured)
    assert (result.exit_code, result.output) == (0, "3 restored.\n2 left for later: still being written.\n")
    tally.states[State.FAILED] = 21
    tally.set_aside = [(Path(f"/in/{number}.jpg"), "it is damaged") for number in range(20)]
    result = gpend("once", "--config", configured)
    assert result.exit_code == 1
    assert "set aside: /in/7.jpg: it is damaged\n" in result.output
    assert "set aside: 1 more" in result.output


def test_once_that_was_stopped_tells_how_much_still_waits(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally(is_stopped=True, waiting=172)
    tally.states[State.RESTORED] = 3
    monkeypatch.setattr(wiring, "once", lambda *_: tally)
    result = gpend("once", "--config", configured)
    assert result.exit_code == 1
    assert "3 restored.\nStopped before the end: 172 known photos still wait." in result.output


def test_once_that_could_not_go_on_is_no_mistake_of_who_asked(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(*_: object) -> Tally:
        raise TransientError("The ledger cannot be used at the moment.")

    monkeypatch.setattr(wiring, "once", once)
    result = gpend("once", "--config", configured)
    assert (result.exit_code, result.output) == (1, "Error: The ledger cannot be used at the moment.\n")


def test_once_tells_what_it_waits_for_beside_what_it_did(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(_settings: Settings, _show: object, _file: Path, tell: Callable[[str], object]) -> Tally:
        tell("All photos are done. gpend waits.")
        return Tally()

    monkeypatch.setattr(wiring, "once", once)
    result = gpend("once", "--config", configured)
    assert result.exit_code == 0
    assert result.stderr == "All photos are done. gpend waits.\n"
    assert "waits" not in result.stdout


def test_run_hands_over_the_settings_and_how_to_read_them_again(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Settings] = []

    def run(settings: Settings, reload: Callable[[], Settings], _file: Path, is_hung_up: Callable[[], bool]) -> None:
        given.extend([settings, reload()])
        assert not is_hung_up()

    monkeypatch.setattr(wiring, "run", run)
    assert gpend("run", "--config", configured).exit_code == 0
    assert given[0] == given[1]
    assert given[0].folders[0].source == configured.parent / "in"


def test_a_run_that_is_hung_up_before_it_has_begun_is_not_ended_and_remembers_it(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_settings: Settings, _reload: object, _file: Path, is_hung_up: Callable[[], bool]) -> None:
        os.kill(os.getpid(), signal.SIGHUP)  # it ended gpend
        wait_until(is_hung_up)

    before = signal.getsignal(signal.SIGHUP)
    monkeypatch.setattr(wiring, "run", run)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # of the tests
        assert gpend("run", "--config", configured).exit_code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("name", ["gpend.yaml", "gpend.service", "gpend-user.service"])
def test_print_gives_the_files_that_came_with_gpend(name: str, gpend: Gpend) -> None:
    result = gpend("print", name)
    assert result.exit_code == 0
    assert result.output.startswith("# gpend")


def test_print_says_what_each_file_is_in_a_line_of_its_own(gpend: Gpend) -> None:
    listed = {line.split()[0] for line in gpend("print", "--help").output.splitlines() if line.strip()}
    assert {*shipped.NAMES, *COMPLETIONS} <= listed  # they were broken at their hyphens, over three lines
    for name in (*shipped.NAMES, *COMPLETIONS):
        assert gpend("print", name).exit_code == 0
    assert "Missing argument 'NAME'" in gpend("print").output


def test_check_says_for_whom_it_looked_and_how_to_look_for_the_users_of_the_service(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    result = gpend("check", "--config", configured)
    assert result.exit_code == 2
    assert "sudo gpend check --as USER" in result.output


def test_check_as_a_user_that_is_not_there_says_how_to_make_one(gpend: Gpend, configured: Path) -> None:
    result = gpend("check", "--as", "nobody-such", "--config", configured)
    assert result.exit_code == 2
    assert "useradd --system" in result.output
    assert gpend("check", "--as", user.current(), "--config", configured).exit_code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as another user")
def test_check_as_another_user_finds_what_that_user_may_not(configured: Path) -> None:
    (configured.parent / "in").chmod(0o700)
    command = [sys.executable, "-m", "gpend", "check", "--as", "nobody", "--config", str(configured)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    # which of them comes first depends on where gpend, Python and the tests' folders lie
    refusals = ("nobody may not read gpend itself", "by this user", "gpend.yaml cannot be read: Permission denied")
    assert any(refusal in ended.stderr for refusal in refusals)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_hindrance(configured: Path, closed: str) -> None:
    (configured.parent / "state" / "ledger.sqlite").unlink()  # nothing is known, and nothing is to be done
    command = f'exec "{sys.executable}" -m gpend once --config "{configured}" {closed}'
    assert subprocess.run(["/bin/sh", "-c", command], timeout=PATIENCE, check=False).returncode == 0
