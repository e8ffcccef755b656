"""Which worker gets which photo, and who is to blame for what: with an invented clock and no network."""

from collections import Counter
from concurrent.futures import Future
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import Kept
from gpend.engine.cluster.placement import Loss, Member, Placement, RemoteJob
from gpend.errors import DeviceError, GpendError, PhotoError, TransientError

_SHARP = Kept("sharp", ())
_WINDOW = 1000  # bytes


class _Scene:
    """A placement with some workers, and photos of ten bytes."""

    def __init__(self, *slots: int, window: int = _WINDOW) -> None:
        self.now = 0.0
        self.placement = Placement(window)
        self.jobs: list[RemoteJob] = []
        for number, each in enumerate(slots):
            self.join(f"w{number}", each)

    def join(self, name: str, slots: int = 1) -> Member:
        member = Member(name, name, slots)
        self.placement.join(member)
        return member

    def add(self, count: int = 1, size: int = 10) -> list[RemoteJob]:
        added = [RemoteJob(len(self.jobs) + number, bytes(size), Future()) for number in range(count)]
        for job in added:
            self.placement.add(job)
        self.jobs += added
        return added

    def place(self) -> dict[str, list[int]]:
        """What every worker has after placing."""
        list(self.placement.place(self.now))
        return {name: sorted(member.begun) for name, member in self.placement.members.items()}

    def done(self, name: str, number: int) -> None:
        self.placement.settle(self.placement.members[name], number, _SHARP, self.now)

    def lose(self, name: str, loss: Loss = Loss.DIED) -> None:
        self.placement.lose(name, loss, "it is gone", self.now)


def test_photos_go_to_the_worker_with_the_most_room_and_one_waits_at_each_for_the_one_before() -> None:
    scene = _Scene(2, 1)
    scene.add(6)
    assert {name: len(had) for name, had in scene.place().items()} == {"w0": 3, "w1": 2}
    assert scene.placement.waiting == 1


def test_a_slow_worker_takes_fewer_photos() -> None:
    scene = _Scene(1, 1)
    scene.add(20)
    scene.place()
    for _ in range(10):
        scene.done("w0", next(iter(scene.placement.members["w0"].begun)))
        scene.place()
    assert (scene.placement.members["w0"].done, len(scene.placement.members["w1"].begun)) == (10, 2)


def test_who_did_a_photo_is_told_with_it() -> None:
    scene = _Scene(1)
    (job,) = scene.add()
    scene.place()
    scene.done("w0", 0)
    assert job.future.result() == Kept("sharp", (), by="w0")


def test_no_more_bytes_are_on_their_way_than_the_window_holds_and_one_photo_always_is() -> None:
    scene = _Scene(8, window=45)
    scene.add(4)
    assert scene.place() == {"w0": [0, 1]}
    scene.done("w0", 0)
    assert scene.place() == {"w0": [1, 2]}
    huge = _Scene(8, window=45)
    huge.add(1, size=1000)
    assert huge.place() == {"w0": [0]}


def test_what_a_worker_had_that_died_is_tried_again_each_photo_alone() -> None:
    scene = _Scene(3, 3)
    scene.add(4)
    scene.place()
    had = sorted(scene.placement.members["w0"].begun)
    scene.lose("w0")
    for number in list(scene.placement.members["w1"].begun):
        scene.done("w1", number)
    for suspect in had:
        assert scene.place() == {"w1": [suspect]}
        scene.done("w1", suspect)
    assert all(job.future.result().reason == "sharp" for job in scene.jobs)


def test_a_photo_with_which_a_second_worker_dies_while_it_is_alone_is_set_aside_and_no_other_is() -> None:
    scene = _Scene(2)
    scene.add(3)
    scene.place()
    poison = 1
    for number in range(12):
        if not scene.placement.members:
            scene.join(f"new{number}", 2)
        had = scene.place()
        (name,) = had
        if poison in had[name]:
            scene.lose(name)
        elif had[name]:
            scene.done(name, had[name][0])
    ends = [job.future.exception() if job.future.done() else "open" for job in scene.jobs]
    assert ends[0] is ends[2] is None
    assert isinstance(ends[1], PhotoError)


def test_while_workers_die_without_it_too_a_photo_that_one_died_with_is_not_yet_to_blame() -> None:
    scene = _Scene(1)
    (job,) = scene.add()
    for number in range(4):
        scene.place()
        scene.lose(f"w{number}")
        assert not job.future.done()
        scene.join(f"idle{number}")
        scene.lose(f"idle{number}")
        scene.now += 4.0
        scene.join(f"w{number + 1}")
    scene.place()
    scene.lose("w4")
    assert isinstance(job.future.exception(0), PhotoError)


def test_that_a_worker_died_without_it_a_while_ago_is_no_excuse_for_a_photo() -> None:
    scene = _Scene(1, 1)
    (job,) = scene.add()
    scene.lose("w1")
    scene.now += 6.0
    scene.place()
    scene.lose("w0")
    scene.join("w2")
    scene.place()
    scene.lose("w2")
    assert isinstance(job.future.exception(0), PhotoError)


def test_a_suspect_is_given_an_empty_worker_while_the_others_work_on() -> None:
    scene = _Scene(1, 1, 1)
    scene.add(30)
    scene.place()
    scene.lose("w0")
    for _ in range(20):
        for name in ("w1", "w2"):
            for number in scene.place()[name][:1]:
                scene.done(name, number)
    assert all(job.future.done() for job in scene.jobs)
    assert scene.placement.members["w2"].done > 10


def test_a_worker_that_cannot_be_reached_puts_no_photo_under_suspicion() -> None:
    scene = _Scene(2)
    scene.add(2)
    scene.place()
    scene.lose("w0", Loss.CUT)
    scene.join("w1", 2)
    assert scene.place() == {"w1": [0, 1]}
    assert not any(job.alone for job in scene.jobs)


def test_a_photo_with_which_worker_after_worker_falls_silent_is_set_aside_in_the_end() -> None:
    scene = _Scene()
    (job,) = scene.add()
    for number in range(8):
        assert not job.future.done()
        scene.join(f"w{number}")
        scene.place()
        scene.lose(f"w{number}", Loss.CUT)
    assert isinstance(job.future.exception(), PhotoError)


def test_a_photo_that_worker_after_worker_was_sent_home_with_is_nobodys_fault() -> None:
    scene = _Scene()
    (job,) = scene.add()
    for number in range(20):
        scene.join(f"w{number}")
        assert scene.place() == {f"w{number}": [0]}
        scene.lose(f"w{number}", Loss.SENT_HOME)
    assert (job.future.done(), job.alone) == (False, False)


def test_what_a_worker_has_no_memory_for_goes_to_another_and_it_gets_a_rest() -> None:
    scene = _Scene(1)
    scene.add(3)
    scene.place()
    scene.join("w1", 2)
    scene.placement.decline(scene.placement.members["w0"], 0, DeviceError("too little memory"), scene.now)
    assert scene.place() == {"w0": [1], "w1": [0, 2]}
    scene.now += 10.0
    scene.add(1)
    assert 3 in scene.place()["w0"]


def test_what_no_worker_has_memory_for_is_told_so() -> None:
    scene = _Scene(1)
    (job,) = scene.add()
    scene.place()
    scene.placement.decline(scene.placement.members["w0"], 0, DeviceError("too little memory"), scene.now)
    assert isinstance(job.future.exception(), DeviceError)


def test_a_worker_that_leaves_gets_no_more_and_what_it_did_not_begin_is_first_in_line() -> None:
    scene = _Scene(1)
    scene.add(3)
    scene.place()
    scene.placement.give_back(scene.placement.members["w0"], 1)
    assert scene.place() == {"w0": [0]}
    scene.join("w1")
    assert scene.place()["w1"] == [1, 2]


def test_a_photo_that_its_owner_has_cancelled_is_not_sent() -> None:
    scene = _Scene(1)
    job, _ = scene.add(2)
    job.future.cancel()
    assert scene.place() == {"w0": [1]}


def test_rates_are_of_the_last_minutes() -> None:
    scene = _Scene(1)
    scene.add(10)
    member = scene.placement.members["w0"]
    for number in range(10):
        scene.place()
        scene.now += 2.0
        scene.done("w0", number)
    assert member.rate(scene.now) == pytest.approx(0.5, abs=0.1)
    assert member.rate(scene.now + 1000.0) == 0.0


_LOSSES = {"die": Loss.DIED, "cut": Loss.CUT, "home": Loss.SENT_HOME}
_EVENTS = st.lists(
    st.sampled_from(["add", "join", "die", "cut", "home", "done", "bad", "decline", "leave"]), max_size=60
)


@given(_EVENTS, st.randoms(use_true_random=False), st.integers(40, 200))
def test_whatever_happens_every_photo_is_settled_once_or_still_there(
    events: list[str], random: Random, window: int
) -> None:
    scene = _Scene(2, window=window)
    answers: Counter[int] = Counter()
    for step, event in enumerate(events):
        scene.now += 1.0
        members = list(scene.placement.members.values())
        member = random.choice(members) if members else None
        _happens(scene, event, member, step)
        scene.place()
        assert scene.placement.in_window <= max(window, 20)
        assert all(len(each.begun) <= each.slots + 1 for each in scene.placement.members.values())
        assert all(
            len(each.begun) == 1
            for each in scene.placement.members.values()
            if any(job.alone for job in each.begun.values())
        )
    for job in scene.jobs:
        answers[job.number] += job.future.done()
    begun = [number for each in scene.placement.members.values() for number in each.begun]
    assert len(begun) == len(set(begun))
    assert sum(answers.values()) + len(begun) + scene.placement.waiting == len(scene.jobs)
    assert scene.placement.in_window == sum(scene.jobs[number].weight for number in begun)


def _happens(scene: _Scene, event: str, member: Member | None, step: int) -> None:
    number = next(iter(member.begun), None) if member is not None else None
    match event:
        case "add":
            scene.add(3)
        case "join":
            scene.join(f"j{step}", 2)
        case "die" | "cut" | "home" if member is not None:
            scene.lose(member.address, _LOSSES[event])
        case "leave" if member is not None and number is not None:
            scene.placement.give_back(member, number)
        case _ if member is not None and number is not None:
            results: dict[str, GpendError | Kept] = {"bad": PhotoError("bad")}
            if event == "decline":
                scene.placement.decline(member, number, TransientError("not now"), scene.now)
            else:
                scene.placement.settle(member, number, results.get(event, _SHARP), scene.now)
        case _:
            pass
