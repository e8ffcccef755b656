"""From what an engine says to what the ledger records, and what earlier outcomes say about a photo (pure)."""

from collections.abc import Sequence
from typing import assert_never

from gpend.backoff import delay
from gpend.core.report import Kept, Outcome, Restored
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.ledger import Facts, Recipe, Row, State
from gpend.mirror import candidates

_INCOMPLETE_SECONDS = 600  # until a file that ends too early is looked at again; doubles each time
_REFUSED_SECONDS = 3600
_LONGEST_SECONDS = 86_400


def facts_of(outcome: Outcome) -> Facts:
    """The part of an outcome that is kept as JSON."""
    match outcome:
        case Restored():
            notes = list(outcome.notes)
        case Kept():
            notes = []
        case _:
            assert_never(outcome)
    return {"faces": [face.as_data() for face in outcome.faces], "notes": notes}


def state_of(error: PhotoError) -> State:
    """Where a photo stands after an error that is its own."""
    if isinstance(error, IncompleteError):
        return State.INCOMPLETE
    return State.UNSUPPORTED if isinstance(error, UnsupportedError) else State.FAILED


def again_at(state: State, delays: int, now: int) -> int | None:
    """When a photo that was set aside is looked at again although it has not changed; None: not before it changes."""
    if state is not State.INCOMPLETE:
        return None
    return now + interval(_INCOMPLETE_SECONDS, delays)


def refused_until(delays: int, now: int) -> int:
    """When to try again to read what may not be read: permissions change without a trace in the stamp."""
    return now + interval(_REFUSED_SECONDS, delays)


def interval(first: int, times: int) -> int:
    """Seconds that double each time, up to a day."""
    return int(delay(first, times + 1, _LONGEST_SECONDS))


def precedents(row: Row, twins: Sequence[Row], recipe: Recipe) -> list[Row]:
    """The rows among `twins` (photos of the same content) whose outcome holds for `row` too, the best first.

    Its own earlier outcome comes first, then a restoration: no photo is restored twice because its file was moved,
    touched or copied. That another photo was left as it is says something only under the same recipe. All that follow
    the first ended as it did: they count where its output is not there any more. None: process it.
    """
    if row.forced:
        return []
    fit = [twin for twin in twins if _holds(twin, row, recipe)]
    fit.sort(key=lambda twin: (twin.id != row.id, twin.finished is not State.RESTORED, not twin.is_absent))
    return [twin for twin in fit if twin.finished is fit[0].finished]


def may_have_swapped(row: Row, twin: Row) -> bool:
    """Can it be that two photos have exchanged their names, of which the one is now what the other was?

    Both were restored, both wait to be looked at, and the output of each has a name that suits the other's.
    """
    if row.folder != twin.folder or row.id == twin.id or row.content is None or twin.state is not State.WAITING:
        return False
    if twin.held or twin.forced or twin.is_suspect or twin.next_attempt is not None:
        return False
    return row.finished is twin.finished is State.RESTORED and _suits(row, twin) and _suits(twin, row)


def _suits(row: Row, other: Row) -> bool:
    """Would the output of another photo have, as this photo's, the name that this photo's output has?"""
    if row.written is None or other.written is None:
        return False
    return row.written.path in candidates(row.relative, other.written.path.suffix)


def _holds(twin: Row, row: Row, recipe: Recipe) -> bool:
    match twin.finished:
        case State.RESTORED:
            return twin.written is not None
        case State.KEPT:
            return twin.id == row.id or twin.state is State.GONE or twin.recipe == recipe
        case State.UNSUPPORTED:
            return twin.recipe == recipe
        case _:
            return False
