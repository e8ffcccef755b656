"""That a ledger was found damaged while it was used, or is being put right: the next start knows of it.

A quick check looks at how the pages of the file hang together. A bit that fell over within a row is found only by
whoever reads that row; without this mark every start would take the file for sound, and find it so again. What was not
read right once, by a disk or a memory that slipped, may be right on the disk: so all of it is read again, once. That
it was is forgotten after a month: memory that slips once in years is no reason to throw a sound ledger away.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count, pairwise
from pathlib import Path

from gpend.writing import write_whole

_ASIDE = ".damaged-"
_MOMENT = "%Y%m%d-%H%M%S"
_SOON = timedelta(days=1)
_REMEMBERED = timedelta(days=30)  # that all of it was read again, and was right
_ANSWERS = timedelta(hours=1)  # within which a disk that answers at all has answered
_ASKED = 30  # times, at least, that it was asked by then: the clock may have been set; a start asks nine times
_KEPT = 5  # damaged ledgers, each with what belongs to it, and as many that were the first of theirs


class Doubt(StrEnum):
    """Why a ledger is not simply opened."""

    FOUND = "found damaged"  # while it was used
    RECHECKED = "found damaged, and then not"  # all of it was read again
    FOUND_AGAIN = "found damaged again"  # though
    REPAIRING = "being put right"  # another one is about to take its place
    UNREAD = "not to be read"  # its disk did not give a part of it


def note(ledger: Path, doubt: Doubt, now: int, times: int = 1) -> None:
    """It is so since `now`, in UTC seconds, by so many looks. Where that cannot be noted, the damage is found anew."""
    with suppress(OSError):
        require(ledger, doubt, now, times)


def require(ledger: Path, doubt: Doubt, now: int, times: int = 1) -> None:
    """As `note`, for what nobody could find anew. Raises OSError."""
    write_whole(_mark(ledger), f"{doubt}\n{now}\n{times}".encode())


def suspect(ledger: Path) -> None:
    """It was found damaged while it was used. As `note`; the next start knows how long it was trusted."""
    noted, since, _ = _noted(ledger)
    note(ledger, Doubt.FOUND_AGAIN if noted in (Doubt.RECHECKED, Doubt.FOUND_AGAIN) else Doubt.FOUND, since)


def about(ledger: Path, now: int) -> Doubt | None:
    """What was noted last, and counts still."""
    noted, since, _ = _noted(ledger)
    if 0 <= now - since < _REMEMBERED.total_seconds() or noted not in (Doubt.RECHECKED, Doubt.FOUND_AGAIN):
        return noted
    return None if noted is Doubt.RECHECKED else Doubt.FOUND


def is_lost(ledger: Path, now: int) -> bool:
    """Its disk did not give a part of it: has it not for so long that nothing else is to be expected? As `note`."""
    noted, since, times = _noted(ledger)
    if noted is not Doubt.UNREAD or since > now:
        since, times = now, 0
    note(ledger, Doubt.UNREAD, since, times + 1)
    return now - since >= _ANSWERS.total_seconds() and times >= _ASKED


def settle(ledger: Path, now: int) -> None:
    """A sound one stands there; that it was in doubt before is remembered for a while where it is the same."""
    if about(ledger, now) is Doubt.RECHECKED:
        return
    with suppress(OSError):
        _mark(ledger).unlink(missing_ok=True)


def name_aside(ledger: Path, now: int) -> Path:
    """Where a damaged ledger is kept, of this moment in UTC seconds."""
    return ledger.with_name(f"{ledger.name}{_ASIDE}{datetime.fromtimestamp(now, UTC).strftime(_MOMENT)}")


def free_name_aside(ledger: Path, now: int) -> Path:
    """The same for another one: nothing has that name yet, though the clock may have shown this moment before."""
    return next(place for place in (name_aside(ledger, now + each) for each in count()) if not place.exists())


def was_replaced(ledger: Path, now: int) -> bool:
    """Was a damaged ledger set aside within the last day already? Then its copy is likely to be no better."""
    moment = datetime.fromtimestamp(now, UTC)
    return any(timedelta() <= moment - each < _SOON for each in _moments(ledger))


def forget_oldest(ledger: Path, newest: Path) -> None:
    """Keep the last few of those that were set aside: a disk that spoils every ledger is not filled with them.

    The first of those that followed each other within a day is kept too: it knew more than what came after it. And so
    is the `newest`, whatever the clock showed when it was named.
    """
    moments = sorted(_moments(ledger))
    first = [each for before, each in pairwise([datetime.min.replace(tzinfo=UTC), *moments]) if each - before >= _SOON]
    for moment in moments[:-_KEPT]:
        aside = name_aside(ledger, round(moment.timestamp()))
        if aside == newest or moment in first[-_KEPT:]:
            continue
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                aside.with_name(aside.name + ending).unlink(missing_ok=True)


def _mark(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".doubted")


def _noted(ledger: Path) -> tuple[Doubt | None, int, int]:
    """What the mark says, since when, in UTC seconds, and by how many looks; 0: it does not say."""
    try:
        doubt, since, times = [*_mark(ledger).read_text().split("\n"), "", ""][:3]
        return Doubt(doubt), int(since or 0), int(times or 0)
    except (OSError, ValueError):
        return None, 0, 0


def _moments(ledger: Path) -> list[datetime]:
    """When the damaged ledgers that are kept were set aside."""
    first, found = ledger.name + _ASIDE, []
    with suppress(OSError):
        for name in os.listdir(ledger.parent):  # noqa: PTH208 - names alone are wanted
            with suppress(ValueError):
                found.append(datetime.strptime(name.removeprefix(first), _MOMENT).replace(tzinfo=UTC))
    return found
