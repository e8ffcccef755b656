"""Hours of the day at which gpend may work, as people write them: "22:00-07:00" (pure)."""

import re
from dataclasses import dataclass

_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_HOUR = 60
_DAY = 24 * _HOUR


@dataclass(frozen=True)
class Span:
    """From one minute of the day to another, which may lie on the next day."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Does a minute of the day lie in it? The first does, the last does not."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def hours_of(told: str) -> tuple[Span, ...]:
    """The spans of a schedule, separated by commas; none: always. Raises ValueError in words that a person reads."""
    return tuple(_span(part.strip()) for part in told.split(",")) if told.strip() else ()


def is_open(hours: tuple[Span, ...], minute: int) -> bool:
    """May gpend work at this minute of the day?"""
    return not hours or any(span.holds(minute) for span in hours)


def next_opening(hours: tuple[Span, ...], minute: int) -> str:
    """When it may work again, as people write it."""
    start = min((span.start for span in hours), key=lambda each: (each - minute) % _DAY)
    return f"{start // _HOUR:02}:{start % _HOUR:02}"


def _span(told: str) -> Span:
    matched = _SPAN.fullmatch(told)
    if matched is None:
        raise ValueError('should be hours such as "22:00-07:00"')
    start, end = (_minute(matched[place], matched[place + 1]) for place in (1, 3))
    if start == end:
        raise ValueError("should begin and end at different times; leave it empty for always")
    return Span(start, end)


def _minute(hour: str, minute: str) -> int:
    found = int(hour) * _HOUR + int(minute)
    if found > _DAY or int(minute) >= _HOUR:
        raise ValueError(f"should be a time of day, which {hour}:{minute} is not")
    return found % _DAY
