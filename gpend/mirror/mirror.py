"""One output tree: what may be done to it."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from gpend.errors import PhotoError
from gpend.ledger import Recipe, Written
from gpend.mirror import exchange, standing, tree, writing
from gpend.mirror.provenance import Provenance
from gpend.mirror.standing import Ours
from gpend.mirror.writing import Appearance, Draft


@dataclass(frozen=True)
class Origin:
    """The photo that an output is made from."""

    relative: Path  # below the source
    content: str  # SHA-256, hexadecimal
    like: Appearance


class Mirror:
    """The output tree of one source. Paths are relative to its root, unless said otherwise.

    What raises PhotoError or OSError has changed nothing.
    """

    def __init__(self, source: Path, output: Path, note: Callable[[str], None] = lambda _: None) -> None:
        """`note` is told once of every kind of metadata that cannot be carried over into this tree."""
        self.source = source
        self.output = output
        self._note = note
        self._noted: set[str] = set()

    def write(self, place: Path, photo: bytes, origin: Origin, recipe: Recipe, before: Written | None) -> Written:
        """Write an output; `before` is what the ledger says that gpend wrote for the photo earlier.

        Raises OccupiedError, LinkedFolderError, OSError.
        """
        sha256 = hashlib.sha256(photo).hexdigest()
        made = Provenance(origin.content, sha256, recipe.model, recipe.digest, recipe.version)
        with tree.folder(self.output, place.parent, self.source) as folder:
            ours = self._ours(folder, place, before)
            placed = writing.put(folder, place.name, Draft(photo, origin.like, made), ours)
        for note in placed.notes:
            if note not in self._noted:
                self._noted.add(note)
                self._note(note)
        return Written(place, placed.stamp, sha256)

    def link(self, place: Path, origin: Origin, before: Written | None) -> Written:
        """Give the source photo a second name in the output tree. OSError with EXDEV: another file system."""
        with tree.folder(self.output, place.parent, self.source) as folder:
            ours = self._ours(folder, place, before)
            stamp = writing.link(folder, place.name, self.source / origin.relative, ours)
        return Written(place, stamp, origin.content)

    def check(self, place: Path, before: Written | None) -> None:
        """Raise OccupiedError or LinkedFolderError where `write` would; nothing is changed. Raises OSError."""
        with suppress(FileNotFoundError), tree.folder(self.output, place.parent) as folder:
            writing.refuse_occupied(folder, place.name, self._ours(folder, place, before))

    def stands(self, written: Written) -> bool:
        """Does an output still stand as gpend wrote it?"""
        try:
            with tree.folder(self.output, written.path.parent) as folder:
                return standing.is_unchanged(folder, written.path.name, _as_ours(written))
        except (FileNotFoundError, PhotoError):
            return False

    def read(self, written: Written) -> bytes | None:
        """The bytes of an output, if they are still those that gpend wrote."""
        try:
            with tree.folder(self.output, written.path.parent) as folder:
                photo = standing.bytes_of(folder, written.path.name)
        except (FileNotFoundError, PhotoError):
            return None
        return photo if photo is not None and hashlib.sha256(photo).hexdigest() == written.sha256 else None

    def adopt(self, place: Path, origin: Origin, known: Collection[str]) -> Written | None:
        """An output for exactly this photo that stands there already although the ledger does not say so.

        It is one if its own attribute says so, if its SHA-256 is `known` for this content, or if it has gpend's tags
        and the photo's time.
        """
        try:
            with tree.folder(self.output, place.parent) as folder:
                status = standing.status_of(folder, place.name)
                sha256 = None if status is None else _recognised(folder, place.name, status, origin, known)
        except (FileNotFoundError, PhotoError):
            return None
        if status is None or sha256 is None:
            return None
        return Written(place, standing.stamp_of(status), sha256)

    def move(self, written: Written, to: "Mirror", place: Path, like: Appearance | None = None) -> Written:
        """Move an output, within this tree or into another; with `like` it takes the times of another photo.

        Raises OccupiedError, LinkedFolderError, OSError (EXDEV: another file system).
        """
        with (
            tree.folder(self.output, written.path.parent) as old,
            tree.folder(to.output, place.parent, to.source) as new,
        ):
            writing.give_name(old, written.path.name, new, place.name)
            if like is not None:
                writing.set_times(new, place.name, like)
            os.fsync(new)
            os.fsync(old)
            status = os.stat(place.name, dir_fd=new, follow_symlinks=False)
        tree.remove_empty(self.output, written.path.parent)
        return Written(place, standing.stamp_of(status), written.sha256)

    def exchange(self, one: Written, other: Written) -> tuple[Written, Written] | None:
        """Two outputs exchange their names: what stands under the name of the first, and of the second, afterwards.

        It is one step, and done already where gpend was interrupted after it. None: one of them is not as gpend wrote
        it, or this file system cannot do it; then nothing has changed. Raises OSError.
        """
        with ExitStack() as folders:
            try:
                names = [_entered(folders, self.output, each.path) for each in (one, other)]
            except (FileNotFoundError, PhotoError):
                return None
            if _are(names, (one, other)):
                if not exchange.exchange(*names[0], *names[1]):
                    return None
                for folder, _ in names:
                    os.fsync(folder)
            elif not _are(names, (other, one)):
                return None
            stamps = [standing.stamp_of(os.stat(name, dir_fd=folder, follow_symlinks=False)) for folder, name in names]
        return Written(one.path, stamps[0], other.sha256), Written(other.path, stamps[1], one.sha256)

    def retime(self, written: Written, like: Appearance) -> Written:
        """Give an output the times that its photo has now, where that is allowed."""
        with tree.folder(self.output, written.path.parent) as folder:
            writing.set_times(folder, written.path.name, like)
            status = os.stat(written.path.name, dir_fd=folder, follow_symlinks=False)
        return Written(written.path, standing.stamp_of(status), written.sha256)

    def remove(self, written: Written) -> bool:
        """Delete an output, and the folders that are empty then; False if it is not as gpend wrote it and stays."""
        try:
            with tree.folder(self.output, written.path.parent) as folder:
                if not standing.is_unchanged(folder, written.path.name, _as_ours(written)):
                    return False
                os.unlink(written.path.name, dir_fd=folder)
        except (FileNotFoundError, PhotoError):
            return False
        tree.remove_empty(self.output, written.path.parent)
        return True

    def _ours(self, folder: int, place: Path, before: Written | None) -> Ours | None:
        """What may be replaced at a place: what gpend wrote there, or a second name of the source."""
        if before is None or before.path != place:
            return None
        status = standing.status_of(folder, place.name)
        with suppress(OSError):
            if status is not None and os.path.samestat(status, (self.source / place).stat()):
                return Ours(standing.stamp_of(status), before.sha256)
        return _as_ours(before)


def _entered(folders: ExitStack, root: Path, place: Path) -> tuple[int, str]:
    """A place by its open folder and its name there."""
    return folders.enter_context(tree.folder(root, place.parent)), place.name


def _are(names: Iterable[tuple[int, str]], written: Iterable[Written]) -> bool:
    """Do these files stand under these names in open folders, as gpend wrote them?"""
    pairs = zip(names, written, strict=True)
    return all(standing.is_unchanged(folder, name, _as_ours(each)) for (folder, name), each in pairs)


def _as_ours(written: Written) -> Ours:
    return Ours(written.stamp, written.sha256)


def _recognised(folder: int, name: str, status: os.stat_result, origin: Origin, known: Collection[str]) -> str | None:
    said = standing.genuine(folder, name)
    if said is not None:
        return said.output if said.source == origin.content else None
    found = standing.sha256_of(folder, name)
    if found is not None and found in known:
        return found
    is_close = abs(status.st_mtime_ns - origin.like.modified_ns) <= standing.CLOSE_NS
    return found if is_close and standing.is_tagged_file(folder, name) else None
