"""Pauses: longer each time, one piece of news per change."""

from hypothesis import given
from hypothesis import strategies as st

from gpend.dispatch.health import FIRST_SECONDS, LONGEST_SECONDS, CircuitBreaker


def test_a_failure_is_news_once_and_so_is_the_recovery() -> None:
    breaker = CircuitBreaker()
    assert breaker.fail("full", 0.0)
    assert breaker.is_open(FIRST_SECONDS - 1)
    assert not breaker.fail("full", FIRST_SECONDS)
    assert breaker.is_open(FIRST_SECONDS + 2 * FIRST_SECONDS - 1)
    assert breaker.succeed(1000.0)
    assert not breaker.succeed(1000.0)
    assert breaker.is_closed


def test_what_was_begun_before_the_pause_ends_nothing_and_adds_nothing() -> None:
    breaker = CircuitBreaker()
    breaker.fail("full", 0.0)
    until = breaker.until
    assert not breaker.fail("full", 1.0)
    assert not breaker.succeed(1.0)
    assert breaker.until == until


@given(failures=st.integers(1, 40))
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    breaker, now = CircuitBreaker(), 0.0
    for _ in range(failures):
        breaker.fail("full", now)
        assert breaker.until - now <= LONGEST_SECONDS
        now = breaker.until
    assert breaker.fail("full", now) is False
