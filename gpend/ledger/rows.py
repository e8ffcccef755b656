"""The nouns of the ledger: what one row of it says."""

import json
import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from gpend.core.report import Verdict, summary_of
from gpend.ledger.fingerprint import Fingerprint
from gpend.stamp import Stamp

Facts: TypeAlias = dict[str, Any]
"""An outcome as JSON holds it: {"faces": [...], "notes": [...]}."""

DELETED = "the photo was deleted"
RENAMED = "the photo was renamed and changed"
"""What is said of a photo that is gone, after the reason of its outcome."""
_GONE = (DELETED, RENAMED)


class State(StrEnum):
    """Where a photo stands; the schema says what each one means."""

    WAITING = "waiting"
    WORKING = "working"
    RESTORED = "restored"
    KEPT = "kept"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    UNSUPPORTED = "unsupported"
    GONE = "gone"


class FoundBy(StrEnum):
    """What drew attention to a photo."""

    EVENT = "event"
    SCAN = "scan"


class Request(StrEnum):
    """What a person can ask of the daemon through the ledger."""

    RETRY = "retry"
    REJUDGE = "rejudge"
    CONFIRM = "confirm"
    DECIDE = "decide"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class Found:
    """A settled file, on its way into the ledger."""

    relative: bytes | Path  # below the source
    stamp: Stamp
    by: FoundBy
    is_sidecar: bool = False


@dataclass(frozen=True)
class Written:
    """A file in the output tree, as gpend left it."""

    path: Path  # relative to the output
    stamp: Stamp
    sha256: str  # hexadecimal


@dataclass(frozen=True)
class Result:
    """How the processing of one photo ended."""

    state: State
    reason: str
    content: str | None  # SHA-256 of the source, hexadecimal
    fingerprint: Fingerprint
    facts: Facts | None = None
    written: Written | None = None
    picture: str | None = None  # SHA-256 of the picture alone, if it is known
    camera: str | None = None  # None: not known, what was known stays
    taken: int | None = None
    earlier: Facts | None = None  # of what is set aside: the outcome before, as `earlier_of` has it
    is_known: bool = False  # from before: the photo was moved, copied or touched, or its output was found in place

    def output_below(self, root: Path) -> Path | None:
        """Where the output is in this tree; None too where the photo was set aside: what it had may be elsewhere."""
        is_set_aside = self.state in (State.FAILED, State.INCOMPLETE)
        return None if self.written is None or is_set_aside else root / self.written.path


@dataclass(frozen=True)
class FolderRow:
    """One source tree and the tree that mirrors it."""

    id: int
    source: Path
    output: Path
    paused_reason: str | None
    paused_since: int | None
    brake: str | None  # what waits for `gpend confirm`, in words
    brake_since: int | None  # a mass change is counted from here
    confirmed: int
    identity: str | None
    output_identity: str | None
    previous_output: Path | None  # before it was switched
    last_scan: str | None  # JSON: what the last scan passed over, by reason
    settling: int  # photos that were seen and are not on record yet
    watching: str | None  # "events" or "polling": how news of it come


@dataclass(frozen=True)
class Mirrored:
    """A photo that has an output."""

    relative: Path  # below the source
    size: int  # bytes, of the photo
    output: Path  # relative to the output folder


@dataclass(frozen=True)
class SharpFaces:
    """How many faces of a verdict have a sharpness that falls into a bar of a histogram."""

    bar: int
    verdict: str
    faces: int


@dataclass(frozen=True)
class Row:
    """Everything the ledger knows about one photo; times in UTC seconds."""

    id: int
    folder: int
    source: Path  # the folder's
    output_root: Path
    relative: Path
    is_sidecar: bool
    stamp: Stamp
    state: State
    prior: State | None
    reason: str
    content: str | None
    picture: str | None
    outcome: Facts | None
    written: Written | None
    fingerprint: Fingerprint
    first_seen: int
    updated: int
    found_by: FoundBy
    attempts: int
    deaths: int
    delays: int
    next_attempt: int | None
    held: bool
    forced: bool
    changed_since: int | None
    counted: str | None  # the content of the change that the brake has counted
    recheck: bool
    missing_since: int | None
    camera: str | None
    taken: int | None  # as the camera's clock showed it, taken for UTC
    rejudged: bool  # forced with all that was judged with other settings, not by itself
    earlier: Facts | None  # of what was set aside: the outcome before, as `earlier_of` has it

    @property
    def path(self) -> Path:
        """The photo itself, absolute."""
        return self.source / self.relative

    @property
    def output(self) -> Path | None:
        """What gpend wrote for it, absolute."""
        return self.output_root / self.written.path if self.written else None

    @property
    def output_sha256(self) -> str | None:
        """SHA-256 of what gpend wrote for it."""
        return self.written.sha256 if self.written else None

    @property
    def model(self) -> str:
        """The network that the outcome came from."""
        return self.fingerprint.model

    @property
    def digest(self) -> str:
        """The settings that the outcome came from."""
        return self.fingerprint.digest

    @property
    def version(self) -> str:
        """The gpend that the outcome came from."""
        return self.fingerprint.version

    @property
    def is_suspect(self) -> bool:
        """Has gpend ended while it worked on this photo?"""
        return self.attempts + self.deaths > 0

    @property
    def is_absent(self) -> bool:
        """Was it not met where it should be?"""
        return self.missing_since is not None

    @property
    def is_output_unproved(self) -> bool:
        """Was its output found in place, without proof that nobody has edited it? Then no network is on record."""
        return self.written is not None and self.finished is State.RESTORED and not self.fingerprint.model

    @property
    def reason_there(self) -> str:
        """The reason of the outcome that the row holds, without what was said when its photo was gone."""
        for words in _GONE:
            reason = self.reason.removesuffix(f"; {words}")
            if reason != self.reason:
                return self._in_its_place(reason)
        return self._in_its_place(self.reason)

    def _in_its_place(self, reason: str) -> str:
        """A reason, in whose place a gpend of before put that the photo was gone: as far as the outcome still tells."""
        for words in _GONE:
            if reason == words or reason.startswith(f"{words}; "):
                return told_again(self.finished, self.outcome) + reason.removeprefix(words)
        return reason

    @property
    def finished(self) -> State:
        """The state whose outcome the row holds, also while the photo waits to be redone."""
        return self.prior or self.state


def told_again(state: State, outcome: Facts | None) -> str:
    """The reason of an outcome that is on record without it (pure)."""
    with suppress(ValueError):  # a verdict of a later gpend
        faces = [Verdict(face.get("verdict")) for face in (outcome or {}).get("faces", ())]
        if faces:
            return summary_of(faces)
    return "restored before" if state is State.RESTORED else "kept before"


def result_as_before(row: Row, content: str | None, written: Written | None, reason: str = "") -> Result:
    """The outcome that a row holds, for a file of this content, whose output is `written`; with another `reason`."""
    return Result(
        row.finished, reason or row.reason_there, content, row.fingerprint, row.outcome, written, row.picture,
        row.camera, row.taken, is_known=True,
    )  # fmt: skip


def earlier_of(row: Row) -> Facts | None:
    """The outcome that a row holds, as it is remembered while its photo is set aside; None: there is none."""
    if row.finished not in (State.RESTORED, State.KEPT, State.UNSUPPORTED):
        return row.earlier
    return {
        "state": row.finished.value, "reason": row.reason, "content": row.content, "picture": row.picture,
        "outcome": row.outcome, "fingerprint": [row.model, row.digest, row.version],
    }  # fmt: skip


def before_set_aside(row: Row) -> Row | None:
    """A row as it was before its photo was set aside; None: it was not, or had no outcome.

    Its output is to be looked for: it may have been given another place meanwhile.
    """
    if row.earlier is None or row.finished not in (State.FAILED, State.INCOMPLETE):
        return None
    told = row.earlier
    return replace(
        row, prior=State(told["state"]), reason=told["reason"], content=told["content"], picture=told["picture"],
        outcome=told["outcome"], fingerprint=Fingerprint(*told["fingerprint"]), recheck=True,
    )  # fmt: skip


def folder_row(row: sqlite3.Row) -> FolderRow:
    """A row of the table folder."""
    return FolderRow(
        id=row["id"],
        source=Path(os.fsdecode(row["source"])),
        output=Path(os.fsdecode(row["output"])),
        paused_reason=row["paused_reason"],
        paused_since=row["paused_since"],
        brake=row["brake"],
        brake_since=row["brake_since"],
        confirmed=row["confirmed"],
        identity=row["identity"],
        output_identity=row["output_identity"],
        last_scan=row["last_scan"],
        settling=row["settling"],
        watching=row["watching"],
        previous_output=Path(os.fsdecode(row["previous_output"])) if row["previous_output"] else None,
    )


def photo_row(row: sqlite3.Row) -> Row:
    """A row of the table photo joined with its folder's source and output."""
    photo = _photo_row(row)
    is_there = photo.state in (State.RESTORED, State.KEPT, State.UNSUPPORTED)
    return replace(photo, reason=photo.reason_there) if is_there and photo.reason.startswith(_GONE) else photo


def _photo_row(row: sqlite3.Row) -> Row:
    return Row(
        id=row["id"],
        folder=row["folder"],
        source=Path(os.fsdecode(row["folder_source"])),
        output_root=Path(os.fsdecode(row["folder_output"])),
        relative=Path(os.fsdecode(row["path"])),
        is_sidecar=bool(row["sidecar"]),
        stamp=Stamp(row["size"], row["mtime_ns"], row["inode"]),
        state=State(row["state"]),
        prior=State(row["prior"]) if row["prior"] else None,
        reason=row["reason"],
        content=row["content"],
        picture=row["picture"],
        outcome=json.loads(row["outcome"]) if row["outcome"] else None,
        written=_written(row),
        fingerprint=Fingerprint(row["model"], row["digest"], row["version"]),
        first_seen=row["first_seen"],
        updated=row["updated"],
        found_by=FoundBy(row["found_by"]),
        attempts=row["attempts"],
        deaths=row["deaths"],
        delays=row["delays"],
        next_attempt=row["next_attempt"],
        held=bool(row["held"]),
        forced=bool(row["forced"]),
        changed_since=row["changed_since"],
        counted=row["counted"],
        recheck=bool(row["recheck"]),
        missing_since=row["missing_since"],
        camera=row["camera"],
        taken=row["taken"],
        rejudged=bool(row["rejudged"]),
        earlier=json.loads(row["earlier"]) if row["earlier"] else None,
    )


def _written(row: sqlite3.Row) -> Written | None:
    if row["output"] is None:
        return None
    stamp = Stamp(row["output_size"], row["output_mtime_ns"], row["output_inode"])
    return Written(Path(os.fsdecode(row["output"])), stamp, row["output_sha256"])
