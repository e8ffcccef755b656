"""The questions that can be asked of a ledger; nothing here changes it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from gpend.ledger import lock
from gpend.ledger.choice import Choice
from gpend.ledger.control import judging_of
from gpend.ledger.database import Database, Value, open_for_reading
from gpend.ledger.decisions import Decision, DecisionKind, decision_of
from gpend.ledger.fingerprint import Fingerprint, Judging
from gpend.ledger.rows import FolderRow, FoundBy, Mirrored, Row, SharpFaces, State, folder_row, photo_row

_END_OF_TIME = (1 << 63) - 1
_FACES_EACH = 16  # of a photo that are reckoned with where faces are looked for


class Records:
    """A ledger, read."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    @classmethod
    def read_only(cls, path: Path) -> "Records":
        """Read a ledger, whether or not a daemon is writing to it. Raises FatalError."""
        return Records(open_for_reading(path), path)

    def counts(self) -> dict[State, int]:
        """How many photos stand where; every state is present."""
        found = {row["state"]: row["n"] for row in self._database.each("counts")}
        return {state: found.get(state, 0) for state in State}

    def files_set_aside(self) -> int:
        """How many files that are no photos, and are mirrored as they are, were set aside."""
        return self._database.number("files_set_aside") or 0

    def counts_by_finder(self) -> dict[str, int]:
        """How many photos an event drew attention to, and how many only a scan."""
        found = {row["found_by"]: row["n"] for row in self._database.each("counts_by_finder")}
        return {finder.value: found.get(finder, 0) for finder in FoundBy}

    def backlog(self) -> int:
        """Photos that are known and not finished."""
        counts = self.counts()
        return counts[State.WAITING] + counts[State.WORKING]

    def recent_errors(self, limit: int) -> list[Row]:
        """What was set aside, the latest first."""
        return [photo_row(row) for row in self._database.each("recent_errors", {"limit": limit})]

    def judged_with_other_settings(self, fingerprint: Fingerprint) -> int:
        """How many photos were judged with other settings, or another network, than these."""
        values: dict[str, Value] = {"model": fingerprint.model, "digest": fingerprint.digest}
        return self._database.number("judged_with_other_settings", values) or 0

    def last_activity(self) -> int | None:
        """When anything last changed, in UTC seconds."""
        return self._database.number("last_activity")

    def photo(self, path: Path) -> Row | None:
        """Everything known about one photo, named by its absolute path."""
        for folder in self.folders():
            if path.is_relative_to(folder.source):
                name = os.fsencode(path.relative_to(folder.source))
                row = self._database.first("photo", {"folder": folder.id, "path": name})
                return photo_row(row) if row else None
        return None

    def below(self, place: Path, *, failed: bool = False) -> list[int]:
        """The photos in a folder, named by its absolute path, and in all folders below it.

        `failed`: and the other files there that were set aside, such as films.
        """
        found: list[int] = []
        for folder, low, high in self._spans(place):
            rows = self._database.each("below", {"folder": folder.id, "low": low, "high": high, "failed": failed})
            found += [row["id"] for row in rows]
        return found

    def meant(self, path: Path, *, failed: bool = False) -> list[int]:
        """The photo of an absolute path, or all below the folder that it names, as `below` has it."""
        row = self.photo(path)
        return self.below(path, failed=failed) if row is None else [row.id]

    def _spans(self, place: Path) -> Iterator[tuple[FolderRow, bytes, bytes]]:
        """The folders of the configuration that a place lies in, and between which paths what lies below it is."""
        for folder in self.folders():
            if place.is_relative_to(folder.source):
                name = os.fsencode(place.relative_to(folder.source))
                low, high = (b"", b"\xff" * 256) if name == b"." else (name + b"/", name + b"0")  # 0 comes after /
                yield folder, low, high

    def named(self, name: str, limit: int) -> list[Row]:
        """Photos by the name of their file, or by the end of their path, in whatever case it was written.

        Where there is none, its ending may be what is missing.
        """
        parameters: dict[str, Value] = {"name": name.lower(), "end": f"/{name.lower()}", "limit": limit}
        found = [photo_row(row) for row in self._database.each("named", parameters)]
        return found or [photo_row(row) for row in self._database.each("named_but_for_ending", parameters)]

    def failed_below(self, place: Path) -> list[Path]:
        """What was set aside in a folder, named by its absolute path, and in all folders below it."""
        found: list[Path] = []
        for folder, low, high in self._spans(place):
            rows = self._database.each("failed_below", {"folder": folder.id, "low": low, "high": high})
            found += [folder.source / os.fsdecode(row["path"]) for row in rows]
        return found

    def holders_elsewhere(self, folder: int, root: Path, output: Path) -> list[Row]:
        """The rows of all other folders whose output is at this place of the tree `root`, or was before a switch.

        Also where that tree was called otherwise, by the mark that it has on record.
        """
        values: dict[str, Value] = {"folder": folder, "root": os.fsencode(root), "output": os.fsencode(output)}
        return [photo_row(row) for row in self._database.each("holders_elsewhere", values)]

    def made_of(self, folder: int, output: Path) -> Row | None:
        """The photo that an output, relative to the folder's output, was made of."""
        row = self._database.first("holder", {"folder": folder, "output": os.fsencode(output)})
        return photo_row(row) if row else None

    def listed(self, choice: Choice, after: tuple[int, int] | None, limit: int) -> list[Row]:
        """Photos that fit `choice`, the latest first; `after` is (updated, id) of the last one of the page before."""
        updated, last = after or (_END_OF_TIME, 0)
        parameters = choice.values() | {"updated": updated, "id": last, "limit": limit}
        return [photo_row(row) for row in self._database.each("listed", parameters)]

    def chosen_count(self, choice: Choice, limit: int) -> int:
        """How many photos fit `choice`, counted up to `limit`."""
        return self._database.number("chosen_count", choice.values() | {"limit": limit}) or 0

    def cameras(self, limit: int) -> list[str]:
        """The cameras that most photos are from."""
        return [row["camera"] for row in self._database.each("cameras", {"limit": limit})]

    def sharpness(self, bars: int) -> list[SharpFaces]:
        """How sharp the faces are that were measured: counted by so many bars from 0 to 1, and by verdict."""
        rows = self._database.each("sharpness", {"bars": bars})
        return [SharpFaces(row["bar"], row["verdict"], row["n"]) for row in rows]

    def below_and_sharp(self, threshold: float) -> tuple[int, int]:
        """Faces that were left because they were sharp, and lie below this threshold; and in how many photos."""
        return self._between("sharp", -1.0, threshold)

    def above_and_restored(self, threshold: float) -> tuple[int, int]:
        """Faces that were restored, and reach this threshold; and in how many photos."""
        return self._between("restored", threshold, 2.0)

    def _between(self, verdict: str, low: float, high: float) -> tuple[int, int]:
        row = self._database.first("on_the_other_side", {"verdict": verdict, "low": low, "high": high})
        return (0, 0) if row is None else (row["faces"], row["photos"])

    def borderline(self, threshold: float, limit: int) -> list[Row]:
        """Photos with a face whose sharpness is nearest to a threshold."""
        nearest: dict[int, float] = {}
        for side in ("above", "under"):
            for verdict in ("sharp", "restored"):
                values: dict[str, Value] = {"threshold": threshold, "verdict": verdict, "limit": _FACES_EACH * limit}
                for row in self._database.each(side, values):
                    nearest[row["photo"]] = min(row["distance"], nearest.get(row["photo"], 2.0))
        rows = (self.by_id(photo) for photo in sorted(nearest, key=lambda photo: (nearest[photo], photo))[:limit])
        return [row for row in rows if row is not None]

    def made_with(self, network: str) -> list[tuple[Path, int]]:
        """Every photo that a network has restored, and when, in UTC seconds; the earliest first."""
        said = f'"network": {json.dumps(network)}'
        values: dict[str, Value] = {"name": network, "whole": said, "begin": f"{said[:-1]} ("}
        rows = self._database.each("made_with", values)
        return [(Path(os.fsdecode(row["folder_source"] + b"/" + row["path"])), row["updated"]) for row in rows]

    def by_id(self, photo: int) -> Row | None:
        """A photo by its number."""
        row = self._database.first("listed_one", {"id": photo})
        return photo_row(row) if row else None

    def done_lately(self, since: int) -> tuple[int, int]:
        """How many photos were done since a moment in UTC seconds, and when the first of them was."""
        row = self._database.first("done_lately", {"since": since})
        return (row["n"], row["first"]) if row is not None and row["n"] else (0, since)

    def counts_since(self, moment: int) -> dict[State, int]:
        """How many photos have come to stand where since a moment in UTC seconds; every state is present."""
        found = {row["state"]: row["n"] for row in self._database.each("counts_since", {"since": moment})}
        return {state: found.get(state, 0) for state in State}

    def decision(self, photo: Path) -> Decision | None:
        """What a person has decided about a photo, named by its absolute path; None where nothing, or no more."""
        row = self._database.first("decision", {"photo": os.fsencode(photo)})
        found = decision_of(dict(row)) if row else None
        return None if found is None or found.kind is DecisionKind.AUTOMATIC else found

    def resting(self) -> tuple[int | None, str | None]:
        """Since when a person has paused gpend, and why its daemon rests, in words; None where that is not so."""
        row = self._database.first("control")
        return (None, None) if row is None else (row["paused_since"], row["resting"])

    def judging(self) -> Judging | None:
        """How photos are judged by whoever worked with this ledger last; None: not known."""
        row = self._database.first("judging")
        return None if row is None else judging_of(row["judging"])

    def folders(self) -> list[FolderRow]:
        """The folders of the configuration that the ledger was last used with."""
        return [folder_row(row) for row in self._database.each("folders")]

    def sharing_output(self, output: Path, identity: str) -> list[FolderRow]:
        """The folders, also those of earlier configurations, whose outputs are in an output folder of this mark."""
        values: dict[str, Value] = {"output": os.fsencode(output), "identity": identity}
        return [folder_row(row) for row in self._database.each("sharing_output", values)]

    def mirrored(self, folder: int, limit: int) -> tuple[int, list[Mirrored]]:
        """How many photos of a folder have outputs, and a few of them, from all over it."""
        rows = self._database.each("some_mirrored", {"folder": folder, "limit": limit})
        some = [Mirrored(Path(os.fsdecode(row["path"])), row["size"], Path(os.fsdecode(row["output"]))) for row in rows]
        return self._database.number("mirrored_count", {"folder": folder}) or 0, some

    def running(self) -> bool:
        """Is a daemon working with this ledger now?"""
        return lock.running(self._path)

    def close(self) -> None:
        """Done reading."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
