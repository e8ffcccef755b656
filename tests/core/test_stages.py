"""How long the stages of a photo take is told by whose clock is brought, and every second is counted once."""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import pipeline
from gpend.core.networks import Networks
from gpend.core.report import Restored
from gpend.core.stages import Stage, Stages
from gpend.core.wish import Wish
from gpend.settings import CoreSettings


def ticking() -> Callable[[], float]:
    """A clock on which a second passes whenever it is looked at."""
    return map(float, itertools.count()).__next__


def test_a_stage_within_another_counts_for_its_own_alone() -> None:
    now = [0.0]
    stages = Stages(lambda: now[0])
    with stages.during(Stage.JUDGE):
        now[0] = 2.0
        with stages.during(Stage.DECODE):
            now[0] = 5.0
        now[0] = 6.0
    now[0] = 100.0
    assert stages.seconds == {"judge": 3.0, "decode": 3.0}


def test_a_stage_that_fails_is_counted_and_left() -> None:
    now = [0.0]
    stages = Stages(lambda: now[0])

    def fail() -> None:
        with stages.during(Stage.RESTORE), stages.during(Stage.ENCODE):
            now[0] = 4.0
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    now[0] = 9.0
    assert stages.seconds == {"restore": 0.0, "encode": 4.0}


@given(st.lists(st.lists(st.sampled_from(Stage))))
def test_all_time_within_stages_is_told_once_whatever_lies_in_what(ways: list[list[Stage]]) -> None:
    clock = ticking()
    stages = Stages(clock)
    with stages.during(Stage.JUDGE):
        for way in ways:
            with ExitStack() as inside:
                for stage in way:
                    inside.enter_context(stages.during(stage))
    assert sum(stages.seconds.values()) == clock() - 1


def test_without_a_clock_nothing_is_told_and_the_networks_are_left_as_they_are(networks: Networks) -> None:
    stages = Stages()
    with stages.during(Stage.JUDGE):
        assert stages.watched(networks) is networks
    assert stages.seconds == {}


@pytest.mark.parametrize("wish", [None, Wish(every_face=True)])
def test_a_restored_photo_tells_all_of_its_stages(networks: Networks, samples: Path, wish: Wish | None) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    outcome = pipeline.process(photo, networks, CoreSettings(), wish, ticking())
    assert isinstance(outcome, Restored)
    assert outcome.seconds.keys() == {stage.value for stage in Stage}
    assert outcome == pipeline.process(photo, networks, CoreSettings(), wish)


def test_a_photo_that_is_only_looked_at_tells_what_that_took(networks: Networks, samples: Path) -> None:
    outcome = pipeline.process((samples / "no-faces.jpg").read_bytes(), networks, CoreSettings(), clock=ticking())
    assert outcome.seconds.keys() == {"decode", "detect", "judge"}
