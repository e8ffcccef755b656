"""What people ask for is left in the ledger, in order, and answered once."""

from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.ledger import Ledger, Request

NOW = 1_700_000_000


def test_requests_wait_in_the_order_in_which_they_were_left(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger.open(path, NOW).close()
    Ledger.request(path, Request.RETRY, [tmp_path / "caf\udce9.jpg", tmp_path / "b.jpg"])
    Ledger.request(path, Request.CONFIRM)
    with Ledger.open(path, NOW) as ledger:
        waiting = ledger.requests.waiting()
        assert [(each.kind, each.path) for each in waiting] == [
            (Request.RETRY, tmp_path / "caf\udce9.jpg"),
            (Request.RETRY, tmp_path / "b.jpg"),
            (Request.CONFIRM, None),
        ]
        ledger.requests.answered(waiting[0].id)
        assert len(ledger.requests.waiting()) == 2


def test_nothing_can_be_asked_of_a_ledger_that_is_not_there_or_is_none(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="no ledger at"):
        Ledger.request(tmp_path / "none.sqlite", Request.CONFIRM)
    (tmp_path / "other.sqlite").write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    with pytest.raises(FatalError, match="damaged"):
        Ledger.request(tmp_path / "other.sqlite", Request.CONFIRM)
