"""What happened, counted: enough to say in the end what was done and what was not."""

from pathlib import Path

import pytest

from gpend.daemon import Tally
from gpend.ledger import State
from tests.world import SHARP, World


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    world = World(tmp_path)
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    for number in range(25):
        world.put(f"broken/{number}.jpg", b"broken, as large as this " + str(number).encode())
    return world.once()


def test_photos_are_counted_by_what_became_of_them(tally: Tally) -> None:
    assert tally.states == {State.RESTORED: 1, State.KEPT: 1, State.FAILED: 25}
    assert tally.done == 27


def test_the_first_few_that_were_set_aside_are_named_with_their_reason(tally: Tally) -> None:
    assert len(tally.set_aside) == 20
    assert {reason for _, reason in tally.set_aside} == {"it is broken"}
    assert tally.last.endswith(".jpg")


@pytest.mark.parametrize(
    ("tally_", "is_well"),
    [
        (Tally(), True),
        (Tally(is_stopped=True), False),
        (Tally(pauses={"/in": "full"}), False),
        (Tally(unsettled=3), True),
    ],
)
def test_all_is_well_if_nothing_was_set_aside_paused_or_stopped(tally_: Tally, *, is_well: bool) -> None:
    assert tally_.is_well is is_well
