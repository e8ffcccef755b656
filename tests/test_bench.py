"""The benchmark's figures are of what they are called; no test asserts how fast anything is."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gpend import bench
from gpend.core.networks import Networks
from gpend.end_to_end import EndToEnd
from gpend.settings import Settings
from tests.fakes import FakeRestorer

STAGE = bench.Stage(
    "sharp portrait", was_restored=False, seconds=0.4, spread=(0.3, 0.5), detect=0.1, estimate=0, restore=0.1
)


def test_what_takes_the_most_time_is_named() -> None:
    assert STAGE.limit == "decoding, measuring and encoding"
    assert replace(STAGE, detect=0.25).limit == "finding faces"
    assert replace(STAGE, restore=0.25).limit == "the restoring network"
    assert replace(STAGE, estimate=0.25).limit == "taking the blur out"


def test_networks_that_seem_to_take_longer_than_the_whole_leave_nothing_else() -> None:
    assert replace(STAGE, detect=0.5).rest == 0


def test_a_camera_roll_is_mostly_looked_at() -> None:
    results = bench.Results({}, (), 0, 0, 0, STAGE, replace(STAGE, seconds=2.0), "no room")
    expected = bench.ROLL * ((1 - bench.BLURRED) * 0.4 + bench.BLURRED * 2.0) / 60
    assert results.roll_minutes == pytest.approx(expected)
    assert results.as_data()["roll_minutes"] == pytest.approx(expected, abs=0.1)


def test_it_takes_as_long_as_the_folder_did_where_that_was_measured() -> None:
    once = EndToEnd(20, 2, 10.0, 0.9, 0.0)
    results = bench.Results({}, (), 0, 0, 0, STAGE, STAGE, once)
    assert results.roll_minutes == pytest.approx(bench.ROLL / 10 / 60)
    told = results.as_data()["once"]
    assert isinstance(told, dict)
    assert told["limit"] == once.limit


def test_the_sharp_photo_is_left_alone_and_the_blurred_one_restored(networks: Networks) -> None:
    said: list[str] = []
    given: list[bytes] = []

    def once(photos: Sequence[bytes], _: Settings) -> str:
        given.extend(photos)
        return "it was not asked for"

    results = bench.measure(lambda: networks, Settings(), 1, said.append, once)
    assert not results.looked_at.was_restored
    assert results.restored.was_restored
    assert results.restored.estimate > 0
    (speed,) = results.networks
    assert [batch.faces for batch in speed.batches] == [1, 8]
    assert (speed.precision, speed.error) == ("float32", 0)
    assert results.memory_mib > 0
    assert len(said) == 5
    assert len(set(given)) == len(given) == 1 + round(1 / bench.BLURRED)
    assert len({len(photo) for photo in given}) == 2  # all but one are the same picture


def test_a_network_that_takes_minutes_for_many_faces_is_asked_for_one(
    networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count(0, 10.0)  # seconds later at every look at the clock
    monkeypatch.setattr("time.perf_counter", lambda: next(looks))
    slow = replace(networks, restore=FakeRestorer())
    results = bench.measure(lambda: slow, Settings(), 1, lambda _: None, lambda *_: "it was not asked for")
    assert [[batch.faces for batch in speed.batches] for speed in results.networks] == [[1]]
