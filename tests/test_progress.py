"""How far gpend is: one computation, told everywhere the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gpend import reports
from gpend.daemon import Daemon
from gpend.ledger import Ledger
from gpend.progress import Progress, of_ledger, pace_of, rate_of, span
from tests.world import BLURRED, SHARP, World

COUNTS = st.integers(0, 10**6)


@given(settling=COUNTS, waiting=COUNTS, done=COUNTS, rate=st.floats(0, 100))
def test_what_is_found_is_done_or_left_and_it_is_told_how_long_that_takes_only_if_some_of_it_waits_for_gpend(
    settling: int, waiting: int, done: int, rate: float
) -> None:
    far = Progress(settling, waiting, done, restored=0, rate=rate)
    assert far.found == far.done + far.left == done + settling + waiting
    assert (far.seconds_left is None) == (not far.waiting or not rate)
    assert str(far).startswith(f"found {far.found:,}, {done:,} done (0 restored)")


def test_it_is_told_in_one_line() -> None:
    assert str(Progress(0, 173, 37, 12, rate=1.5)) == "found 210, 37 done (12 restored), about 2 min left"
    assert str(Progress(4, 0, 30, 23)) == "found 34, 30 done (23 restored), 4 not whole yet"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (59, "59 s"), (119, "2 min"), (7200, "2 h"), (86_400 * 3, "3 days")]
)
def test_time_is_told_roughly(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_few_photos_tell_no_rate() -> None:
    assert [rate_of(2, 10), rate_of(3, 0), rate_of(30, 10)] == [0, 0, 3]


def test_the_phase_says_what_is_done_and_never_that_it_searches_while_it_restores() -> None:
    assert Progress(5, 1, 0, 0, is_scanning=True).phase == "Restoring"
    assert Progress(5, 0, 0, 0, is_scanning=True).phase == "Searching"
    assert Progress(5, 0, 9, 0).phase == "Waiting for files that are still being written"


def test_photos_that_settle_are_found_and_the_ledger_knows_of_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.put("@eaDir/b.jpg/SYNOPHOTO_THUMB_M.jpg", SHARP)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(7):
            loop.step()
            world.clock.pass_by(1)
        far = of_ledger(ledger, world.clock.now().utc)
        assert (far.settling, far.found, far.done) == (2, 2, 0)
        assert reports.status(world.settings.ledger).settling == 2
        loop.end()
        assert reports.status(world.settings.ledger).settling == 2  # until the next gpend looks
        for _ in range(9):
            world.clock.pass_by(10)
            world.daemon(ledger).once()
        assert of_ledger(ledger, world.clock.now().utc).settling == 0
    (folder,) = reports.status(world.settings.ledger).folders
    assert folder.passed_over == {"folders with thumbnails of Synology": 1}


def test_no_time_is_told_while_a_folder_is_paused(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(5):
        world.put(f"{number}.jpg", SHARP + bytes([48 + number]))
    world.once()
    world.output.rename(tmp_path / "away")
    world.output.mkdir()
    world.put("blurred.jpg")
    world.once()
    now = world.clock.now().utc
    with Ledger.open(world.settings.ledger, now) as ledger:
        far = of_ledger(ledger, now)
        (folder,) = ledger.folders()
        ledger.sources.resume(folder.id)
        assert (far.waiting, far.seconds_left) == (1, None)
        assert of_ledger(ledger, now).seconds_left is not None


def test_the_log_tells_of_a_backlog_once_a_minute_and_of_nothing_when_there_is_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(5):
        world.put(f"{number}.jpg", BLURRED + bytes([48 + number]))
    world.engine.slow = True
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(200):
            loop.step()
            world.clock.pass_by(1)
        told = [line for line in logged if line["event"] == "progress"]
        assert 2 <= len(told) <= 4
        assert told[-1]["how_far"] == "found 5, 0 done (0 restored)"
        world.engine.slow = False
        world.engine.finish()
        for _ in range(200):
            loop.step()
            world.clock.pass_by(1)
        loop.end()
    assert len([line for line in logged if line["event"] == "progress"]) <= len(told) + 1


def test_one_pass_tells_its_phase_its_counts_and_the_photo(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(5):
        world.put(f"{number}.jpg", BLURRED + bytes([48 + number]))
    seen: list[Progress] = []
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        daemon: Daemon = world.daemon(ledger)
        record: Callable[[Progress], None] = seen.append
        daemon.once(record)
    assert {far.found for far in seen[1:]} == {5}
    assert "Waiting for files that are still being written" in {far.phase for far in seen}
    assert seen[-1].photo.endswith(".jpg")


def test_a_pace_leaves_out_the_pauses_and_is_not_told_of_too_few() -> None:
    assert pace_of([0, 10, 20, 30, 9000, 9010]) == 10
    assert pace_of([0, 10, 20]) is None
    assert pace_of([5, 5, 5, 5, 5]) is None


def test_a_photo_that_waits_for_its_end_is_no_news_every_minute(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("half.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 400)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(600):
            loop.step()
            world.clock.pass_by(1)
        loop.end()
    told = [line["how_far"] for line in logged if line["event"] == "progress"]
    assert told == ["found 1, 0 done (0 restored), 1 not whole yet"]
