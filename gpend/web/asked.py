"""What a browser asks for, read with care: a filter, numbers, dates (pure)."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from gpend.core.report import Verdict
from gpend.ledger import Choice, State

STATES = [state for state in State if state is not State.GONE]
"""What a photo can be looked for by."""

_DIGITS = 19  # a number of so many may be too large for the ledger
_LONGEST = 200
_KEYS = ("q", "state", "verdict", "reason", "folder", "camera", "from", "to", "decided")


def choice_of(asked: Mapping[str, str], english: Callable[[str], str] = str) -> Choice:
    """The filter that an address tells; what is none is passed over. `english`: a reason as the ledger has it."""
    return Choice(
        state=next((state for state in STATES if state.value == asked.get("state")), None),
        folder=number(asked.get("folder", "")),
        text=asked.get("q", "")[:_LONGEST],
        verdict=next((each.value for each in Verdict if each.value == asked.get("verdict")), None),
        reason=english(asked.get("reason", "")[:_LONGEST]),
        camera=asked.get("camera", "")[:_LONGEST] or None,
        since=_seconds(asked.get("from", "")),
        until=_seconds(asked.get("to", ""), days=1),
        decided=bool(asked.get("decided")),
    )


def address_of(asked: Mapping[str, str], **more: str) -> str:
    """The part of an address that tells the same filter."""
    kept = {key: asked[key][:_LONGEST] for key in _KEYS if asked.get(key)}
    return urlencode(kept | more)


def number(text: str) -> int | None:
    """A number that the ledger can hold."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else None


def share(text: str, otherwise: float) -> float:
    """A number from 0 to 1."""
    try:
        found = float(text)
    except ValueError:
        return otherwise
    return found if 0 <= found <= 1 else otherwise


def _seconds(text: str, days: int = 0) -> int | None:
    """The beginning of a day, in seconds as if it was UTC, or of one that is so many days later."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None
