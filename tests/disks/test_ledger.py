"""A ledger on a disk by whose files programs cannot share memory: what happened, and what to do, whoever asks."""

from pathlib import Path

from tests.disks.mounted import NOT_SHARED, PLAIN, said

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
