"""Pauses: longer each time, one piece of news per change."""

from hypothesis import given
from hypothesis import strategies as st

from gpend.dispatch.pause import FIRST_SECONDS, LONGEST_SECONDS, Pause


def test_a_failure_is_news_once_and_so_is_the_recovery() -> None:
    pause = Pause()
    assert pause.fail("full", 0.0)
    assert pause.holds(FIRST_SECONDS - 1)
    assert not pause.fail("full", FIRST_SECONDS)
    assert pause.holds(FIRST_SECONDS + 2 * FIRST_SECONDS - 1)
    assert pause.succeed(1000.0)
    assert not pause.succeed(1000.0)
    assert not pause.on_probation


def test_what_was_begun_before_the_pause_ends_nothing_and_adds_nothing() -> None:
    pause = Pause()
    pause.fail("full", 0.0)
    until = pause.until
    assert not pause.fail("full", 1.0)
    assert not pause.succeed(1.0)
    assert pause.until == until


@given(failures=st.integers(1, 40))
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    pause, now = Pause(), 0.0
    for _ in range(failures):
        pause.fail("full", now)
        assert pause.until - now <= LONGEST_SECONDS
        now = pause.until
    assert pause.fail("full", now) is False
