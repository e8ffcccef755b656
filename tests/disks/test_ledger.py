"""A ledger on a disk by whose files programs cannot share memory: what happened, and what to do, whoever asks."""

from pathlib import Path

from tests.disks.mounted import NOT_SHARED, PLAIN, SMALL, said

_SCRIPT = """
    import subprocess, sys
    from pathlib import Path
    from gpend.errors import FatalError
    from gpend.ledger import Ledger, Records, Request

    root = Path(sys.argv[1])
    ledger = root / "restored" / "state" / "ledger.sqlite"
    aside = root / "local.sqlite"

    def told(deed):
        try:
            deed()
        except FatalError as error:
            return str(error)
        return "no trouble"

    print(told(lambda: Ledger.open(ledger).close()))
    Ledger.open(aside).close()
    ledger.write_bytes(aside.read_bytes())  # as it is moved there, by somebody who had it on a local disk
    print(told(lambda: Ledger.open(ledger).close()))
    print(told(lambda: Ledger.request(ledger, Request.CONFIRM)))
    print(told(lambda: Records.read_only(ledger).close()))
    (root / "photos").mkdir()
    (root / "out").mkdir()
    config = root / "gpend.yaml"
    config.write_text(f"folders: [{{source: {root}/photos, output: {root}/out}}]\\nledger: {ledger}\\n")
    command = [sys.executable, "-m", "gpend", "once", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.returncode, " ".join((done.stdout + done.stderr).split()))
"""


def test_a_ledger_where_memory_cannot_be_shared_is_told_with_what_to_do(tmp_path: Path) -> None:
    lines = said(NOT_SHARED, _SCRIPT, tmp_path)
    assert len(lines) == 5
    for line in lines:
        assert "disk I/O error" in line
        assert "Keep the ledger on a local disk" in line
    assert lines[-1].startswith("2 ")


def test_any_other_disk_may_hold_it(tmp_path: Path) -> None:
    lines = said(PLAIN, _SCRIPT, tmp_path)
    assert lines[:4] == ["no trouble"] * 4
    assert "local disk" not in lines[4]


_HELD_UP = """
    import os, subprocess, sys
    from pathlib import Path
    from gpend.errors import GpendError
    from gpend.ledger import Ledger
    from tests.ledger.test_ledger import make_first_schema

    disk = Path(sys.argv[1]) / "restored"

    def told(ledger):
        try:
            with Ledger.open(ledger) as opened:
                return "opened " + ", ".join(opened.notices)
        except GpendError as error:
            return f"{type(error).__name__} {error}"

    def fill(rest):
        with (disk / "filling").open("wb", buffering=0) as file:
            while os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize > rest:
                file.write(bytes(4096))

    ledgers = [disk / name / "ledger.sqlite" for name in ("older", "this", "none")]
    for ledger in ledgers:
        ledger.parent.mkdir()
    make_first_schema(ledgers[0])
    Ledger.open(ledgers[1]).close()
    for rest in (0, 4096, 8192, 20480):
        fill(rest)
        for ledger in ledgers:
            print(told(ledger))
        (disk / "filling").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for ledger in (*ledgers, disk / "no folder" / "ledger.sqlite"):
        print(told(ledger))
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    for ledger in ledgers:
        print(told(ledger))
"""


def test_a_start_waits_for_a_disk_that_is_full_or_can_only_be_read_and_says_that(tmp_path: Path) -> None:
    lines = said(SMALL, _HELD_UP, tmp_path)
    full, read_only, back = lines[:12], lines[12:16], lines[16:]
    for line in (*full, *read_only):
        assert line.startswith("TransientError ")
        assert "I/O" not in line
    for line in full:
        assert "is full. Make room on it." in line
    for line in read_only:
        assert "only be read" in line or "Read-only" in line
    assert back == ["opened "] * 3
