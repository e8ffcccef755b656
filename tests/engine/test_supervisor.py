"""What is done about a worker that starts, answers, falls silent or dies: with an invented clock and no process."""

from concurrent.futures import Future

import pytest

from gpend.core.report import Kept, Outcome, Restored
from gpend.engine.jobs import Job, Jobs
from gpend.engine.protocol import Beat, Crops, Done, Failed, FromWorker, Ready, Refused, Setup
from gpend.engine.supervisor import Supervisor, Timeouts
from gpend.engine.worker_process import WorkerSlot
from gpend.errors import DeviceError, FatalError, PhotoError, TransientError
from tests.engine.hands import Hand

_GPU, _CPU = "gpu", "cpu"
_SHARP = Kept("sharp", ())


class _Scene:
    """A supervisor, the workers it has hired, and a clock."""

    def __init__(self, *, slots: int = 1, fallback: bool = False) -> None:
        self.asked: list[Crops] = []  # of others
        self.now = 0.0
        self.hands: list[Hand] = []
        self.said: list[str] = []
        self.unable = False
        self.installed = 1  # which gpend is
        second = Setup(_CPU, slots, 0) if fallback else None
        slot = WorkerSlot(self._hire, Setup(_GPU, slots, 0), second, lambda: self.installed)
        self.supervisor = Supervisor(
            slot,
            Jobs(slots),
            Timeouts(stall=100, idle=600),
            self.said.append,
            lambda _, crops: self.asked.append(crops),
        )
        self._count = 0

    def _hire(self) -> Hand:
        if self.unable:
            raise OSError(12, "Cannot allocate memory")
        self.hands.append(Hand())
        return self.hands[-1]

    def submit(self) -> Future[Outcome]:
        self._count += 1
        future: Future[Outcome] = Future()
        self.supervisor.add(Job(self._count, b"photo", future))
        self.wait(0)
        return future

    def wait(self, seconds: float) -> float | None:
        self.now += seconds
        return self.supervisor.tend(self.now)

    def hear(self, message: FromWorker | None, *, hand: int = -1) -> None:
        self.supervisor.hear(self.hands[hand], message, self.now)
        self.wait(0)

    def ended(self, hand: int) -> bool:
        return self.hands[hand].ended

    def ready(self) -> None:
        self.hear(Ready("gpen-256"))

    @property
    def device(self) -> str:
        first = self.hands[-1].told[0]
        assert isinstance(first, Setup)
        return first.settings


def test_what_a_worker_says_of_its_device_is_told_once_however_often_one_is_started() -> None:
    scene = _Scene()
    for _ in range(2):
        scene.submit()
        scene.hear(Ready("gpen-256", "cuda:0", ("gpen-256: float16 does not run here.",)))
        scene.hear(None)
        scene.wait(10)
    assert scene.said.count("gpen-256: float16 does not run here.") == 1


def test_there_is_no_worker_before_there_is_a_photo() -> None:
    scene = _Scene()
    assert scene.wait(1000) is None
    assert scene.hands == []


def test_a_worker_can_be_started_before_the_first_photo_and_is_ended_when_none_comes() -> None:
    scene = _Scene()
    for _ in range(2):
        scene.supervisor.warm(scene.now)
    assert len(scene.hands) == 1
    scene.ready()
    assert not scene.ended(0)
    scene.wait(600)
    assert scene.ended(0)
    scene.submit()
    assert len(scene.hands) == 2


def test_a_worker_that_cannot_be_started_early_is_started_when_a_photo_comes() -> None:
    scene = _Scene()
    scene.unable = True
    scene.supervisor.warm(scene.now)
    assert scene.wait(10) is None
    scene.unable = False
    scene.submit()
    scene.ready()
    assert scene.hands[0].photos == [1]


def test_a_photo_is_sent_once_the_worker_is_ready_and_its_outcome_comes_back() -> None:
    scene = _Scene()
    future = scene.submit()
    assert scene.hands[0].photos == []
    scene.ready()
    assert scene.hands[0].photos == [1]
    scene.hear(Done(1, _SHARP))
    assert future.result() == _SHARP


def test_a_worker_that_claims_headway_for_ever_costs_its_photo_alone() -> None:
    scene = _Scene()
    future = scene.submit()
    for hand in range(2):  # one death may be an accident
        scene.ready()
        began = scene.now
        while not scene.ended(hand):
            scene.wait(50)
            scene.hear(Beat((1,)), hand=hand)
        assert scene.now - began == 6000
        scene.wait(5)
    with pytest.raises(PhotoError, match="it was not done after 6000 seconds"):
        future.result(0)


_CROPS = Crops(1, "gpen-256", 16, b"faces")


def test_that_others_take_long_for_faces_is_not_held_against_their_photo() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.hear(_CROPS)
    assert scene.asked == [_CROPS]
    assert scene.wait(1000) == 5000
    assert not scene.ended(0)
    scene.supervisor.answer(scene.hands[0], _CROPS, Restored(b"better", "", "", (), ()), scene.now)
    assert scene.wait(99) == 1
    assert not scene.ended(0)
    scene.wait(1)
    assert scene.ended(0)


def test_faces_that_never_come_back_do_not_hold_the_worker_for_ever() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.hear(_CROPS)
    scene.wait(5999)
    assert not scene.ended(0)
    scene.wait(1)
    assert scene.ended(0)


def test_a_worker_that_starts_for_ever_is_ended_whatever_it_claims() -> None:
    scene = _Scene()
    scene.submit()
    while not scene.ended(0):
        assert scene.now <= 6000
        scene.wait(50)
        scene.hear(Beat(()), hand=0)
    assert scene.now == 6000


def test_an_idle_worker_that_claims_headway_is_ended_all_the_same() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.hear(Done(1, _SHARP))
    for _ in range(12):
        scene.wait(50)
        scene.hear(Beat(()), hand=0)
    assert scene.ended(0)


def test_what_a_worker_notes_by_the_way_is_said_once_and_a_chatterbox_is_heard_out() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    told = len(scene.said)
    for _ in range(3):
        scene.hear(Beat((1,), "Photos are decoded by the processor from now on."))
    assert scene.said[told:] == ["Photos are decoded by the processor from now on."]
    for number in range(1000):
        scene.hear(Beat((), f"{number}"))
    assert len(scene.said) - told == 64


def test_an_idle_worker_is_ended_and_the_next_photo_starts_another() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.hear(Done(1, _SHARP))
    assert scene.wait(599) == 1
    assert not scene.ended(0)
    assert scene.wait(1) is None
    assert scene.ended(0)
    scene.submit()
    assert len(scene.hands) == 2


def test_a_crash_costs_only_the_photo_that_causes_it_every_time() -> None:
    scene = _Scene(slots=2)
    innocent, culprit = scene.submit(), scene.submit()
    scene.ready()
    assert scene.hands[0].photos == [1, 2]
    scene.hear(None)
    scene.ready()
    assert scene.hands[1].photos == [1]
    scene.hear(Done(1, _SHARP))
    assert scene.hands[1].photos == [1, 2]
    scene.hear(None)
    assert innocent.result() == _SHARP
    with pytest.raises(PhotoError, match="SIGSEGV"):
        culprit.result()
    assert scene.said == ["The worker process was lost and is started again: it was ended by SIGSEGV."] * 2


def test_a_crash_by_accident_costs_nothing() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.ready()
    scene.hear(None)
    scene.ready()
    scene.hear(Done(1, _SHARP))
    assert future.result() == _SHARP


def test_a_photo_that_makes_no_headway_is_given_up_after_a_second_chance() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.ready()
    scene.wait(90)
    scene.hear(Beat((1,)))
    assert scene.wait(90) == 10
    assert not scene.ended(0)
    scene.wait(10)
    assert scene.ended(0)
    scene.ready()
    scene.wait(100)
    with pytest.raises(PhotoError, match="no headway for 100 seconds"):
        future.result()


def test_a_time_in_which_gpend_itself_was_frozen_is_no_photos_fault() -> None:
    scene = _Scene()
    photo = scene.submit()
    scene.ready()
    for _ in range(5):  # as a container is that is paused for a backup, every night
        scene.wait(40)
        scene.wait(4000)
        assert not scene.ended(0)
        scene.hear(Beat((1,)))
    scene.hear(Done(1, _SHARP))
    assert photo.result() == _SHARP
    assert scene.said == []


def test_what_makes_no_headway_after_gpend_was_frozen_is_given_up_all_the_same() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.wait(4000)
    due = scene.wait(0)
    assert due is not None
    scene.wait(due)
    assert scene.ended(0)


def test_anothers_headway_does_not_hide_a_stall() -> None:
    scene = _Scene(slots=2)
    scene.submit()
    scene.submit()
    scene.ready()
    for _ in range(10):
        scene.wait(10)
        scene.hear(Beat((2,)))
    assert scene.ended(0)
    scene.ready()
    assert scene.hands[1].photos == [1]


def test_a_start_that_makes_no_headway_is_tried_again() -> None:
    scene = _Scene()
    scene.submit()
    scene.wait(60)
    scene.hear(Beat(()))
    scene.wait(99)
    assert len(scene.hands) == 1
    scene.wait(1)
    assert scene.ended(0)
    assert scene.wait(1) == 100
    assert len(scene.hands) == 2


def test_a_broken_installation_ends_in_a_fatal_error_with_the_workers_last_words() -> None:
    scene = _Scene()
    future = scene.submit()
    for _ in range(3):
        scene.hear(None)
        scene.wait(10)
    with pytest.raises(FatalError, match="cannot be started: it was ended by SIGSEGV"):
        future.result()
    assert len(scene.hands) == 3


def test_a_machine_without_room_for_a_process_is_not_asked_without_pause() -> None:
    scene = _Scene()
    scene.unable = True
    future = scene.submit()
    assert scene.wait(0) == 1
    scene.wait(1)
    assert not future.done()
    scene.wait(5)
    with pytest.raises(FatalError, match="Cannot allocate memory"):
        future.result()


def test_what_has_worked_before_fails_for_the_moment_only() -> None:
    scene = _Scene()
    scene.submit()
    scene.ready()
    scene.hear(None)
    scene.hear(Refused(FatalError("the network file is gone")))
    second = scene.submit()
    scene.hear(Refused(FatalError("the network file is gone")))
    with pytest.raises(TransientError, match="the network file is gone"):
        second.result()


def test_a_refusal_is_passed_on_at_once() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.hear(Refused(FatalError("no such network")))
    with pytest.raises(FatalError, match="no such network"):
        future.result()
    assert scene.ended(0)


def test_an_error_of_the_photo_is_passed_on_and_the_worker_stays() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.ready()
    scene.hear(Failed(1, PhotoError("corrupt")))
    with pytest.raises(PhotoError, match="corrupt"):
        future.result()
    assert not scene.ended(0)


def test_a_failing_gpu_is_tried_once_more_in_a_new_process_and_then_left_for_the_cpu() -> None:
    scene = _Scene(slots=2, fallback=True)
    first, second = scene.submit(), scene.submit()
    scene.ready()
    scene.hear(Failed(1, DeviceError("gone")))
    scene.hear(Failed(2, DeviceError("gone")))
    assert scene.ended(0)
    assert scene.device == _GPU
    scene.ready()
    assert scene.hands[1].photos == [1]
    scene.hear(Failed(1, DeviceError("gone")))
    assert scene.device == _CPU
    scene.ready()
    scene.hear(Done(2, _SHARP))
    scene.hear(Done(1, _SHARP))
    assert first.result() == second.result() == _SHARP
    assert scene.said == ["The GPU keeps failing: photos are processed on the CPU for now."]


def test_the_gpu_is_tried_again_after_a_while() -> None:
    scene = _Scene(fallback=True)
    scene.submit()
    scene.hear(Refused(DeviceError("gone")))
    assert scene.device == _CPU
    scene.ready()
    scene.hear(Done(1, _SHARP))
    for _ in range(4):
        scene.wait(450)
        scene.submit()
        scene.ready()
        for number in scene.hands[-1].photos:
            scene.hear(Done(number, _SHARP))
    assert scene.device == _GPU


def test_without_a_fallback_a_failing_gpu_is_the_moments_fault() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.ready()
    scene.hear(Failed(1, DeviceError("gone")))
    scene.ready()
    scene.hear(Failed(1, DeviceError("gone")))
    with pytest.raises(DeviceError):
        future.result()


def test_what_an_earlier_worker_said_is_ignored() -> None:
    scene = _Scene()
    future = scene.submit()
    scene.ready()
    scene.hear(None)
    scene.hear(Done(1, _SHARP), hand=0)
    scene.hear(None, hand=0)
    assert not future.done()
    assert not scene.ended(1)


def test_closing_ends_the_worker_and_leaves_every_photo_for_another_time() -> None:
    scene = _Scene()
    futures = [scene.submit(), scene.submit()]
    scene.ready()
    scene.supervisor.close()
    assert scene.ended(0)
    for future in futures:
        with pytest.raises(TransientError, match="tried again"):
            future.result()


def test_a_gpend_whose_worker_is_of_a_later_one_ends_so_that_the_later_one_starts() -> None:
    scene = _Scene(fallback=True)
    first = scene.submit()
    scene.ready()
    scene.hear(Done(1, _SHARP))
    assert first.result(0) is _SHARP
    scene.wait(600)  # its memory comes back
    scene.installed = 2
    second = scene.submit()
    scene.hear(None)
    with pytest.raises(FatalError, match="Another gpend was installed"):
        second.result(0)
    assert scene.said == []  # neither that a GPU fails, nor that gpend should be installed anew


def test_a_later_worker_that_is_lost_is_not_laid_at_the_photos_door() -> None:
    scene = _Scene()
    scene.installed = 2
    photo = scene.submit()
    scene.ready()
    scene.hear(Ready("out of turn"))
    with pytest.raises(FatalError, match="Another gpend was installed"):
        photo.result(0)


def test_a_later_worker_that_gets_on_with_this_gpend_is_used() -> None:
    scene = _Scene()
    scene.installed = 2
    photo = scene.submit()
    scene.ready()
    scene.hear(Done(1, _SHARP))
    assert photo.result(0) is _SHARP
