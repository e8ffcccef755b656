"""What failed is tried again ever more rarely, and told once."""

from hypothesis import given
from hypothesis import strategies as st

from gpend.backoff import Backoff, delay


def test_waits_double_from_the_first_to_the_longest() -> None:
    backoff, now, waits = Backoff(60, 3600), 0.0, list[float]()
    for _ in range(9):
        backoff.fail(now)
        waits.append(backoff.until - now)
        now = backoff.until
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_only_the_first_failure_and_the_first_success_are_news() -> None:
    backoff = Backoff(60, 3600)
    assert backoff.until < 0
    assert not backoff.succeed()
    assert backoff.fail(0)
    assert not backoff.fail(60)
    assert backoff.succeed()
    assert not backoff.succeed()
    assert backoff.fail(1000)
    assert backoff.until == 1060


def test_the_first_new_attempt_may_be_at_once() -> None:
    backoff = Backoff(60, 3600, at_once=True)
    backoff.fail(5)
    assert backoff.until == 5
    assert not backoff.holds(5)
    backoff.fail(5)
    assert backoff.until == 65
    assert backoff.holds(64)


@given(first=st.floats(0.001, 1e4), failures=st.integers(0, 10**6))
def test_no_wait_is_shorter_than_the_first_or_longer_than_the_longest(first: float, failures: int) -> None:
    assert first <= delay(first, failures, 1e5) <= 1e5


def test_what_never_failed_is_not_left_alone() -> None:
    backoff = Backoff(60, 3600)
    assert not backoff.has_failed
    assert not backoff.holds(-1e9)
