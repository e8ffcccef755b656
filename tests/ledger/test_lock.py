"""One gpend a ledger, and a way to see whether there is one."""

import os
from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.ledger import lock


def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PAUSE", 0.0)
    ledger = tmp_path / "ledger.sqlite"
    held = lock.take(ledger)
    with pytest.raises(FatalError, match="Another gpend is already working with the ledger"):
        lock.take(ledger)
    os.close(held)
    os.close(lock.take(ledger))


def test_whether_one_is_running_is_seen_without_getting_in_its_way(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    assert not lock.running(ledger)
    held = lock.take(ledger)
    assert lock.running(ledger)
    os.close(held)
    assert not lock.running(ledger)


def test_a_lock_that_cannot_be_opened_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"lock .*ledger\.sqlite\.lock cannot be opened"):
        lock.take(tmp_path / "none" / "ledger.sqlite")
