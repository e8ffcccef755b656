"""Where outputs go whose photos were deleted: .gpend-trash/YYYY-MM-DD in the output, for a while."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gpend.errors import PhotoError
from gpend.ledger import Written
from gpend.mirror import dirfd, inspect
from gpend.mirror.atomic import OccupiedError
from gpend.mirror.mirror import Mirror

TRASH = Path(".gpend-trash")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\d+)?")
_TRIES = 100  # files of the same path deleted on the same day


def is_in_trash(place: Path) -> bool:
    """Is this path of an output in the trash?"""
    return place.parts[:1] == TRASH.parts


def today_of(now: int) -> Path:
    """The part of the trash that an output goes into now, in UTC seconds; or `.2` and so on, where it has no room."""
    return TRASH / _date(now).isoformat()


def discard(mirror: Mirror, written: Written, now: int) -> Written | None:
    """Move an output into today's trash; None: it is not as gpend wrote it, so it is not gpend's to move.

    It may be there already. Raises OSError and PhotoError; then it stays.
    """
    if not mirror.stands(written):
        return whereabouts(mirror, written)
    today = today_of(now)
    for number in range(1, _TRIES):
        part = today if number == 1 else today.with_name(f"{today.name}.{number}")
        with suppress(OccupiedError):
            return mirror.move(written, mirror, part / written.path)
    raise OccupiedError(f"The trash of {today.name} already holds {_TRIES} files of the name {written.path.name!r}.")


def whereabouts(mirror: Mirror, written: Written) -> Written | None:
    """Where an output stands as gpend wrote it: in its place, or in the trash if gpend was killed on the way there.

    None: nowhere. Raises OSError.
    """
    if mirror.stands(written):
        return written
    days: list[str] = []
    with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, TRASH) as folder:
        days = inspect.names_in(folder)
    moved = (Written(TRASH / day / written.path, written.stamp, written.sha256) for day in reversed(days))
    return next((each for each in moved if mirror.stands(each)), None)


def parts(mirror: Mirror) -> list[Path]:
    """The parts of the trash that are gpend's, relative to the output. Raises OSError."""
    with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, TRASH) as folder:
        return [TRASH / name for name in inspect.names_in(folder) if _day_of(name) is not None]
    return []


def is_young(part: Path, now: int, days: int) -> bool:
    """Is a part of so many days, or fewer, by its name? One of a later day than today was named by a wrong clock."""
    day, today = _day_of(part.name), _date(now)
    return day is None or today - timedelta(days=days) <= day <= today + timedelta(days=1)


def empty(mirror: Mirror, part: Path) -> Iterator[int]:
    """Delete a part of the trash, in small parts: how many files each deleted. Links are deleted, never followed."""
    pending, emptied = [part], []
    while pending:
        relative = pending.pop()
        emptied.append(relative)
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, relative) as folder:
            for name in inspect.names_in(folder):
                status = inspect.status_of(folder, name)
                is_folder = status is not None and stat.S_ISDIR(status.st_mode)
                if is_folder:
                    pending.append(relative / name)
                elif status is not None:
                    os.unlink(name, dir_fd=folder)
                yield int(status is not None and not is_folder)
    for relative in reversed(emptied):
        with suppress(OSError, PhotoError), dirfd.open_folder(mirror.output, relative.parent) as folder:
            os.rmdir(relative.name, dir_fd=folder)


def _date(now: int) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def _day_of(name: str) -> date | None:
    """The day that a part is called after; None: it is not one of gpend's."""
    matched = _DAY.fullmatch(name)
    with suppress(ValueError):
        return None if matched is None else date.fromisoformat(matched[1])
    return None
