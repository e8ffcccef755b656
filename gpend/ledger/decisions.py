"""What people decided about single photos: a table, and a file beside the ledger that outlives it.

The ledger can be lost and is then filled again from the outputs; what a person has decided stands in no output. So
every decision is also a line of `<ledger>.decisions`. Whichever of the two knows the later word about a photo wins.
Lines are added, and once words that were overruled are most of them, the file is written anew.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from gpend.core.wish import Wish, boxes_of
from gpend.ledger.database import Database, Value
from gpend.writing import write_whole

_END_OF_TIME = 1 << 62
_SPARE = 64 << 10  # bytes that the file may have beyond twice what it needs

NOTHING = Wish()
"""No face is meant."""


class DecisionKind(StrEnum):
    """What a person wants of a photo; the schema says what each one means."""

    RESTORE = "restore"
    LEAVE = "leave"
    ORIGINAL = "original"
    FACES = "faces"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Decision:
    """One decision."""

    photo: Path  # absolute
    kind: DecisionKind
    decided: int  # UTC seconds
    content: str | None = None  # SHA-256 of the file that it is about; None: not known yet
    faces: Wish = NOTHING  # of a decision about single faces

    @property
    def wish(self) -> Wish | None:
        """What it asks of the engine; None: nothing out of the ordinary."""
        match self.kind:
            case DecisionKind.RESTORE:
                return replace(self.faces, every_face=True)
            case DecisionKind.FACES:
                return self.faces
            case _:
                return None


class Decisions:
    """The table of decisions and its file. Every method is committed when it returns, unless inside Ledger.together."""

    def __init__(self, database: Database, file: Path) -> None:
        self._database = database
        self._file = file
        self._largest = _SPARE  # from here on it is worth asking how much of the file is needed

    def note(self, decision: Decision) -> None:
        """Somebody has decided, or a decision follows its photo."""
        self.note_all([decision])

    def note_all(self, decisions: Sequence[Decision]) -> None:
        """The same of many, which wait for the disk once."""
        with self._database.together():
            dated: list[Decision] = []
            for decision in decisions:
                dated.append(self._after_the_last(decision))
                self._database.run("decide", _values(dated[-1]))
            self._database.after_commit(lambda: self._append(dated))

    def _after_the_last(self, decision: Decision) -> Decision:
        """With a date that is not before that of the last word about the photo: the clock may have been set back."""
        last = self.of(decision.photo)
        if last is None or last.decided <= decision.decided:
            return decision
        return replace(decision, decided=last.decided + 1)

    def of(self, photo: Path) -> Decision | None:
        """The decision about the photo of this absolute path."""
        row = self._database.first("decision", {"photo": os.fsencode(photo)})
        return decision_of(dict(row)) if row else None

    def about(self, content: str) -> Decision | None:
        """The last decision about any photo with this SHA-256."""
        row = self._database.first("decision_about", {"content": content})
        return decision_of(dict(row)) if row else None

    def catch_up(self) -> int:
        """Bring table and file to the same state; how many decisions the table had not known."""
        kept = {os.fsencode(decision.photo): decision for decision in self._read()}
        known = {row["photo"]: decision_of(dict(row)) for row in self._database.each("decisions")}
        news = [each for photo, each in kept.items() if photo not in known or known[photo].decided < each.decided]
        late = [each for photo, each in known.items() if photo not in kept or kept[photo].decided < each.decided]
        with self._database.together():
            for decision in news:
                self._database.run("decide", _values(decision))
        self._append(late)
        return len(news)

    def _read(self) -> Iterable[Decision]:
        """The last word about each photo; a line that was torn by a crash is passed over."""
        with suppress(FileNotFoundError), self._file.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                with suppress(ValueError, KeyError, TypeError, AttributeError):
                    yield _from_line(line)

    def _append(self, decisions: Iterable[Decision]) -> None:
        """One line each. What cannot be written now is written at the next start, which compares."""
        told = _lines(decisions)
        if not told:
            return
        with suppress(OSError):
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"\n{told}")  # what a crash has left of a line ends here
                file.flush()
                os.fsync(descriptor)
                size = os.fstat(descriptor).st_size
            if size > self._largest:
                self._compact()

    def _compact(self) -> None:
        """Write the file anew, whole or not at all, with the last word about each photo. Raises OSError."""
        told = _lines(decision_of(dict(row)) for row in self._database.each("decisions")).encode("ascii")
        write_whole(self._file, told, mode=0o600)
        self._largest = 2 * len(told) + _SPARE


def file_of(ledger: Path) -> Path:
    """The file beside a ledger."""
    return ledger.with_name(f"{ledger.name}.decisions")


def decision_of(row: dict[str, Any]) -> Decision:
    """A row of the table."""
    faces = json.loads(row["faces"] or "{}")
    return Decision(
        Path(os.fsdecode(row["photo"])), DecisionKind(row["kind"]), row["decided"], row["content"], _wish(faces)
    )


def _wish(faces: dict[str, Any]) -> Wish:
    return Wish(restore=boxes_of(faces.get("restore")), leave=boxes_of(faces.get("leave")))


def _faces(wish: Wish) -> dict[str, object] | None:
    return {"restore": wish.restore, "leave": wish.leave} if wish.restore or wish.leave else None


def _values(decision: Decision) -> dict[str, Value]:
    faces = _faces(decision.faces)
    return {
        "photo": os.fsencode(decision.photo),
        "content": decision.content,
        "kind": decision.kind,
        "faces": None if faces is None else json.dumps(faces),
        "decided": decision.decided,
    }


def _lines(decisions: Iterable[Decision]) -> str:
    return "".join(f"{json.dumps(_as_data(each))}\n" for each in decisions)


def _as_data(decision: Decision) -> dict[str, object]:
    """A line of the file; what is no UTF-8 in a path is escaped, and comes back."""
    return {
        "photo": os.fspath(decision.photo),
        "decision": decision.kind.value,
        "decided": decision.decided,
        "content": decision.content,
        "faces": _faces(decision.faces),
    }


def _from_line(line: str) -> Decision:
    said = json.loads(line)
    content = said.get("content")
    if content is not None and (not isinstance(content, str) or len(content) != 64):  # noqa: PLR2004 - of SHA-256
        raise ValueError("no content")
    decided = int(said["decided"])
    if not 0 <= decided < _END_OF_TIME:
        raise ValueError("no moment")
    return Decision(
        Path(said["photo"]), DecisionKind(said["decision"]), decided, content, _wish(said.get("faces") or {})
    )
