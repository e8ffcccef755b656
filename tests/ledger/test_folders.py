"""The pairs of folders: configured, paused, held, remembered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.ledger import Decision, DecisionKind, Ledger

NOW = 1_700_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", NOW) as opened:
        yield opened


def test_a_pair_that_is_configured_again_keeps_what_is_known_of_it(ledger: Ledger) -> None:
    (first,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    ledger.sources.identify(first.id, '{"device": 1}')
    ledger.sources.configure([(Path("/b"), Path("/out"))], NOW)
    (again,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    assert (again.id, again.identity) == (first.id, '{"device": 1}')


def test_a_folder_is_the_same_where_a_gpend_of_before_has_noted_the_way_to_it_as_it_was_written(ledger: Ledger) -> None:
    (first,) = ledger.sources.configure([(Path("/etc/../a"), Path("/etc/../out"))], NOW)
    ledger.sources.claim(first.id, "this one")
    ledger.decisions.note(Decision(Path("/etc/../a/sub/\udcff.jpg"), DecisionKind.LEAVE, NOW))
    (again,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    assert (again.id, again.source, again.output) == (first.id, Path("/a"), Path("/out"))
    assert (again.output_identity, again.previous_output) == ("this one", None)
    decided = ledger.decisions.of(Path("/a/sub/\udcff.jpg"))
    assert decided is not None
    assert decided.kind is DecisionKind.LEAVE


def test_of_two_ways_to_one_folder_the_one_that_is_known_without_detours_stays(ledger: Ledger) -> None:
    (straight,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    ledger.sources.configure([(Path("/etc/../a"), Path("/out"))], NOW)
    (again,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    assert again.id == straight.id


def test_only_what_the_configuration_names_is_at_work(ledger: Ledger) -> None:
    ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    ledger.sources.configure([(Path("/b"), Path("/out"))], NOW)
    assert [each.source for each in ledger.folders()] == [Path("/b")]


def test_another_output_for_a_source_is_remembered_beside_the_one_before(ledger: Ledger) -> None:
    ledger.sources.configure([(Path("/a"), Path("/old"))], NOW)
    (row,) = ledger.sources.configure([(Path("/a"), Path("/new"))], NOW)
    assert row.output == Path("/new")


def test_a_pause_is_on_record_also_where_its_words_quote_a_name_that_is_no_text(ledger: Ledger) -> None:
    (row,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    ledger.sources.pause(row.id, "/out/caf\udce9 is gone.", NOW)
    assert ledger.sources.row(row.id).paused_reason == "/out/caf\N{REPLACEMENT CHARACTER} is gone."


def test_what_a_scan_passed_over_stays_until_the_next(ledger: Ledger) -> None:
    (row,) = ledger.sources.configure([(Path("/a"), Path("/out"))], NOW)
    ledger.sources.note_scan(row.id, '{"thumbnails": 3}')
    assert ledger.folders()[0].last_scan == '{"thumbnails": 3}'
