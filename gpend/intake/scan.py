"""Walk a source folder: the scan is the truth about what is there, about what it could not see, and what that proves.

It lists and stats, and opens no file but those that say what is to be passed over. It enters no symbolic link, so it
cannot go in circles; of one to a folder elsewhere it says so, as nobody looks for photos there.

May the absence of a photo be believed? A vanished, empty or half-listed source is never a deletion. Sources may be
read-only and are never touched, so gpend keeps no marker file in them. What takes its place is kept on our own side and
needs no upkeep: which directory the root was (device, inode, file system), on how many file systems its photos lay, and
how many of the photos known from before a scan met again. A network share gets another device number with every mount;
meeting most of the known photos again then says that it is the same tree.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gpend.intake import Sighting
from gpend.intake.ignoring import FILES, Rules
from gpend.intake.names import is_excluded_directory, passed_over
from gpend.intake.source import Identity, Source, identity

Entry: TypeAlias = "os.DirEntry[str]"
Place: TypeAlias = tuple[str, Rules | None]  # a directory, and the rules of the one it lies in
Listing: TypeAlias = Callable[[str], AbstractContextManager[Iterator[Entry]]]
_LINKED = "links to folders, which are looked through only where they are named themselves"


class Scan:
    """One walk over a source, or over a folder in it; iterate it once.

    Lazy: it may be left waiting between two photos for any time, with one directory held open. Memory grows with the
    number of directories side by side, never with the number of photos. Iterated to its end, `finished` is True and
    `seen` counts the photos met. `unlistable` holds the directories of which something could not be seen (and links
    that could not be followed): what was known there is not absent, it is unknown. Of these, `forbidden` holds what
    this user may not look into.
    """

    def __init__(
        self,
        source: Source,
        below: Path | None = None,
        *,
        visit: Callable[[Path], None] | None = None,
        listing: Listing = os.scandir,
    ) -> None:
        """`visit` is told every directory just before it is listed, so that nothing can appear in between unseen."""
        self.root = source.root
        self.unlistable: set[Path] = set()
        self.forbidden: set[Path] = set()
        self.linked: set[Path] = set()  # links to folders elsewhere
        self.seen = 0
        self.mirrored = Counter[str]()  # files that are no photos and are mirrored as they are, in the same words
        self.passed_over = Counter[str]()  # files, and whole directories, that are no photos, by what they are
        self.finished = False
        self.identity: Identity | None = identity(source.root)
        self._below = source.root if below is None else below
        self._source = source
        self._visit = visit
        self._listing = listing
        self._devices: set[int] = set()
        self._top = os.fspath(source.root).rstrip("/") + "/"
        source.forget_mounts()

    def __iter__(self) -> Iterator[Sighting]:
        pending: list[Place] = []
        self._begin(pending)
        while pending:
            directory, outer = pending.pop()
            if not self._source.is_outside(directory):
                yield from self._directory(directory, outer, pending)
        self._conclude()

    def is_behind_link(self, path: Path) -> bool:
        """Whether this scan, now finished, met a link to a folder elsewhere on the way to a path."""
        return bool(self.linked) and not self.linked.isdisjoint(path.parents)

    def absent_is_known(self, path: Path) -> bool:
        """Whether this scan, now finished, would have met a photo at `path`, as far as the listings go."""
        inside = path.is_relative_to(self._below)
        return self.finished and inside and self.unlistable.isdisjoint((path, *path.parents))

    def _begin(self, pending: list[Place]) -> None:
        """Note where to begin, unless that place is passed over."""
        if self._below == self.root:
            pending.append((os.fspath(self.root), None))
            return
        try:
            outer = self._source.ignoring.rules("/".join(self._below.relative_to(self.root).parts[:-1]))
        except OSError:
            self.unlistable.add(self._below)
        else:
            pending.append((os.fspath(self._below), outer))

    def _directory(self, directory: str, outer: Rules | None, pending: list[Place]) -> Iterator[Sighting]:
        if self._visit is not None:
            self._visit(Path(directory))  # also where a file in it has it passed over: that file may go
        try:
            rules = self._source.ignoring.inside(outer, directory[len(self._top) :])
            if rules.why:
                self.passed_over[f"folders {rules.why}"] += 1
                return
            with self._listing(directory) as entries:
                for entry in entries:
                    sighting = self._entry(entry, directory, rules, pending)
                    if sighting is not None:
                        self.seen += 1
                        yield sighting
        except OSError as error:
            # Also when it has just vanished: it may have been moved to where this scan has already been.
            self._leave_out(directory, error)

    def _entry(self, entry: Entry, directory: str, rules: Rules, pending: list[Place]) -> Sighting | None:
        try:
            if entry.is_dir(follow_symlinks=False):
                if self._is_to_be_entered(entry, directory, rules):
                    pending.append((entry.path, rules))
            elif entry.is_symlink() and self._source.leads_to_folder(entry.path):
                self._leave_link(entry, directory, rules)
            elif not self._source.takes(entry.name):
                self._pass_over(entry.name)
            elif why := rules.reason(entry.path[len(self._top) :]):
                self.passed_over[f"files {why}"] += 1
            else:
                if self._source.takes_everything and self._source.is_companion(entry.name):
                    self.mirrored[passed_over(entry.name, is_directory=False)] += 1
                status = entry.stat(follow_symlinks=False)
                self._devices.add(status.st_dev)
                return self._source.at(entry.path, status)
        except FileNotFoundError:
            return None  # deleted since it was listed
        except OSError as error:
            # One link to a closed place says nothing of its neighbours; any other file's trouble is its directory's.
            self._leave_out(entry.path if entry.is_symlink() else directory, error)
        return None

    def _leave_out(self, place: str, error: OSError) -> None:
        self.unlistable.add(Path(place))
        if isinstance(error, PermissionError):
            self.forbidden.add(Path(place))

    def _pass_over(self, name: str) -> None:
        if name not in FILES:
            self.passed_over[passed_over(name, is_directory=False)] += 1

    def _leave_link(self, entry: Entry, directory: str, rules: Rules) -> None:
        if self._source.leads_elsewhere(entry.path) and self._is_to_be_entered(entry, directory, rules):
            self.linked.add(Path(entry.path))
            self.passed_over[_LINKED] += 1

    def _is_to_be_entered(self, entry: Entry, directory: str, rules: Rules) -> bool:
        """Is a folder, or what a link leads to, one for photos? If not, it is noted why."""
        nested = f"{os.path.basename(directory)}/{entry.name}"  # noqa: PTH119 - keeps undecodable names as they are
        if is_excluded_directory(nested):
            self.passed_over[passed_over(nested, is_directory=True)] += 1
        elif why := rules.reason(entry.path[len(self._top) :], is_directory=True):
            self.passed_over[f"folders {why}"] += 1
        else:
            return True
        return False

    def _conclude(self) -> None:
        """Keep the root's identity if the scan ends in the same directory that it began in; else nothing is known."""
        now = identity(self.root)
        if now is None or now != self.identity:
            self.unlistable.add(self.root)
            self.identity = None
        else:
            self.identity = now.with_file_systems(len(self._devices))
        self.finished = True


@dataclass(frozen=True)
class Evidence:
    """Whether what a scan did not meet is gone; if not, why, for the person who asks."""

    believed: bool
    why: str = ""


def evidence(scan: Scan, *, before: Identity | None, known: int, found: int) -> Evidence:
    """Weigh one finished scan of a whole root.

    `before` is `scan.identity` of the last scan that was believed or confirmed; `known` counts the photos of the root
    that the ledger holds, `found` those of them that this scan met at their place. Even when it is believed, ask
    `scan.absent_is_known` for each photo (what lies below an unlistable folder stays unknown), and look once more
    before acting: a photo moved during the scan, from where it had not been to where it had, was met nowhere.
    """
    doubt = _doubt_of_listing(scan) or _doubt_of_place(scan, before, known, found)
    return Evidence(believed=not doubt, why=doubt)


def _doubt_of_listing(scan: Scan) -> str:
    if not scan.finished:
        return f"the scan of {scan.root} was not finished"
    if scan.identity is None or scan.root in scan.unlistable:
        return f"{scan.root} could not be listed, or another folder took its place meanwhile"
    return ""


def _doubt_of_place(scan: Scan, before: Identity | None, known: int, found: int) -> str:
    if not known:
        return ""  # there is nothing to be gone
    if not scan.seen:
        return f"{scan.root} held {known} photos and now holds none: is its disk mounted?"
    if before is None or scan.identity is None:
        return ""
    if scan.identity.file_systems < before.file_systems:
        return f"a disk that was mounted inside {scan.root} is not there"
    moved = (scan.identity.device, scan.identity.inode) != (before.device, before.inode)
    if moved and found * 2 < known:
        return f"another folder or disk than before stands at {scan.root}, with {found} of {known} known photos in it"
    return ""
