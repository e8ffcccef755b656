"""A file settles when it has stopped changing and has an end, by the monotonic clock alone."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gpend.intake import Sighting
from gpend.intake.completeness import Completeness
from gpend.intake.stability import SettleQueue, Verdict
from gpend.stamp import Stamp

QUIET, PATIENCE = 10.0, 3600.0
SOON = 0.015  # a step and a half of the clock that gave the time which `seen` says
PATH = Path("/photos/a.jpg")


def seen(size: int = 1, mtime_ns: int = 1, path: Path = PATH, changed_ns: int = 0) -> Sighting:
    return Sighting(path, Stamp(size, mtime_ns, inode=1), changed_ns)


def settle(capacity: int = 100) -> SettleQueue:
    return SettleQueue(QUIET, PATIENCE, capacity)


def test_a_file_is_looked_at_after_its_quiet_time() -> None:
    waiting = settle()
    assert waiting.offer(seen(), 0)
    assert waiting.pop_due(QUIET - 0.1) is None
    assert waiting.next_check() == QUIET
    assert waiting.pop_due(QUIET) == PATH
    assert waiting.judge(seen(), Completeness.COMPLETE, QUIET) is Verdict.TAKE
    assert len(waiting) == 0
    assert waiting.next_check() is None


def test_what_is_seen_again_unchanged_is_not_made_to_wait_longer() -> None:
    waiting = settle()
    for now in range(10):
        assert waiting.offer(seen(), now)
    assert waiting.pop_due(QUIET) == PATH


@pytest.mark.parametrize("change", [seen(size=2), seen(mtime_ns=2), seen(mtime_ns=-5), seen(changed_ns=1)])
def test_any_change_begins_the_quiet_time_anew(change: Sighting) -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    waiting.offer(change, 7)
    assert waiting.pop_due(16.9) is None
    assert waiting.pop_due(17) == PATH
    assert waiting.judge(change, Completeness.COMPLETE, 17) is Verdict.TAKE


def test_a_change_found_when_it_is_looked_at_begins_the_quiet_time_anew() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    assert waiting.pop_due(10) == PATH
    assert not waiting.is_unchanged(seen(size=2))
    assert waiting.judge(seen(size=2), Completeness.COMPLETE, 10) is Verdict.WAIT
    assert waiting.pop_due(19.9) is None
    assert waiting.pop_due(20) == PATH
    assert waiting.judge(seen(size=2), Completeness.COMPLETE, 20) is Verdict.TAKE


@pytest.mark.parametrize("mtime_ns", [0, 315532800 * 10**9, -1, 4102444800 * 10**9, 2**62])
def test_a_files_own_time_does_not_matter(mtime_ns: int) -> None:
    waiting = settle()
    waiting.offer(seen(mtime_ns=mtime_ns), 0)
    assert waiting.pop_due(QUIET) == PATH
    assert waiting.judge(seen(mtime_ns=mtime_ns), Completeness.COMPLETE, QUIET) is Verdict.TAKE


def checks(
    waiting: SettleQueue, ending: Completeness, until: float, *, held: bool = False
) -> tuple[list[float], Verdict]:
    """When the file is looked at up to a moment, and the last verdict."""
    times, verdict = list[float](), Verdict.WAIT
    while verdict is Verdict.WAIT and (now := waiting.next_check()) is not None and now <= until:
        assert waiting.pop_due(now) == PATH
        times.append(now)
        verdict = waiting.judge(seen(), ending, now, held=held)
    return times, verdict


def test_an_incomplete_file_is_looked_at_ever_more_rarely_and_set_aside_in_the_end() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    times, verdict = checks(waiting, Completeness.INCOMPLETE, 2 * PATIENCE)
    assert times == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
    assert verdict is Verdict.INCOMPLETE


def test_one_whose_picture_is_whole_is_waited_for_as_long_and_taken_then() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    times, verdict = checks(waiting, Completeness.PERHAPS, 2 * PATIENCE)
    assert times == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
    assert verdict is Verdict.TAKE


def test_an_incomplete_file_that_grows_again_begins_from_the_start() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    assert checks(waiting, Completeness.INCOMPLETE, 1000)[0][-1] == 640
    waiting.offer(seen(size=2), 1000)
    assert waiting.pop_due(1010) == PATH
    assert waiting.judge(seen(size=2), Completeness.COMPLETE, 1010) is Verdict.TAKE


def test_pauses_never_exceed_an_hour() -> None:
    waiting = SettleQueue(QUIET, 100_000.0)
    waiting.offer(seen(), 0)
    times, _ = checks(waiting, Completeness.INCOMPLETE, 100_000)
    assert max(later - earlier for earlier, later in pairwise(times)) == 3600


def test_a_file_with_its_end_far_off_in_time_is_taken_once_it_is_complete() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    checks(waiting, Completeness.INCOMPLETE, 500)
    assert checks(waiting, Completeness.COMPLETE, 700) == ([640], Verdict.TAKE)


def test_a_file_known_to_be_whole_is_due_at_once_but_must_have_its_end() -> None:
    waiting = settle()
    waiting.offer(seen(), 5, at_once=True)
    assert waiting.pop_due(5 + SOON) == PATH
    assert waiting.judge(seen(), Completeness.INCOMPLETE, 5 + SOON) is Verdict.WAIT
    waiting.offer(seen(), 6, at_once=True)
    assert waiting.pop_due(6 + SOON) == PATH
    assert waiting.judge(seen(), Completeness.COMPLETE, 6 + SOON) is Verdict.TAKE


def test_a_file_that_changes_after_it_was_known_to_be_whole_must_be_quiet() -> None:
    waiting = settle()
    waiting.offer(seen(), 5, at_once=True)
    assert waiting.pop_due(5 + SOON) == PATH
    assert waiting.judge(seen(size=2), Completeness.COMPLETE, 5 + SOON) is Verdict.WAIT
    assert waiting.pop_due(14.9) is None
    assert waiting.pop_due(15 + SOON) == PATH


@pytest.mark.parametrize(("mtime_ns", "seconds"), [(2_000_000_000, 2.0), (3_000_000_000, 1.0), (3_010_000_000, 0.01)])
@pytest.mark.parametrize("at_once", [False, True])
def test_no_file_is_taken_before_the_step_of_its_clock_is_over(mtime_ns: int, seconds: float, at_once: bool) -> None:  # noqa: FBT001  # drawn
    waiting = SettleQueue(0.0, PATIENCE)
    waiting.offer(seen(mtime_ns=mtime_ns), 5, at_once=at_once)
    assert waiting.pop_due(5 + seconds) is None
    assert waiting.pop_due(5 + 1.5 * seconds) == PATH


@given(
    step=st.sampled_from((2.0, 1.0, 0.01)),
    quiet=st.sampled_from((0.0, 0.1, 10.0)),
    pauses=st.lists(st.tuples(st.sampled_from((0.0, 0.003, 0.3, 0.9, 1.1, 2.5)), st.integers(0, 2)), max_size=40),
)
def test_what_is_on_record_under_a_stamp_is_what_stands_there_under_it(
    step: float, quiet: float, pauses: list[tuple[float, int]]
) -> None:
    """A disk whose clock counts in steps, edits that keep the size, inodes that tell nothing, looks at any moment."""
    waiting, now, content, written_at = SettleQueue(quiet, PATIENCE), 1000.0, 0, 1000.0
    recorded: tuple[Stamp, int] | None = None
    for pause, deed in pauses:
        now += pause
        if deed == 0:
            content, written_at = content + 1, now
        sighting = Sighting(PATH, Stamp(1, round(written_at // step * step * 1e9), 0), 0)
        if recorded is not None and recorded[0] == sighting.stamp:
            assert recorded[1] == content
        else:
            waiting.offer(sighting, now, at_once=deed == 1)
        if waiting.pop_due(now) and waiting.judge(sighting, Completeness.COMPLETE, now) is Verdict.TAKE:
            recorded = (sighting.stamp, content)


def test_a_temporary_file_beside_it_holds_a_photo_but_not_for_ever() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    times, verdict = checks(waiting, Completeness.COMPLETE, 10_000, held=True)
    assert verdict is Verdict.TAKE
    assert times[-1] == 600


def test_there_is_room_for_so_many_and_again_when_some_have_left() -> None:
    waiting = settle(capacity=2)
    others = [seen(path=Path(f"/photos/{number}.jpg")) for number in range(3)]
    assert [waiting.offer(other, 0) for other in others] == [True, True, False]
    assert waiting.offer(others[0], 0)
    waiting.forget(others[0].path)
    assert waiting.offer(others[2], 0)
    assert len(waiting) == 2


def test_first_come_is_first_looked_at() -> None:
    waiting = settle()
    paths = [Path(f"/photos/{number}.jpg") for number in (3, 1, 2)]
    for path in paths:
        waiting.offer(seen(path=path), 0)
    assert [waiting.pop_due(10), waiting.pop_due(10), waiting.pop_due(10), waiting.pop_due(10)] == [*paths, None]


def test_what_is_forgotten_is_not_looked_at() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    waiting.forget(PATH)
    waiting.forget(PATH)
    assert waiting.pop_due(100) is None
    waiting.offer(seen(), 100)
    assert waiting.pop_due(109) is None
    assert waiting.pop_due(110) == PATH


def test_what_could_not_be_looked_at_is_looked_at_later() -> None:
    waiting = settle()
    waiting.offer(seen(), 0)
    assert waiting.pop_due(10) == PATH
    waiting.postpone(PATH, 10)
    assert waiting.pop_due(19) is None
    assert waiting.pop_due(20) == PATH
    waiting.postpone(PATH, 20)
    assert waiting.next_check() == 40


def test_without_a_quiet_time_files_that_change_all_the_time_still_wait_a_moment() -> None:
    waiting = SettleQueue(0, 0)
    waiting.offer(seen(), 0)
    assert waiting.pop_due(SOON) == PATH
    assert waiting.judge(seen(size=2), Completeness.COMPLETE, 0) is Verdict.WAIT
    assert waiting.pop_due(0) is None
    assert waiting.pop_due(1) == PATH
    assert waiting.judge(seen(size=2), Completeness.INCOMPLETE, 1) is Verdict.INCOMPLETE


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=60))
def test_a_growing_file_waits(steps: list[tuple[int, bool]]) -> None:
    """Whatever the interleaving of writes and looks, nothing that was seen to change within the quiet time is taken."""
    waiting, size, now, changed_at = settle(), 1, 0.0, 0.0
    waiting.offer(seen(size), now)
    for pause, writes in steps:
        now += pause
        if writes:
            size += 1
            changed_at = now
        while (path := waiting.pop_due(now)) is not None:
            if waiting.judge(seen(size), Completeness.COMPLETE, now) is Verdict.TAKE:
                assert path == PATH
                assert now - changed_at >= QUIET
                waiting.offer(seen(size), now)


class Writers(RuleBasedStateMachine):
    """Files are written, finished, deleted and looked at while time passes: whole, quiet files pass, and no others."""

    def __init__(self) -> None:
        super().__init__()
        self.settle = settle(capacity=3)
        self.now = 0.0
        self.files: dict[Path, tuple[int, bool]] = {}  # how often written, whether whole
        self.noticed: dict[Path, float] = {}  # when each state was first seen by the gate
        self.offered: dict[Path, Sighting] = {}

    def sighting(self, path: Path) -> Sighting:
        """What a scan sees now."""
        return seen(size=self.files[path][0], path=path)

    @rule(number=st.integers(0, 4), whole=st.booleans())
    def write(self, number: int, whole: bool) -> None:  # noqa: FBT001 - hypothesis draws it by name
        """A writer adds to a file."""
        path = Path(f"/photos/{number}.jpg")
        self.files[path] = (self.files.get(path, (0, False))[0] + 1, whole)

    @rule(number=st.integers(0, 4))
    def delete(self, number: int) -> None:
        """A file vanishes."""
        self.files.pop(Path(f"/photos/{number}.jpg"), None)

    @precondition(lambda self: self.files)
    @rule(data=st.data(), at_once=st.booleans())
    def scan(self, data: st.DataObject, at_once: bool) -> None:  # noqa: FBT001 - hypothesis draws it by name
        """A scan meets a file; now and then it is known to be whole."""
        path = data.draw(st.sampled_from(sorted(self.files)))
        sighting = self.sighting(path)
        at_once = at_once and self.files[path][1]
        if self.settle.offer(sighting, self.now, at_once=at_once):
            if self.offered.get(path) != sighting or at_once:
                self.noticed[path] = self.now - QUIET if at_once else self.now
            self.offered[path] = sighting

    @rule(seconds=st.integers(0, 100))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds

    @rule()
    def look(self) -> None:
        """The gate looks at what is due."""
        while (path := self.settle.pop_due(self.now)) is not None:
            self.judge(path)

    def judge(self, path: Path) -> None:
        """One file is looked at."""
        if path not in self.files:
            self.settle.forget(path)
            self.offered.pop(path)
            return
        sighting, whole = self.sighting(path), self.files[path][1]
        verdict = self.settle.judge(sighting, Completeness.COMPLETE if whole else Completeness.INCOMPLETE, self.now)
        if self.offered[path] != sighting:
            assert verdict is Verdict.WAIT
            self.offered[path], self.noticed[path] = sighting, self.now
            return
        unchanged = self.now - self.noticed[path]
        assert (verdict is Verdict.TAKE) == whole
        assert verdict is not Verdict.TAKE or unchanged >= QUIET
        assert (verdict is Verdict.INCOMPLETE) == (not whole and unchanged >= PATIENCE)
        if verdict is not Verdict.WAIT:
            self.offered.pop(path)

    @invariant()
    def it_holds_what_was_offered_and_no_more(self) -> None:
        """Memory is bounded, and nothing that waits is without a time at which it is looked at."""
        assert len(self.settle) == len(self.offered) <= 3
        assert (self.settle.next_check() is not None) == bool(self.offered)


TestWriters = Writers.TestCase
