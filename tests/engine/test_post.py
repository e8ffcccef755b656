"""How the next worker is started."""

from gpend.engine.messages import Setup, ToWorker
from gpend.engine.post import Post

_GPU, _CPU = Setup("gpu", 1), Setup("cpu", 1)


class _Recruit:
    """A worker that only listens."""

    epitaph = "it exited with status 0"

    def __init__(self) -> None:
        self.told: list[ToWorker] = []
        self.ended = False

    def send(self, message: ToWorker) -> None:
        self.told.append(message)

    def end(self) -> None:
        self.ended = True


def test_a_worker_is_told_its_setup_first_and_ended_last() -> None:
    recruit = _Recruit()
    post = Post(lambda: recruit, _GPU, None)
    assert post.fill(1.0) is None
    assert recruit.told == [_GPU]
    assert post.heard == 1.0
    assert post.vacate() == recruit.epitaph
    assert recruit.ended
    assert post.vacate() == ""


def test_a_process_that_cannot_be_had_is_a_reason() -> None:
    def spawn() -> _Recruit:
        raise OSError(12, "Cannot allocate memory")

    assert "Cannot allocate memory" in str(Post(spawn, _GPU, None).fill(0.0))


def test_starts_that_fail_are_spaced_and_the_third_is_hopeless() -> None:
    post = Post(_Recruit, _GPU, None)
    waits = []
    hopeless = []
    for _ in range(3):
        hopeless.append(post.failed(100.0))
        waits.append(post.wait(100.0))
    assert hopeless == [False, False, True]
    assert waits == [1.0, 5.0, 5.0]
    assert post.wait(105.0) == 0


def test_a_ready_worker_forgives_the_starts_before_it() -> None:
    post = Post(_Recruit, _GPU, None)
    assert [post.failed(0.0), post.failed(0.0)] == [False, False]
    post.welcome()
    assert [post.failed(0.0), post.failed(0.0), post.failed(0.0)] == [False, False, True]


def test_the_fallback_serves_for_half_an_hour_and_then_the_gpu_is_tried_again() -> None:
    recruits: list[_Recruit] = []

    def spawn() -> _Recruit:
        recruits.append(_Recruit())
        return recruits[-1]

    post = Post(spawn, _GPU, _CPU)
    assert post.fall_back(0.0)
    assert not post.fall_back(1.0)
    post.fill(2.0)
    assert not post.leaving(1799.0)
    assert post.leaving(1800.0)
    assert post.leaving(1801.0)
    post.vacate()
    post.fill(1802.0)
    assert [recruit.told for recruit in recruits] == [[_CPU], [_GPU]]
    assert not post.leaving(9999.0)


def test_without_a_fallback_there_is_none() -> None:
    assert not Post(_Recruit, _GPU, None).fall_back(0.0)
