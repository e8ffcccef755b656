"""Hours of the day, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.hours import hours_of, is_open, next_opening

MINUTES = st.integers(0, 1439)


def told(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@given(MINUTES, MINUTES, MINUTES)
def test_a_span_and_its_reverse_share_the_day(start: int, end: int, minute: int) -> None:
    if start != end:
        one, other = (hours_of(f"{told(a)}-{told(b)}") for a, b in ((start, end), (end, start)))
        assert is_open(one, minute) != is_open(other, minute)
        assert is_open(one, start)
        assert not is_open(one, end)


def test_nights_reach_over_midnight_and_several_spans_add_up() -> None:
    hours = hours_of("22:00-07:00, 12:00 - 13:00")
    assert [hour for hour in range(24) if is_open(hours, hour * 60)] == [0, 1, 2, 3, 4, 5, 6, 12, 22, 23]
    assert (next_opening(hours, 8 * 60), next_opening(hours, 14 * 60)) == ("12:00", "22:00")


def test_no_hours_are_all_hours() -> None:
    assert is_open(hours_of(" "), 100)


def test_a_day_may_end_at_24() -> None:
    assert is_open(hours_of("20:00-24:00"), 1439)


@pytest.mark.parametrize("wrong", ["at night", "22-7", "25:00-07:00", "22:00-07:61", "07:00-07:00", "22:00-07:00;"])
def test_what_are_no_hours_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="should be"):
        hours_of(wrong)
