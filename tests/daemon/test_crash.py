"""A crash is told from a kill, so that photos are not blamed for what people and machines do."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpend.daemon import CrashDetector
from gpend.daemon.exporter import Exporter


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "boot").write_text("one\n")
    (tmp_path / "vmstat").write_text("pgfault 7\noom_kill 3\nother 1\n")
    return tmp_path


def life(machine: Path, ending: str) -> int:
    program = (
        "import os, signal, sys; from pathlib import Path; from gpend.daemon import CrashDetector;"
        "root = Path(sys.argv[1]);"
        f"p = CrashDetector(root / 'ledger', root / 'boot', root / 'vmstat'); p.begin(); {ending}"
    )
    return subprocess.run([sys.executable, "-c", program, str(machine)], check=False).returncode


def crash(machine: Path) -> str:
    return CrashDetector(machine / "ledger", machine / "boot", machine / "vmstat").last_crash()


def test_a_first_start_and_an_end_in_order_are_no_crash(machine: Path) -> None:
    assert crash(machine) == ""
    assert life(machine, "p.end()") == 0
    assert crash(machine) == ""


def test_a_kill_from_outside_is_no_crash(machine: Path) -> None:
    assert life(machine, "os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    assert crash(machine) == ""


def test_a_crash_leaves_its_words_also_where_somebody_deleted_what_was_to_hold_them(machine: Path) -> None:
    deleted = "[one.unlink() for one in root.glob('ledger.*')]; p.put_back()"
    assert life(machine, f"{deleted}; os.kill(os.getpid(), signal.SIGSEGV)") < 0
    assert "Fatal Python error" in crash(machine)
    assert life(machine, f"{deleted}; p.end()") == 0
    assert crash(machine) == ""


@pytest.mark.parametrize("deleted", ["ledger.running", "ledger.crash"])
def test_each_trace_comes_back_by_itself_and_none_is_made_anew_that_is_there(machine: Path, deleted: str) -> None:
    detector = CrashDetector(machine / "ledger", machine / "boot", machine / "vmstat")
    detector.begin()
    try:
        (machine / deleted).unlink()
        detector.put_back()
        assert (machine / deleted).exists()
        before = (machine / "ledger.running").stat().st_mtime_ns
        detector.put_back()
        assert (machine / "ledger.running").stat().st_mtime_ns == before
    finally:
        detector.end()


def test_where_no_trace_can_be_left_gpend_runs_all_the_same(machine: Path) -> None:
    for name in ("ledger.running", "ledger.crash"):
        (machine / name).mkdir()  # as a full disk, or one that belongs to somebody else
    assert life(machine, "p.put_back(); p.end()") == 0
    assert crash(machine) == ""


def test_where_the_disk_does_not_tell_what_is_there_gpend_runs_all_the_same(machine: Path) -> None:
    place = machine / ("a" * 300)  # as a folder that only somebody else may look into
    with pytest.raises(OSError, match="too long"):
        place.exists()
    CrashDetector(place, machine / "boot", machine / "vmstat").put_back()
    Exporter(place, {}).put_back()


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGBUS"])
def test_a_crash_leaves_its_words(machine: Path, number: str) -> None:
    assert life(machine, f"os.kill(os.getpid(), signal.{number})") < 0
    assert "Fatal Python error" in crash(machine)
    assert life(machine, "p.end()") == 0
    assert crash(machine) == ""


def test_a_machine_that_went_down_or_ran_out_of_memory_counts_as_one(machine: Path) -> None:
    assert life(machine, "os.kill(os.getpid(), signal.SIGKILL)") < 0
    (machine / "vmstat").write_text("oom_kill 4\n")
    assert "memory" in crash(machine)
    (machine / "boot").write_text("two\n")
    assert "went down" in crash(machine)


def test_a_machine_that_tells_nothing_is_believed_to_be_well(tmp_path: Path) -> None:
    detector = CrashDetector(tmp_path / "ledger", tmp_path / "none", tmp_path / "none")
    (tmp_path / "ledger.running").write_text('{"boot": "", "kills": ""}')
    assert detector.last_crash() == ""
    (tmp_path / "ledger.running").write_text("rubbish")
    assert detector.last_crash() == ""
