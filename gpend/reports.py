"""The questions people ask of the ledger, answered as plain data: how is it going, and why is this photo as it is?"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpend import progress
from gpend.beside import CLUSTER
from gpend.ledger import Facts, FolderRow, Judging, Records, Row, State, Written
from gpend.ledger.access import hold_up
from gpend.ledger.paths import paths_of, real

_SET_ASIDE = ("failed", "incomplete", "unsupported")
BEYOND_RESTORING = ("small", "gone")
"""Verdicts on faces that no decision has restored: they hold too little to tell what is true."""

_PAUSED = "Paused by you; `gpend resume` ends that."


@dataclass(frozen=True)
class Trouble:
    """A photo that was set aside, and why."""

    photo: str
    state: str
    reason: str
    since: str  # ISO 8601, UTC
    id: int | None  # by which its page is found; None: it is no photo, and has none


@dataclass(frozen=True)
class Folder:
    """A watched folder; `paused` and `waits_for_confirmation` are in words, or None."""

    source: str
    output: str
    paused: str | None
    paused_since: str | None
    waits_for_confirmation: str | None
    passed_over: dict[str, int] = field(default_factory=dict)  # what the last scan met that is no photo, counted
    watching: str | None = None  # "events" or "polling": how news of it come; None: nobody looks


@dataclass(frozen=True)
class Status:
    """How it is going."""

    running: bool
    counts: dict[str, int]  # photos by state; every state is present
    backlog: int  # photos known and not finished
    found_by: dict[str, int]  # photos by what drew attention to them: an event, or a scan
    last_activity: str | None
    folders: tuple[Folder, ...]
    last_errors: tuple[Trouble, ...]
    found: int = 0  # photos that are known of
    settling: int = 0  # of those, what may still be being written
    waiting: int = 0
    done: int = 0
    rate: float = 0.0  # photos a second, lately; 0 while none is begun
    seconds_left: int | None = None
    progress: str = ""  # all of it in one line
    resting: str | None = None  # why no photo is begun at the moment, in words
    ledger_problem: str | None = None  # why the ledger cannot be written, and what to do, in words
    cluster: dict[str, Any] | None = None  # how the cluster stands, as gpend.cluster_state tells it; None: local
    files_set_aside: int = 0  # that are no photos and are mirrored as they are, as films
    judged_with_other_settings: int = 0  # photos, or with another network, than the configuration names now
    not_measured: tuple[str, ...] = ()  # what to know of networks that nothing was fitted for, in words


@dataclass(frozen=True)
class History:
    """Everything known about one photo. Times are ISO 8601, UTC."""

    photo: str
    state: str
    reason: str
    faces: tuple[Facts, ...]  # as `gpend score --json` tells them
    notes: tuple[str, ...]
    output: str | None
    size: int
    modified: str
    sha256: str | None  # of the photo when it was processed
    output_sha256: str | None
    model: str
    settings: str  # digest of the settings that the outcome came from
    version: str
    first_seen: str
    updated: str
    found_by: str
    attempts: int
    next_attempt: str | None
    held: str | None = None  # in words, since when it waits for a person and what frees it
    camera: str = ""  # these two as the photo told when it was processed
    taken: str = ""  # by the camera's own clock
    by: str = ""  # the worker of a cluster that did it; "": this machine

    @property
    def made_with(self) -> list[str]:
        """The networks by which its faces were restored, or what the settings named before faces told it; or none."""
        restored = [face for face in self.faces if face.get("verdict") == "restored"]
        told = list(dict.fromkeys(str(face["network"]) for face in restored if face.get("network")))
        return told or ([self.model] if restored and self.model else [])


def status(ledger: Path, *, errors: int = 5, judging: Judging | None = None) -> Status:
    """How it is going, with the last few `errors`, where photos are judged so. Raises FatalError without a ledger."""
    with Records.read_only(ledger) as records:
        return status_of(records, ledger, int(time.time()), errors=errors, judging=judging)


def status_of(records: Records, ledger: Path, now: int, *, errors: int = 5, judging: Judging | None = None) -> Status:
    """The same of a ledger that is open, at a time in UTC seconds."""
    counts = records.counts()
    far = progress.of_ledger(records, now, counts=counts)
    paused_since, resting = records.resting()
    running = records.running()
    told = _told_by_daemon(ledger) if running else None
    held_up = hold_up(ledger) if told is None else told  # a disk may be read-only in one container alone
    if held_up or not running or resting or paused_since is not None:
        far = replace(far, rate=0.0)  # what waits takes no time that could be told while nothing is begun
    return Status(
        running=running,
        counts={state.value: count for state, count in counts.items()},
        backlog=far.waiting,
        found_by=records.counts_by_finder(),
        last_activity=_moment(records.last_activity()),
        folders=tuple(_folder(row) for row in records.folders()),
        last_errors=tuple(_trouble(row) for row in records.recent_errors(errors)),
        found=far.found,
        settling=far.settling,
        waiting=far.waiting,
        done=far.done,
        rate=round(far.rate, 3),
        seconds_left=None if far.seconds_left is None else round(far.seconds_left),
        progress=str(far),
        resting=resting or (_PAUSED if paused_since is not None else None),
        ledger_problem=f"gpend begins no photo while it cannot write its ledger. {held_up}" if held_up else None,
        cluster=_cluster(ledger) if running else None,
        files_set_aside=records.files_set_aside(),
        judged_with_other_settings=records.judged_with_other_settings(judging.fingerprint) if judging else 0,
        not_measured=judging.not_measured if judging else (),
    )


def history(ledger: Path, photo: Path) -> History | None:
    """Everything known about a photo named by its own path or its output's; None if it is not known.

    Raises FatalError where there is no ledger to read.
    """
    with Records.read_only(ledger) as records:
        row = _maker(records, photo) or _known(records, photo)
        return told(row, output_of(records, row)) if row else None


def named(ledger: Path, name: str, most: int) -> list[History]:
    """Photos whose file is called so, whatever its case and wherever it lies; `most` of them.

    Raises FatalError where there is no ledger to read.
    """
    with Records.read_only(ledger) as records:
        return [told(row, output_of(records, row)) for row in records.named(name, most)]


def output_of(records: Records, row: Row) -> Path | None:
    """Where the output of a photo is, absolute; None: there is none.

    Of one that was set aside, or is yet to be seen to in another output than before, it may stand where it was: what
    has its name in the output of today may be another source's.
    """
    written, is_set_aside = row.written, row.finished in (State.FAILED, State.INCOMPLETE)
    if written is None or not (is_set_aside or row.recheck):
        return row.output
    previous = next((each.previous_output for each in records.folders() if each.id == row.folder), None)
    own = (root for root in (row.output_root, previous) if root is not None and _stands(root, row, written))
    if (root := next(own, None)) is not None:
        return root / written.path
    others = records.holders_elsewhere(row.folder, row.output_root, written.path)
    is_anothers = any(each.written and _stands(row.output_root, each, each.written) for each in others)
    return None if is_anothers else row.output


def _stands(root: Path, row: Row, written: Written) -> bool:
    """Does what was written for a photo stand in this tree? What has another size is not read to tell."""
    from gpend.mirror import Mirror  # noqa: PLC0415 - only for who asks about a photo

    try:
        is_as_large = (root / written.path).stat().st_size == written.stamp.size
        return is_as_large and Mirror(row.source, root).stands(written)
    except OSError:
        return False


def has_failures(status: Status) -> bool:
    """Was anything set aside, which `gpend retry` without names means?"""
    return status.files_set_aside > 0 or any(status.counts[state] for state in _SET_ASIDE)


def failed_among(ledger: Path, places: Iterable[Path]) -> list[Path]:
    """What was set aside among photos and folders by the paths that the ledger knows them by."""
    with Records.read_only(ledger) as records:
        found = [photo for place in places for photo in records.failed_below(place)]
        rows = [records.photo(place) for place in places]
    return [*found, *(row.path for row in rows if row is not None and row.state.value in _SET_ASIDE)]


def known_as(ledger: Path, place: Path, *, failed: bool = False) -> dict[Path, int]:
    """The paths by which the ledger knows a photo, or folders with photos, and how many photos each stands for.

    `failed`: films and sidecars that were set aside count too.
    """
    known = history(ledger, place)
    if known is not None:
        return {Path(known.photo): 1}
    with Records.read_only(ledger) as records:
        names = paths_of(place, [(row.source, row.output) for row in records.folders()])
        counted = {name: len(records.below(name, failed=failed)) for name in names}
    return {name: count for name, count in counted.items() if count}


@dataclass(frozen=True)
class MadeWith:
    """What a network has restored."""

    photos: tuple[Path, ...]
    seconds: float | None  # that all of them took, as far as can be told


def made_with(ledger: Path, network: str) -> MadeWith:
    """The photos that a network has restored, named with or without its hash, and how long that took."""
    with Records.read_only(ledger) as records:
        found = records.made_with(network)
    pace = progress.pace_of([moment for _, moment in found])
    return MadeWith(tuple(photo for photo, _ in found), None if pace is None else pace * len(found))


def _maker(records: Records, photo: Path) -> Row | None:
    """The photo that `photo` was made of: its name may be another one, as IMG_1.jpg was made of IMG_1.HEIC."""
    for said in (photo.absolute(), real(photo)):
        for folder in records.folders():
            for root in (folder.output, real(folder.output)):
                row = records.made_of(folder.id, said.relative_to(root)) if said.is_relative_to(root) else None
                if row:
                    return row
    return None


def _known(records: Records, photo: Path) -> Row | None:
    folders = [(row.source, row.output) for row in records.folders()]
    known = (records.photo(path) for path in paths_of(photo, folders))
    return next((row for row in known if row is not None), None)


def _folder(row: FolderRow) -> Folder:
    paused_since = _moment(row.paused_since)
    return Folder(
        str(row.source),
        str(row.output),
        row.paused_reason,
        paused_since,
        row.brake,
        json.loads(row.last_scan or "{}"),
        row.watching,
    )


def _trouble(row: Row) -> Trouble:
    return Trouble(str(row.path), row.state.value, row.reason, moment(row.updated), None if row.is_sidecar else row.id)


def told(row: Row, output: Path | None) -> History:
    """Everything known about one photo, as people are told it; `output`: as output_of says."""
    outcome = row.outcome or {}
    return History(
        photo=str(row.path),
        state=row.state.value,
        reason=row.reason,
        faces=tuple(outcome.get("faces", ())),
        notes=tuple(outcome.get("notes", ())),
        by=outcome.get("by", ""),
        output=None if output is None else str(output),
        size=row.stamp.size,
        modified=moment(row.stamp.mtime_ns // 10**9),
        sha256=row.content,
        output_sha256=None if output is None else row.output_sha256,
        model=row.model,
        settings=row.digest,
        version=row.version,
        first_seen=moment(row.first_seen),
        updated=moment(row.updated),
        found_by=row.found_by.value,
        attempts=row.attempts,
        next_attempt=_moment(row.next_attempt),
        held=_held(row),
        camera=row.camera or "",
        taken="" if row.taken is None else datetime.fromtimestamp(row.taken, UTC).strftime("%Y-%m-%d %H:%M:%S"),
    )


def _told_by_daemon(ledger: Path) -> str | None:
    """Why the daemon, which cannot put it on record, writes no ledger; "" if it does, None where it does not say."""
    from gpend import liveness  # noqa: PLC0415 - HTTP takes a part of the time that a status takes

    return liveness.trouble(ledger)


def _cluster(ledger: Path) -> dict[str, Any] | None:
    if not ledger.with_name(CLUSTER).exists():
        return None
    from gpend import cluster_state as state  # noqa: PLC0415 - pydantic is not for who has no cluster

    found = state.found(ledger.with_name(CLUSTER), time.time())
    return None if found is None else found.model_dump()


def _held(row: Row) -> str | None:
    if not row.held:
        return None
    since = "some time" if row.changed_since is None else by_clock(moment(row.changed_since))
    return (
        f"It is held since {since}: it changed together with so many others that gpend asks first. What was made of it "
        "before stays meanwhile. `gpend status` tells what changed; `gpend confirm` frees it."
    )


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else moment(seconds)


def moment(seconds: int) -> str:
    """ISO 8601; a time that no calendar holds, as files may have, is given as it is."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s"


def by_clock(told: str) -> str:
    """A moment in ISO 8601 as people are shown it: to the minute, by this machine's clock, as `schedule` has it."""
    try:
        return datetime.fromisoformat(told).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    except (ValueError, OverflowError):
        return told
