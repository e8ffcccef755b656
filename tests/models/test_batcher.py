"""What several threads ask at the same time is computed together, and what is wrong with one is its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.errors import DeviceError, PhotoError
from gpend.models.batcher import Batcher, Line, Request

_LONG = 60.0  # seconds: whoever waits so long for others has missed them
_POISON = -1


class _Doubling:
    """Doubles numbers; cannot bear _POISON. Notes its batches."""

    def __init__(self) -> None:
        self.batches: list[Sequence[int]] = []

    def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(numbers))
        if _POISON in numbers:
            raise PhotoError("no picture")
        return [2 * number for number in numbers]


def _asked(batcher: Batcher[int, int], requests: Sequence[Sequence[int]]) -> list[Future[list[int]]]:
    """All of them, each by a thread of its own, when all have an answer."""
    with ThreadPoolExecutor(len(requests)) as threads:
        return [threads.submit(batcher, one) for one in requests]


def test_what_all_callers_ask_is_computed_in_one_batch_without_waiting_longer() -> None:
    compute = _Doubling()
    batcher = Batcher(compute, lambda: 32, callers=4, window=_LONG)
    answers = _asked(batcher, [[1], [2, 3], [4], [5]])
    assert [one.result() for one in answers] == [[2], [4, 6], [8], [10]]
    (batch,) = compute.batches
    assert sorted(batch) == [1, 2, 3, 4, 5]


def test_a_full_batch_waits_for_nobody() -> None:
    compute = _Doubling()
    assert Batcher(compute, lambda: 2, callers=9, window=_LONG)([1, 2]) == [2, 4]


def test_who_is_alone_waits_for_a_moment_only() -> None:
    assert Batcher(_Doubling(), lambda: 32, callers=9, window=0)([1]) == [2]


def test_a_request_larger_than_a_batch_comes_back_whole_and_in_order() -> None:
    compute = _Doubling()
    assert Batcher(compute, lambda: 4, callers=1)(range(10)) == [2 * number for number in range(10)]
    assert [len(batch) for batch in compute.batches] == [4, 4, 2]


def test_one_bad_face_costs_its_own_photo_alone() -> None:
    compute = _Doubling()
    batcher = Batcher(compute, lambda: 32, callers=3, window=_LONG)
    answers = _asked(batcher, [[1], [2, _POISON], [3]])
    assert answers[0].result() == [2]
    assert answers[2].result() == [6]
    with pytest.raises(PhotoError, match="no picture"):
        answers[1].result()
    assert len(compute.batches) == 4  # together, and each by itself
    assert [one.result() for one in _asked(batcher, [[4], [5], [6]])] == [[8], [10], [12]]  # and it goes on


def test_a_card_that_is_lost_is_not_asked_again_for_each_photo() -> None:
    asked = []

    def lost(numbers: Sequence[int]) -> Sequence[int]:
        asked.append(len(numbers))
        raise DeviceError("the GPU failed")

    answers = _asked(Batcher(lost, lambda: 32, callers=3, window=_LONG), [[1], [2], [3]])
    assert all(isinstance(one.exception(), DeviceError) for one in answers)
    assert asked == [3]


def test_the_next_batch_is_gathered_while_one_is_computed() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def compute(numbers: Sequence[int]) -> Sequence[int]:
        if 1 in numbers:
            begun.set()
            assert go_on.wait(_LONG)
        return [2 * number for number in numbers]

    batcher = Batcher(compute, lambda: 1, callers=2)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(batcher, [1])
        assert begun.wait(_LONG)
        assert batcher([2]) == [4]
        assert not first.done()
        go_on.set()
    assert first.result() == [2]


def test_what_cannot_be_computed_together_is_not() -> None:
    line: Line[int, int] = Line()
    for numbers, key in (([1, 2], "small"), ([3], "large"), ([4], "small")):
        line.add(Request(numbers, key))
    assert line.length == 3
    assert [list(part.items) for part in line.take(8)] == [[1, 2], [4]]
    assert [list(part.items) for part in line.take(8)] == [[3]]
    assert line.length == 0


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12), most=st.integers(1, 8))
def test_first_come_is_first_served_and_nobody_is_served_twice(sizes: list[int], most: int) -> None:
    line: Line[tuple[int, int], int] = Line()
    for who, size in enumerate(sizes):
        line.add(Request([(who, place) for place in range(size)], None))
    batches = []
    while line.length:
        batches.append([item for part in line.take(most) for item in part.items])
    assert all(len(batch) == most for batch in batches[:-1])
    assert [item for batch in batches for item in batch] == [
        (who, place) for who, size in enumerate(sizes) for place in range(size)
    ]


@given(
    requests=st.lists(st.lists(st.integers(-1, 50), min_size=1, max_size=6), min_size=1, max_size=8),
    most=st.integers(1, 8),
)
def test_everybody_gets_their_own_results_whoever_asks_beside_them(requests: list[list[int]], most: int) -> None:
    answers = _asked(Batcher(_Doubling(), lambda: most, callers=len(requests)), requests)
    for one, answer in zip(requests, answers, strict=True):
        if _POISON in one:
            assert isinstance(answer.exception(), PhotoError)
        else:
            assert answer.result() == [2 * number for number in one]
