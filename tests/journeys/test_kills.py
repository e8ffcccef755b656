"""Killed at every step and at random: whatever happens, the end is complete and nothing is harmed."""

import random
import signal
import time
from pathlib import Path

import pytest

from gpend import failpoints
from gpend.ledger import State
from tests.journeys.journey import Journey, ending, kill, photo, restored
from tests.waiting import PATIENCE

PHOTOS = 12


def put(journey: Journey, count: int) -> dict[str, bytes]:
    """So many photos in folders of ten; what is to come out."""
    expected = {}
    for number in range(count):
        name = f"{number // 10:03}/{number:06}.jpg"
        path = journey.source / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photo(number))
        expected[name] = restored(number)
    return expected


def check(journey: Journey, expected: dict[str, bytes], sources: dict[str, bytes]) -> None:
    """The oracle: exactly what was expected came out, and the sources are as they were."""
    assert journey.outputs() == expected
    assert journey.sources() == sources
    assert journey.counts()[State.RESTORED] == len(expected)


@pytest.mark.parametrize("step", failpoints.NAMES)
@pytest.mark.parametrize("count", [1, 5])
def test_killed_at_any_step_it_begins_again_and_loses_nothing(tmp_path: Path, step: str, count: int) -> None:
    journey = Journey(tmp_path)
    expected = put(journey, PHOTOS)
    sources = journey.sources()
    with ending(journey.start(GPEND_FAILPOINT=f"{step}:{count}")) as daemon:
        assert daemon.wait(PATIENCE) == -signal.SIGKILL, journey.log()
    for output, content in journey.outputs().items():
        assert ".gpend-" in output or expected[output] == content, "a photo is whole or not there"
    journey.finish(until=lambda: journey.settled(PHOTOS)() and journey.outputs() == expected)
    check(journey, expected, sources)
    # What was in memory when it died is done again, and nothing else.
    assert journey.calls().total() <= PHOTOS + 2


def test_three_hundred_photos_and_kills_at_random_moments(tmp_path: Path) -> None:
    journey = Journey(tmp_path, {"engine_seconds": 0.02})
    expected = put(journey, 300)
    sources = journey.sources()
    chance = random.Random(5)  # noqa: S311  # moments, not secrets
    kills = 0
    while not journey.settled(300)():
        starts = journey.starts()
        daemon = journey.start()
        if chance.random() < 0.8:  # amid its work; else wherever it is by then, on its way there perhaps
            journey.wait(lambda: journey.starts() > starts, daemon)  # noqa: B023  # used at once
        # On a machine so busy that nothing comes of it, later ones are given more time.
        time.sleep(chance.uniform(0.0, 0.8) * (1 + kills / 10))
        if daemon.poll() is None:
            kill(daemon)
            kills += 1
        assert kills < 100, journey.log()
    journey.finish(until=lambda: journey.outputs() == expected)
    check(journey, expected, sources)
    assert kills > 0


def test_a_photo_that_crashes_gpend_is_set_aside_and_the_others_are_done(tmp_path: Path) -> None:
    journey = Journey(tmp_path, {"attempts": 2})
    expected = put(journey, 5)
    (journey.source / "poison.jpg").write_bytes(b"poison, and much more of it")
    sources = journey.sources()
    for _ in range(10):
        daemon = journey.start()
        try:
            journey.wait(lambda: daemon.poll() is not None or journey.settled(6)())  # noqa: B023  # used at once
        finally:
            daemon.terminate()
            daemon.wait(PATIENCE)
        if journey.settled(6)():
            break
    assert journey.counts()[State.FAILED] == 1
    assert journey.calls()["poison, and much more of it"] == 2
    check(journey, expected, sources)
