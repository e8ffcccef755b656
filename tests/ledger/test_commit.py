"""Together or not at all, also what is told: nothing before the COMMIT, nothing after one that failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.errors import TransientError
from gpend.ledger import Found, FoundBy
from gpend.stamp import Stamp
from tests.ledger.failing import FailingLedger

NOW = 1_700_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[FailingLedger]:
    with FailingLedger(tmp_path / "ledger.sqlite", NOW) as opened:
        yield opened


def write(ledger: FailingLedger) -> int:
    folder = ledger.sources.configure([(Path("/in"), Path("/out"))], NOW)[0].id
    return ledger.photos.sight(folder, Found(Path("a.jpg"), Stamp(1, 2, 3), FoundBy.EVENT), NOW)


def test_what_waits_for_the_commit_is_done_after_the_outermost_one_in_order_and_once(ledger: FailingLedger) -> None:
    told: list[int] = []
    with ledger.together():
        with ledger.together():
            write(ledger)
            ledger.after_commit(lambda: told.append(ledger.backlog()))
        ledger.after_commit(lambda: told.append(2))
        assert told == []
    assert told == [1, 2]
    with ledger.together():
        pass
    assert told == [1, 2]


def test_outside_of_a_transaction_everything_is_committed_already(ledger: FailingLedger) -> None:
    told: list[str] = []
    ledger.after_commit(lambda: told.append("at once"))
    assert told == ["at once"]


def test_after_a_commit_that_failed_nothing_is_told_then_or_later_and_nothing_is_on_record(
    ledger: FailingLedger,
) -> None:
    told: list[str] = []

    def fail() -> None:
        with ledger.together():
            write(ledger)
            ledger.after_commit(lambda: told.append("never"))
            ledger.failing = True

    with pytest.raises(TransientError, match="cannot be used at the moment"):
        fail()
    assert (told, ledger.backlog(), ledger.folders()) == ([], 0, [])
    with ledger.together():
        write(ledger)
    assert (told, ledger.backlog()) == ([], 1)


def test_an_error_inside_undoes_everything_and_is_passed_on(ledger: FailingLedger) -> None:
    def fail() -> None:
        with ledger.together():
            write(ledger)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert ledger.backlog() == 0
