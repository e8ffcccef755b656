"""Circuit breakers for the engine and the pairs: nothing in trouble is tried again and again, and a check says why."""

from pathlib import Path

import pytest

from gpend.dispatch.health import FIRST_SECONDS, Health, another_output, in_words, trouble_of_output
from gpend.errors import TransientError
from gpend.mirror import output_root
from tests.dispatch.conftest import Bench


@pytest.fixture
def health(bench: Bench) -> Health:
    return bench.dispatcher.health


def paused_reason(bench: Bench) -> str | None:
    return bench.ledger.sources.row(bench.pair.id).paused_reason


def test_asking_whether_a_pair_is_paused_changes_nothing(bench: Bench, health: Health) -> None:
    bench.world.output.rmdir()
    assert not health.is_paused(bench.pair, bench.now)
    assert not health.is_half_open(bench.pair, bench.now)
    assert (bench.told, paused_reason(bench)) == ([], None)


def test_checking_a_pair_in_trouble_pauses_it_and_tells_once(bench: Bench, health: Health) -> None:
    bench.world.output.rmdir()
    for _ in range(2):
        assert not health.check_and_pause(bench.pair, bench.now, busy=False)
    assert health.is_paused(bench.pair, bench.now)
    assert len(bench.told) == 1
    assert "it is not there" in (paused_reason(bench) or "")


def test_after_a_pause_one_photo_is_tried_and_its_success_ends_the_trouble(bench: Bench, health: Health) -> None:
    health.pause(bench.pair, "trouble", bench.now)
    assert not health.check_and_pause(bench.pair, bench.now, busy=False)
    bench.world.clock.pass_by(FIRST_SECONDS)
    assert health.is_half_open(bench.pair, bench.now)
    assert health.check_and_pause(bench.pair, bench.now, busy=False)
    assert not health.check_and_pause(bench.pair, bench.now, busy=True)
    health.resume(bench.pair, bench.now)
    assert health.check_and_pause(bench.pair, bench.now, busy=True)
    assert (paused_reason(bench), health.next_change()) == (None, None)


def test_an_engine_in_trouble_holds_up_every_pair(bench: Bench, health: Health) -> None:
    health.pause_engine("no memory", bench.now)
    assert not health.check_and_pause(bench.pair, bench.now, busy=False)
    assert not health.is_paused(bench.pair, bench.now)
    assert health.next_change() == bench.now.steady + FIRST_SECONDS
    bench.world.clock.pass_by(FIRST_SECONDS)
    health.resume_engine(bench.now)
    assert health.check_and_pause(bench.pair, bench.now, busy=True)


def test_a_pause_that_cannot_be_written_down_has_not_begun(bench: Bench, health: Health) -> None:
    bench.ledger.failing = True
    with pytest.raises(TransientError):
        health.pause(bench.pair, "trouble", bench.now)
    assert (bench.told, health.is_paused(bench.pair, bench.now)) == ([], False)
    health.pause(bench.pair, "trouble", bench.now)
    bench.world.clock.pass_by(FIRST_SECONDS)
    bench.ledger.failing = True
    with pytest.raises(TransientError):
        health.resume(bench.pair, bench.now)
    assert health.is_half_open(bench.pair, bench.now)
    assert paused_reason(bench) == "trouble"


def test_an_output_without_room_is_in_trouble(bench: Bench) -> None:
    assert trouble_of_output(bench.pair) == ""
    bench.pair.minimum_free = 1 << 60
    assert "nearly full" in trouble_of_output(bench.pair)


def test_another_folder_in_the_output_s_place_is_told_with_what_to_do(bench: Bench) -> None:
    bench.pair.identity = output_root.claim(bench.world.output)
    assert another_output(bench.pair) == ""
    bench.pair.identity = "another"
    assert "say `gpend confirm`" in another_output(bench.pair)


def test_errors_of_the_system_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such") as raised:
        (tmp_path / "none").stat()
    assert in_words(raised.value) == "it is not there"
    assert in_words(OSError("odd")) == "odd"
