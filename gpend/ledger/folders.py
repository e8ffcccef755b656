"""What the daemon writes about folders: which are configured, which are paused and why."""

import os
from dataclasses import dataclass
from pathlib import Path

from gpend.ledger.database import Database, Value
from gpend.ledger.paths import direct
from gpend.ledger.rows import FolderRow, folder_row


def asks_for_confirmation(reason: str) -> bool:
    """Whether a pause that is told so ends by a person's word; most end by themselves, whatever a person says."""
    return "`gpend confirm`" in reason


@dataclass(frozen=True)
class File:
    """A file that a folder is known to hold."""

    path: Path  # in the folder
    size: int
    content: str | None  # SHA-256; None: it was not processed yet


class Folders:
    """The table of folders. Every method is committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def configure(self, pairs: list[tuple[Path, Path]], now: int) -> list[FolderRow]:
        """The (source, output) pairs of the configuration; what other pairs left in the ledger is kept, and idle."""
        with self._database.together():
            self._respell()
            self._database.run("retire_folders")
            return [self._register(source, output, now) for source, output in pairs]

    def move(self, before: FolderRow, source: Path, output: Path) -> None:
        """A folder lies elsewhere now, or its output does: all that is known of it is known of the new place."""
        was, named = os.fsencode(before.source), os.fsencode(source)
        with self._database.together():
            self._database.run("respell_folder", {"folder": before.id, "source": named, "output": os.fsencode(output)})
            if named != was:
                self._database.run("respell_decisions", {"source": named, "before": was})

    def widen(self, before: FolderRow, source: Path, output: Path) -> None:
        """A folder is a part of another one now, `source`: what is known of its photos is known of them there.

        Its output is that of the other, or the place in that where its photos' outputs go.
        """
        inside, place = before.source.relative_to(source), before.output.relative_to(output)
        names: dict[str, Value] = {"inside": _folder_name(inside), "output_inside": _folder_name(place)}
        with self._database.together():
            paths: dict[str, Value] = {"source": os.fsencode(source), "output": os.fsencode(output)}
            row = self._database.first("register_folder", paths)
            if row is None:
                raise AssertionError("the statement returns the row")
            both: dict[str, Value] = {"old": before.id, "new": row["id"]}
            self._database.run("widen_photos", names | both)
            if before.output == output:
                self._database.run("widen_trash", both)
                self.claim(row["id"], before.output_identity)

    def is_known(self, source: Path) -> bool:
        """Has this source been in a configuration, now or before?"""
        return self._database.first("folder_by_source", {"source": os.fsencode(source)}) is not None

    def some_files(self, folder: int, limit: int) -> list[File]:
        """A few files that the folder is known to hold, from all over it."""
        rows = self._database.each("some_files", {"folder": folder, "limit": limit})
        return [File(Path(os.fsdecode(row["path"])), row["size"], row["content"]) for row in rows]

    def some_outputs(self, folder: int, limit: int) -> list[Path]:
        """A few of the outputs that were written for it, from all over it: their paths in the output folder."""
        rows = self._database.each("some_outputs", {"folder": folder, "limit": limit})
        return [Path(os.fsdecode(row["output"])) for row in rows]

    def pause(self, folder: int, reason: str, now: int) -> None:
        """Nothing of this folder is processed until it is resumed."""
        self._database.run("pause_folder", {"folder": folder, "reason": reason, "now": now})

    def resume(self, folder: int) -> None:
        """The reason for the pause is gone."""
        self._database.run("resume_folder", {"folder": folder})

    def brake(self, folder: int, words: str | None, since: int | None = None) -> None:
        """Something waits for `gpend confirm`: a mass change `since` then, or another doubt; None: nothing does."""
        self._database.run("brake_folder", {"folder": folder, "brake": words, "since": since})

    def confirm(self, folder: int, now: int) -> None:
        """A person has allowed every change noticed so far."""
        with self._database.together():
            for name in ("date_missing_back", "date_changes_back", "confirm_folder"):
                self._database.run(name, {"folder": folder, "now": now})

    def identify(self, folder: int, identity: str) -> None:
        """Remember which directory the source was when it was last listed."""
        self._database.run("identify_folder", {"folder": folder, "identity": identity})

    def claim(self, folder: int, identity: str | None) -> None:
        """Remember which folder stands at the output; None: whatever does will do."""
        self._database.run("claim_folder", {"folder": folder, "identity": identity})

    def recheck(self, folder: int, now: int, *, confirmed: bool) -> None:
        """Look whether every output still stands; what does not is made anew. `confirmed`: however much that is."""
        self._database.run("recheck_outputs", {"folder": folder, "now": now, "confirmed": int(confirmed)})

    def note_scan(self, folder: int, last_scan: str) -> None:
        """Remember what the last scan passed over, by reason: JSON."""
        self._database.run("note_scan", {"folder": folder, "last_scan": last_scan})

    def note_settling(self, folder: int, count: int) -> None:
        """Remember how many photos were seen that are not on record yet."""
        self._database.run("note_settling", {"folder": folder, "settling": count})

    def note_watching(self, folder: int, how: str | None) -> None:
        """Remember how news of a folder come: by "events" or by "polling"; None: nobody looks."""
        self._database.run("note_watching", {"folder": folder, "watching": how})

    def photos(self, folder: int) -> int:
        """How many photos the folder is known to hold, or to have held until they went missing."""
        return self._database.number("known_count", {"folder": folder}) or 0

    def row(self, folder: int) -> FolderRow:
        """One folder by its id."""
        row = self._database.first("folder_by_id", {"folder": folder})
        if row is None:
            raise LookupError(folder)
        return folder_row(row)

    def _respell(self) -> None:
        """Give the folders at work the paths that the configuration has for them now, without `..`.

        A gpend of before kept them as somebody wrote them.
        """
        for each in list(self._database.each("folders")):
            before, had = each["source"], each["output"]
            source, output = (os.fsencode(direct(Path(os.fsdecode(path)))) for path in (before, had))
            if source != before and self._database.first("folder_by_source", {"source": source}) is not None:
                continue
            if (source, output) != (before, had):
                self._database.run("respell_folder", {"folder": each["id"], "source": source, "output": output})
            if source != before:
                self._database.run("respell_decisions", {"source": source, "before": before})

    def _register(self, source: Path, output: Path, now: int) -> FolderRow:
        before = self._database.first("folder_by_source", {"source": os.fsencode(source)})
        paths = {"source": os.fsencode(source), "output": os.fsencode(output)}
        row = self._database.first("register_folder", paths)
        if row is None:
            raise AssertionError("the statement returns the row")
        if before is not None and before["output"] != row["output"]:
            self.recheck(row["id"], now, confirmed=False)
            self._database.run("switch_output", {"folder": row["id"], "previous": before["output"]})
            self._database.run("hasten_set_aside", {"now": now})
            self.claim(row["id"], None)
        return self.row(row["id"])


def _folder_name(inside: Path) -> bytes:
    """What the path of a file in a folder begins with, seen from around it; nothing where that is the folder itself."""
    return os.fsencode(inside) + b"/" if inside.parts else b""
