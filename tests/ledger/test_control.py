"""What holds for gpend as a whole is on record, also for the next start."""

from pathlib import Path

from gpend.ledger import Ledger

NOW = 1_700_000_000


def test_a_pause_lasts_over_a_start_until_somebody_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, NOW) as ledger:
        assert ledger.control.paused_since is None
        ledger.control.pause(NOW)
    with Ledger.open(path, NOW + 60) as ledger:
        assert ledger.control.paused_since == NOW
        ledger.control.resume()
        assert ledger.control.paused_since is None
