"""The ledger's photos page by page, and how fast they are getting done: what the dashboard shows."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from gpend import in_force, reports
from gpend.core.wish import box_of
from gpend.ledger import Choice, Decision, Facts, FolderRow, Records, Row, State
from gpend.mirror import output_root
from gpend.settings import CoreSettings

PAGE = 60
"""Photos on one page."""

COUNTED = 10_000
"""Photos that fit a choice are counted up to here: who looks at a page does not wait for more."""

_CAMERAS = 100

_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


@dataclass(frozen=True)
class Entry:
    """A photo in a list."""

    id: int
    name: str  # relative to its folder
    folder: str
    state: str
    reason: str
    updated: str  # ISO 8601, UTC
    has_output: bool
    is_restored: bool  # the output is another picture than the photo
    face: int | None  # the largest face that was restored, as its page numbers it
    camera: str
    taken: str  # ISO 8601, as the camera's clock showed it; "": it is not known


@dataclass(frozen=True)
class Page:
    """Some photos, the latest first, and what leads to those that follow."""

    entries: tuple[Entry, ...]
    next: str | None
    total: int  # photos that fit, on all pages; COUNTED + 1: more than are counted


@dataclass(frozen=True)
class Files:
    """Where a photo and its output are, and what they hold (SHA-256): for whoever shows them."""

    photo: Path
    content: str | None
    output: Path | None
    output_content: str | None


@dataclass(frozen=True)
class Shown:
    """One photo with its neighbours in the list."""

    entry: Entry
    files: Files
    history: reports.History
    decision: Decision | None
    is_removed: bool  # the output that the ledger knows of does not stand there any more

    @property
    def networks(self) -> str:
        """Those by which its faces were restored; "" if none was."""
        return ", ".join(self.history.made_with)


@dataclass(frozen=True)
class Progress:
    """How far gpend is."""

    found: int
    done: int
    counts: dict[str, int]  # photos by state; every state is present
    today: dict[str, int]  # the same for what came to its state since midnight, as this machine has it
    rate: float  # photos a minute, lately
    seconds_left: int | None  # None where nothing waits, or nothing was done lately
    running: bool
    paused_since: int | None  # a person has paused it
    resting: str | None  # why no photo is begun at the moment, in words
    status: reports.Status


def progress(ledger: Path, now: datetime, settings: CoreSettings | None = None) -> Progress:
    """How far gpend is, under these settings. Raises FatalError where there is no ledger to read."""
    moment = int(now.timestamp())
    midnight = int(datetime.combine(now.astimezone(), time.min).timestamp())  # by this machine's clock
    with Records.read_only(ledger) as records:
        status = reports.status_of(records, ledger, moment, judging=in_force.judging_of(settings) if settings else None)
        today = records.counts_since(midnight)
        paused_since, resting = records.resting()
    return Progress(
        found=status.found,
        done=status.done,
        counts=status.counts,
        today={state.value: count for state, count in today.items()},
        rate=60 * status.rate,
        seconds_left=status.seconds_left,
        running=status.running,
        paused_since=paused_since,
        resting=status.ledger_problem or resting,
        status=status,
    )


def page(ledger: Path, choice: Choice, after: str | None, size: int = PAGE) -> Page:
    """The photos that fit `choice`; `after` is the `next` of the page before. Raises FatalError without a ledger."""
    with Records.read_only(ledger) as records:
        return _page(records, choice, after, size)


@dataclass(frozen=True)
class Browsed:
    """A page of photos with what else can be chosen."""

    page: Page
    folders: tuple[FolderRow, ...]  # that are watched
    cameras: tuple[str, ...]  # that most photos are from


def browse(ledger: Path, choice: Choice, after: str | None, size: int = PAGE) -> Browsed:
    """As `page`, with the folders and cameras that there are. Raises FatalError without a ledger."""
    with Records.read_only(ledger) as records:
        found = _page(records, choice, after, size)
        return Browsed(found, tuple(records.folders()), tuple(records.cameras(_CAMERAS)))


def _page(records: Records, choice: Choice, after: str | None, size: int) -> Page:
    rows = records.listed(choice, _cursor(after), size + 1)
    is_all = after is None and len(rows) <= size
    total = len(rows) if is_all else records.chosen_count(choice, COUNTED + 1)
    entries = tuple(entry_of(row) for row in rows[:size])
    last = rows[size - 1] if len(rows) > size else None
    return Page(entries, f"{last.updated}-{last.id}" if last else None, total)


def shown(ledger: Path, photo: int) -> Shown | None:
    """All that is known of a photo, by its number; None if there is none."""
    with Records.read_only(ledger) as records:
        row = records.by_id(photo)
        decision = None if row is None else records.decision(row.path)
        folders = records.folders()
        output = None if row is None else reports.output_of(records, row)
    if row is None:
        return None
    removed = row.state is not State.GONE and is_removed(folders, output)
    return Shown(entry_of(row), _files(row, output), reports.told(row, output), decision, removed)


def is_removed(folders: Sequence[FolderRow], output: Path | None) -> bool:
    """Does an output not stand where the ledger has it, in an output folder that is there, and no other one?"""
    if output is None or os.path.lexists(output):
        return False
    folder = next((each for each in folders if output.is_relative_to(each.output)), None)
    try:
        return folder is not None and folder.output_identity in (None, output_root.identity(folder.output))
    except OSError:
        return False  # its disk is away


def removed_of(ledger: Path, outputs: Sequence[str | None]) -> list[bool]:
    """The same of several outputs. Raises FatalError where there is no ledger to read."""
    with Records.read_only(ledger) as records:
        folders = records.folders()
    return [is_removed(folders, None if output is None else Path(output)) for output in outputs]


def files(ledger: Path, photo: int) -> Files | None:
    """Where a photo is, by its number; None if there is none."""
    with Records.read_only(ledger) as records:
        row = records.by_id(photo)
        return _files(row, reports.output_of(records, row)) if row else None


def _files(row: Row, output: Path | None) -> Files:
    return Files(row.path, row.content, output, None if output is None else row.output_sha256)


def _cursor(after: str | None) -> tuple[int, int] | None:
    """What `Page.next` tells; anything else begins anew."""
    found = _CURSOR.fullmatch(after or "")
    return (int(found[1]), int(found[2])) if found else None


def entry_of(row: Row) -> Entry:
    """A photo as a list shows it."""
    return Entry(
        id=row.id,
        name=_plain(row.relative),
        folder=_plain(row.source),
        state=row.state.value,
        reason=row.reason,
        updated=reports.moment(row.updated),
        has_output=row.output is not None,
        is_restored=row.output is not None and row.finished is State.RESTORED,
        face=_largest_restored((row.outcome or {}).get("faces", [])),
        camera=row.camera or "",
        taken="" if row.taken is None else reports.moment(row.taken),
    )


def _largest_restored(faces: Sequence[Facts]) -> int | None:
    numbered = [(_width(face), place) for place, face in enumerate(faces, 1) if face.get("verdict") == "restored"]
    return max(numbered)[1] if numbered else None


def _width(face: Facts) -> float:
    box = box_of(face.get("box"))
    return 0.0 if box is None else box[2] - box[0]


def _plain(path: Path) -> str:
    """A path that can be shown: bytes that are no UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
