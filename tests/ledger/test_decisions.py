"""The file of decisions holds every last word, and not much more."""

from pathlib import Path

import pytest

from gpend.ledger import Decision, DecisionKind, Ledger
from gpend.ledger.decisions import file_of

NOW = 1_700_000_000
KINDS = (DecisionKind.RESTORE, DecisionKind.LEAVE, DecisionKind.AUTOMATIC)
PHOTOS = [Path(f"/photos/{number}") for number in range(3)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def talk(ledger: Ledger, words: int) -> dict[Path, DecisionKind]:
    """Change one's mind so often about three photos; the last word about each."""
    told = [Decision(PHOTOS[word % 3], KINDS[word % 7 % 3], NOW + word) for word in range(words)]
    for begin in range(0, words, 50):
        ledger.decisions.note_all(told[begin : begin + 50])
    return {decision.photo: decision.kind for decision in told}


def test_words_that_were_overruled_do_not_pile_up(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        talk(ledger, 5000)
    assert file_of(path).stat().st_size < 100_000
    assert file_of(path).stat().st_mode & 0o777 == 0o600
    assert not list(path.parent.glob(".gpend-*"))


def test_the_last_words_survive_the_loss_of_the_ledger_also_when_the_file_was_written_anew(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        last = talk(ledger, 5000)
    path.unlink()
    with Ledger.open(path, NOW) as ledger:
        found = {photo: ledger.decisions.of(photo) for photo in PHOTOS}
    assert {photo: decision.kind for photo, decision in found.items() if decision} == last


def test_the_last_word_is_that_which_was_said_last_also_where_the_clock_was_set_back_meanwhile(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        ledger.decisions.note(Decision(PHOTOS[0], DecisionKind.RESTORE, NOW))
    older = path.read_bytes()
    with Ledger.open(path, NOW) as ledger:
        ledger.decisions.note(Decision(PHOTOS[0], DecisionKind.LEAVE, 20))
    path.write_bytes(older)  # the copy of yesterday takes the place of a damaged one
    with Ledger.open(path, NOW) as ledger:
        found = ledger.decisions.of(PHOTOS[0])
    assert found is not None
    assert found.kind is DecisionKind.LEAVE


def test_a_file_that_grew_before_is_written_anew_by_the_first_word(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        talk(ledger, 3)
    file_of(path).write_bytes(file_of(path).read_bytes() * 1000)
    with Ledger.open(path, NOW) as ledger:
        ledger.decisions.note(Decision(PHOTOS[0], DecisionKind.ORIGINAL, NOW + 9))
    assert len(file_of(path).read_text().splitlines()) == len(PHOTOS)


def test_where_the_file_cannot_be_written_anew_it_stays_as_it_is(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        talk(ledger, 3)
        file_of(path).write_bytes(file_of(path).read_bytes() * 1000)
        path.with_name(f".gpend-{file_of(path).name}.part").mkdir()
        ledger.decisions.note(Decision(PHOTOS[0], DecisionKind.ORIGINAL, NOW + 9))
    assert file_of(path).read_text().splitlines()[-1].count("original")
