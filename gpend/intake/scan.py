"""Walk a source folder: the scan is the truth about what is there, and about what it could not see.

It lists and stats, and never opens a file. It enters no symbolic link, so it cannot go in circles.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from gpend.intake import Sighting
from gpend.intake.names import is_excluded_directory
from gpend.intake.source import Identity, Source, identity

Entry: TypeAlias = "os.DirEntry[str]"
Listing: TypeAlias = Callable[[str], AbstractContextManager[Iterator[Entry]]]


class Scan:
    """One walk over a source, or over a folder in it; iterate it once.

    Lazy: it may be left waiting between two photos for any time, with one directory held open. Memory grows with the
    number of directories side by side, never with the number of photos. Iterated to its end, `finished` is True and
    `seen` counts the photos met. `unlistable` holds the directories of which something could not be seen (and links
    that could not be followed): what was known there is not absent, it is unknown.
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
        self.seen = 0
        self.finished = False
        self.identity: Identity | None = identity(source.root)
        self._below = source.root if below is None else below
        self._source = source
        self._visit = visit
        self._listing = listing
        self._devices: set[int] = set()
        source.forget_mounts()

    def __iter__(self) -> Iterator[Sighting]:
        pending = [os.fspath(self._below)]
        while pending:
            directory = pending.pop()
            if not self._source.is_outside(directory):
                yield from self._directory(directory, pending)
        self._conclude()

    def absent_is_known(self, path: Path) -> bool:
        """Whether this scan, now finished, would have met a photo at `path`, as far as the listings go."""
        inside = path.is_relative_to(self._below)
        return self.finished and inside and self.unlistable.isdisjoint((path, *path.parents))

    def _directory(self, directory: str, pending: list[str]) -> Iterator[Sighting]:
        if self._visit is not None:
            self._visit(Path(directory))
        try:
            with self._listing(directory) as entries:
                for entry in entries:
                    sighting = self._entry(entry, directory, pending)
                    if sighting is not None:
                        self.seen += 1
                        yield sighting
        except OSError:
            # Also when it has just vanished: it may have been moved to where this scan has already been.
            self.unlistable.add(Path(directory))

    def _entry(self, entry: Entry, directory: str, pending: list[str]) -> Sighting | None:
        try:
            if entry.is_dir(follow_symlinks=False):
                if not is_excluded_directory(entry.name):
                    pending.append(entry.path)
            elif self._source.is_photo_name(entry.name):
                status = entry.stat(follow_symlinks=False)
                self._devices.add(status.st_dev)
                return self._source.at(entry.path, status)
        except FileNotFoundError:
            return None  # deleted since it was listed
        except OSError:
            # One link to a closed place says nothing of its neighbours; any other file's trouble is its directory's.
            self.unlistable.add(Path(entry.path if entry.is_symlink() else directory))
        return None

    def _conclude(self) -> None:
        """Keep the root's identity if the scan ends in the same directory that it began in; else nothing is known."""
        now = identity(self.root)
        if now is None or now != self.identity:
            self.unlistable.add(self.root)
            self.identity = None
        else:
            self.identity = now.with_file_systems(len(self._devices))
        self.finished = True
