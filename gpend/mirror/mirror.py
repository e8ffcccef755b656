"""One output tree: what may be done to it."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gpend.errors import PhotoError
from gpend.intake.reading import Appearance
from gpend.ledger import Fingerprint, Written
from gpend.mirror import atomic, dirfd, inspect
from gpend.mirror.atomic import Draft
from gpend.mirror.provenance import Provenance
from gpend.stamp import Stamp


@dataclass(frozen=True)
class Origin:
    """The photo that an output is made from."""

    relative: Path  # below the source
    content: str  # SHA-256, hexadecimal
    like: Appearance


@dataclass(frozen=True)
class Orphan:
    """An output that is on record for no photo, and what it was made of."""

    written: Written
    content: str  # SHA-256 of the photo, hexadecimal
    fingerprint: Fingerprint  # a copy has none


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

    def write(
        self, place: Path, photo: bytes, origin: Origin, fingerprint: Fingerprint, before: Written | None
    ) -> Written:
        """Write an output; `before` is what the ledger says that gpend wrote for the photo earlier.

        Raises OccupiedError, LinkedFolderError, OSError.
        """
        sha256 = hashlib.sha256(photo).hexdigest()
        made = Provenance(origin.content, sha256, fingerprint.model, fingerprint.digest, fingerprint.version)
        with dirfd.open_folder(self.output, place.parent, self.source) as folder:
            replaceable = self._replaceable(folder, place, before)
            placed = atomic.put(folder, place.name, Draft(photo, origin.like, made), replaceable)
        for note in placed.notes:
            if note not in self._noted:
                self._noted.add(note)
                self._note(note)
        return Written(place, placed.stamp, sha256)

    def link(self, place: Path, origin: Origin, before: Written | None) -> Written:
        """Give the source photo a second name in the output tree. OSError with EXDEV: another file system."""
        with dirfd.open_folder(self.output, place.parent, self.source) as folder:
            replaceable = self._replaceable(folder, place, before)
            stamp = atomic.link(folder, place.name, self.source / origin.relative, replaceable)
        return Written(place, stamp, origin.content)

    def check(self, place: Path, before: Written | None) -> None:
        """Raise OccupiedError or LinkedFolderError where `write` would; nothing is changed. Raises OSError."""
        with suppress(FileNotFoundError), dirfd.open_folder(self.output, place.parent) as folder:
            atomic.refuse_occupied(folder, place.name, self._replaceable(folder, place, before))

    def stands(self, written: Written) -> bool:
        """Does an output still stand as gpend wrote it?"""
        try:
            with dirfd.open_folder(self.output, written.path.parent) as folder:
                return inspect.is_unchanged(folder, written.path.name, written)
        except (FileNotFoundError, PhotoError):
            return False

    def read(self, written: Written) -> bytes | None:
        """The bytes of an output, if they are still those that gpend wrote."""
        try:
            with dirfd.open_folder(self.output, written.path.parent) as folder:
                photo = inspect.bytes_of(folder, written.path.name)
        except (FileNotFoundError, PhotoError):
            return None
        return photo if photo is not None and hashlib.sha256(photo).hexdigest() == written.sha256 else None

    def adopt(self, place: Path, origin: Origin, known: Collection[str]) -> Written | None:
        """An output for exactly this photo that stands there already although the ledger does not say so.

        It is one if its own attribute says so, if its SHA-256 is `known` for this content, or if it has gpend's tags
        and the photo's time.
        """
        try:
            with dirfd.open_folder(self.output, place.parent) as folder:
                status = inspect.status_of(folder, place.name)
                sha256 = None if status is None else _recognised(folder, place.name, status, origin, known)
        except (FileNotFoundError, PhotoError):
            return None
        if status is None or sha256 is None:
            return None
        return Written(place, Stamp.of(status), sha256)

    def find_orphan(self, place: Path, modified_ns: int) -> Orphan | None:
        """An output under exactly this name that is, byte for byte, what gpend wrote, and has the time of its photo.

        It is for outputs whose photo is not there any more to be compared. Where files have no extended attributes
        nothing can be proved, and None is what there is. Raises OSError.
        """
        try:
            with dirfd.open_folder(self.output, place.parent) as folder:
                status = inspect.status_of(folder, place.name)
                if status is None or abs(status.st_mtime_ns - modified_ns) > inspect.CLOSE_NS:
                    return None
                made = inspect.genuine(folder, place.name)
                if made is None or place.name not in inspect.names_in(folder):
                    return None
        except (FileNotFoundError, PhotoError):
            return None
        written = Written(place, Stamp.of(status), made.output)
        return Orphan(written, made.source, Fingerprint(made.model, made.digest, made.version))

    def move(self, written: Written, to: "Mirror", place: Path, like: Appearance | None = None) -> Written:
        """Move an output, within this tree or into another; with `like` it takes the times of another photo.

        Raises OccupiedError, LinkedFolderError, OSError (EXDEV: another file system).
        """
        with (
            dirfd.open_folder(self.output, written.path.parent) as old,
            dirfd.open_folder(to.output, place.parent, to.source) as new,
        ):
            atomic.give_name(old, written.path.name, new, place.name)
            if like is not None:
                atomic.set_times(new, place.name, like)
            os.fsync(new)
            os.fsync(old)
            status = os.stat(place.name, dir_fd=new, follow_symlinks=False)
        dirfd.remove_empty(self.output, written.path.parent)
        return Written(place, Stamp.of(status), written.sha256)

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
                if not atomic.exchange(*names[0], *names[1]):
                    return None
                for folder, _ in names:
                    os.fsync(folder)
            elif not _are(names, (other, one)):
                return None
            stamps = [Stamp.of(os.stat(name, dir_fd=folder, follow_symlinks=False)) for folder, name in names]
        return Written(one.path, stamps[0], other.sha256), Written(other.path, stamps[1], one.sha256)

    def retime(self, written: Written, like: Appearance) -> Written:
        """Give an output the times that its photo has now, where that is allowed."""
        with dirfd.open_folder(self.output, written.path.parent) as folder:
            atomic.set_times(folder, written.path.name, like)
            status = os.stat(written.path.name, dir_fd=folder, follow_symlinks=False)
        return Written(written.path, Stamp.of(status), written.sha256)

    def remove(self, written: Written) -> bool:
        """Delete an output, and the folders that are empty then; False if it is not as gpend wrote it and stays."""
        try:
            with dirfd.open_folder(self.output, written.path.parent) as folder:
                if not inspect.is_unchanged(folder, written.path.name, written):
                    return False
                os.unlink(written.path.name, dir_fd=folder)
        except (FileNotFoundError, PhotoError):
            return False
        dirfd.remove_empty(self.output, written.path.parent)
        return True

    def _replaceable(self, folder: int, place: Path, before: Written | None) -> Written | None:
        """What may be replaced at a place: what gpend wrote there, or a second name of the source."""
        if before is None or before.path != place:
            return None
        status = inspect.status_of(folder, place.name)
        with suppress(OSError):
            if status is not None and os.path.samestat(status, (self.source / place).stat()):
                return replace(before, stamp=Stamp.of(status))
        return before


def _entered(folders: ExitStack, root: Path, place: Path) -> tuple[int, str]:
    """A place by its open folder and its name there."""
    return folders.enter_context(dirfd.open_folder(root, place.parent)), place.name


def _are(names: Iterable[tuple[int, str]], written: Iterable[Written]) -> bool:
    """Do these files stand under these names in open folders, as gpend wrote them?"""
    pairs = zip(names, written, strict=True)
    return all(inspect.is_unchanged(folder, name, each) for (folder, name), each in pairs)


def _recognised(folder: int, name: str, status: os.stat_result, origin: Origin, known: Collection[str]) -> str | None:
    said = inspect.genuine(folder, name)
    if said is not None:
        return said.output if said.source == origin.content else None
    found = inspect.sha256_of(folder, name)
    if found is not None and found in known:
        return found
    is_close = abs(status.st_mtime_ns - origin.like.modified_ns) <= inspect.CLOSE_NS
    return found if is_close and inspect.is_tagged_file(folder, name) else None
