"""One output tree: what may be done to it."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gpend.errors import PhotoError
from gpend.intake.reading import Appearance
from gpend.ledger import Fingerprint, Written
from gpend.mirror import atomic, claims, dirfd, inspect
from gpend.mirror.atomic import Draft, Replaceable, Staged
from gpend.mirror.inspect import Provenance
from gpend.mirror.names import NameCheck, candidates, portable, portable_path
from gpend.mirror.permissions import Permissions
from gpend.mirror.staging import staging
from gpend.settings import Names
from gpend.spelling import folded, is_ambiguous, listed
from gpend.stamp import Stamp


def _same(relative: Path) -> Path:
    return relative


@dataclass(frozen=True)
class Origin:
    """The photo that an output is made from."""

    relative: Path  # below the source
    content: str  # SHA-256, hexadecimal
    like: Appearance
    picture: str = ""  # SHA-256 of the picture in it, where that is wrapped up

    @property
    def contents(self) -> frozenset[str]:
        """By which an output may know it."""
        return frozenset({self.content, self.picture} - {""})


@dataclass(frozen=True)
class Orphan:
    """An output that is on record for no photo, and what it was made of."""

    written: Written
    content: str  # SHA-256 of the photo, hexadecimal
    fingerprint: Fingerprint  # a copy has none


@dataclass(frozen=True)
class Adopted:
    """An output that was found in place, for exactly the photo that was asked for."""

    written: Written
    is_proved: bool  # byte for byte what gpend wrote; else it only tells of gpend, and somebody may have edited it


class Mirror:
    """The output tree of one source. Paths are relative to its root, unless said otherwise.

    What raises PhotoError or OSError has changed nothing.
    """

    def __init__(
        self,
        source: Path,
        output: Path,
        note: Callable[[str], None] = lambda _: None,
        naming: Names = Names.KEEP,
    ) -> None:
        """`note` is told once of every kind of metadata that cannot be carried over into this tree."""
        self.source = source
        self.output = output
        self.names = NameCheck(output)
        self._is_portable = naming is Names.PORTABLE
        self._note = note
        self._noted: set[str] = set()
        self.permissions = Permissions(source, output, portable_path if self._is_portable else _same, self._tell)

    def candidates(self, relative: Path, suffix: str) -> list[Path]:
        """Where the output for a photo may stand, the best place first, as names are given in this tree."""
        return (portable if self._is_portable else candidates)(relative, suffix)

    def write(
        self, place: Path, photo: bytes | Staged, origin: Origin, fingerprint: Fingerprint, before: Written | None
    ) -> Written:
        """Write an output; `before` is what the ledger says that gpend wrote for the photo earlier.

        What is staged is a copy of its origin. Raises OccupiedError, LinkedFolderError, NameRefusedError, OSError.
        """
        sha256 = origin.content if isinstance(photo, Staged) else hashlib.sha256(photo).hexdigest()
        made = Provenance(origin.content, sha256, fingerprint.model, fingerprint.digest, fingerprint.version)
        with self.names.blaming(place), dirfd.open_folder(self.output, place.parent, self.source) as folder:
            replaceable = self._replaceable(folder, place, origin, before)
            placed = atomic.put(folder, place.name, Draft(photo, origin.like, made), replaceable)
        self._tell(placed.notes)
        return Written(place, placed.stamp, sha256)

    def stage(self, place: Path) -> AbstractContextManager[Staged]:
        """Room for a file that is too large to be written at once, beside its place. Raises as `write` does."""
        return staging(self.output, self.source, place)

    def find_copy(self, place: Path, relative: Path, content: str, seen: Stamp) -> Written | None:
        """A copy of a file of the source in its place, as far as can be told without reading it.

        It is a second name of that file; or gpend's attribute says that it is a copy, of this content, and neither its
        size nor its time tells otherwise. Raises OSError.
        """
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self.output, place.parent) as folder:
            status = inspect.status_of(folder, place.name)
            if status is None or status.st_size != seen.size:
                return None
            if abs(status.st_mtime_ns - seen.mtime_ns) > inspect.CLOSE_NS:
                return None
            is_link = os.path.samestat(status, (self.source / relative).stat())
            if is_link or inspect.says_copy_of(folder, place.name, content):
                return Written(place, inspect.stamp_of(folder, status), content)
        return None

    def link(self, place: Path, origin: Origin, before: Written | None) -> Written:
        """Give the source photo a second name in the output tree. OSError with EXDEV: another file system."""
        with self.names.blaming(place), dirfd.open_folder(self.output, place.parent, self.source) as folder:
            replaceable = self._replaceable(folder, place, origin, before)
            stamp = atomic.link(folder, place.name, self.source / origin.relative, replaceable)
        return Written(place, stamp, origin.content)

    def check(self, place: Path, origin: Origin, before: Written | None) -> None:
        """Raise OccupiedError or LinkedFolderError where `write` would; nothing is changed. Raises OSError."""
        with suppress(FileNotFoundError), dirfd.open_folder(self.output, place.parent) as folder:
            atomic.refuse_occupied(folder, place.name, self._replaceable(folder, place, origin, before))

    def same_file(self, one: Path, other: Path) -> bool:
        """Do two places lead to one file, as on a disk that ignores case? It is told by how the folders list it.

        Hard links are two files. Raises OSError.
        """
        if folded(one) != folded(other):
            return False
        shared = Path()
        for name, spelling in zip(one.parts, other.parts, strict=True):
            with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self.output, shared) as folder:
                found = listed(folder, name)
                if found is not None and (name == spelling or found == listed(folder, spelling)):
                    shared /= name
                    continue
            return False
        return True

    def ambiguous(self, place: Path) -> str | None:
        """The SHA-256 of a file whose name may be another photo's too: it is found under several spellings.

        None where nothing stands, or every spelling is a name of its own. Raises OSError.
        """
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self.output, place.parent) as folder:
            return inspect.sha256_of(folder, place.name) if is_ambiguous(folder, place.name) else None
        return None

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

    def adopt(self, place: Path, origin: Origin, known: Collection[str]) -> Adopted | None:
        """An output for exactly this photo that stands there already although the ledger does not say so.

        It must be proved by what the file says of itself, or by its SHA-256, if that is `known` for this content: its
        name and time alone may be those of another photo. Raises OSError.
        """
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self.output, place.parent) as folder:
            status = inspect.status_of(folder, place.name)
            if status is None:
                return None
            found = inspect.output_of(folder, place.name, origin.contents, origin.like.modified_ns, known)
            if found is not None:
                return Adopted(Written(place, inspect.stamp_of(folder, status), found.sha256), found.is_proved)
        return None

    def find_output(self, place: Path) -> Written | None:
        """What gpend wrote under exactly this name, for whichever photo, if that can be proved. Raises OSError."""
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self.output, place.parent) as folder:
            status, made = inspect.status_of(folder, place.name), inspect.genuine(folder, place.name)
            if status is not None and made is not None and listed(folder, place.name) == place.name:
                return Written(place, inspect.stamp_of(folder, status), made.output)
        return None

    def find_leftover(self, place: Path) -> Written | None:
        """What gpend wrote under exactly this name for one photo at most of its source, if that can be proved. OSError.

        A file system that ignores case or normalises Unicode shows another photo's output under this name.
        """
        is_sole = not self._is_portable and claims.is_sole(self.source, place)
        return self.find_output(place) if is_sole else None

    def find_orphan(self, place: Path, modified_ns: int) -> Orphan | None:
        """An output under this name that is, byte for byte, what gpend wrote, and has the time of its photo.

        It is for outputs whose photo is not there any more to be compared. Where files have no extended attributes
        nothing can be proved, and None is what there is. Raises OSError.
        """
        try:
            with dirfd.open_folder(self.output, place.parent) as folder:
                status = inspect.status_of(folder, place.name)
                if status is None or abs(status.st_mtime_ns - modified_ns) > inspect.CLOSE_NS:
                    return None
                made = inspect.genuine(folder, place.name)
                if made is None or (listed(folder, place.name) != place.name and self._has_rivals(place)):
                    return None
                written = Written(place, inspect.stamp_of(folder, status), made.output)
        except (FileNotFoundError, PhotoError):
            return None
        return Orphan(written, made.source, Fingerprint(made.model, made.digest, made.version))

    def move(self, written: Written, to: "Mirror", place: Path, like: Appearance | None = None) -> Written:
        """Move an output, within this tree or into another; with `like` it takes mode and times of another photo.

        Where both places are spellings of one name, it gets the new one. Raises OccupiedError, LinkedFolderError,
        OSError (EXDEV: another file system).
        """
        if to.output == self.output and place != written.path and self.same_file(written.path, place):
            return self._respell(written, place, like)
        with (
            to.names.blaming(place),
            dirfd.open_folder(self.output, written.path.parent) as old,
            dirfd.open_folder(to.output, place.parent, to.source) as new,
        ):
            atomic.give_name(old, written.path.name, new, place.name)
            if like is not None:
                atomic.set_appearance(new, place.name, like)
            os.fsync(new)
            os.fsync(old)
            stamp = _stamp_at(new, place.name)
        dirfd.remove_empty(self.output, written.path.parent)
        return Written(place, stamp, written.sha256)

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
            stamps = [_stamp_at(folder, name) for folder, name in names]
        return Written(one.path, stamps[0], other.sha256), Written(other.path, stamps[1], one.sha256)

    def retime(self, written: Written, like: Appearance) -> Written:
        """Give an output the mode, the owner and the times that its photo has now, where that is allowed."""
        with dirfd.open_folder(self.output, written.path.parent) as folder:
            atomic.set_appearance(folder, written.path.name, like)
            return replace(written, stamp=_stamp_at(folder, written.path.name))

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

    def _has_rivals(self, place: Path) -> bool:
        return self._is_portable or claims.has_rivals(self.source, place)

    def _tell(self, notes: Iterable[str]) -> None:
        for note in notes:
            if note not in self._noted:
                self._noted.add(note)
                self._note(note)

    def _respell(self, written: Written, place: Path, like: Appearance | None) -> Written:
        """Have the disk list an output as its photo is called now, and so the folders around it, where none is lost."""
        walked = Path()
        for old, new in zip(written.path.parent.parts, place.parent.parts, strict=True):
            if old != new and not os.path.lexists(self.source / walked / old):
                with suppress(OSError), dirfd.open_folder(self.output, walked) as folder:
                    atomic.respell(folder, old, new)
            walked /= new
        with dirfd.open_folder(self.output, place.parent) as folder:
            atomic.respell(folder, written.path.name, place.name)
            if like is not None:
                atomic.set_appearance(folder, place.name, like)
            os.fsync(folder)
            return Written(place, _stamp_at(folder, place.name), written.sha256)

    def _replaceable(self, folder: int, place: Path, origin: Origin, before: Written | None) -> Replaceable:
        """What may be replaced at a place."""
        written = before if before is not None and before.path == place else None
        status, is_photo = inspect.status_of(folder, place.name), False
        if written is not None and status is not None:
            with suppress(OSError):
                is_photo = os.path.samestat(status, (self.source / place).stat())
        return Replaceable(written, origin.contents, origin.like.modified_ns, is_photo)


def _stamp_at(folder: int, name: str) -> Stamp:
    return inspect.stamp_of(folder, os.stat(name, dir_fd=folder, follow_symlinks=False))


def _entered(folders: ExitStack, root: Path, place: Path) -> tuple[int, str]:
    """A place by its open folder and its name there."""
    return folders.enter_context(dirfd.open_folder(root, place.parent)), place.name


def _are(names: Iterable[tuple[int, str]], written: Iterable[Written]) -> bool:
    """Do these files stand under these names in open folders, as gpend wrote them?"""
    pairs = zip(names, written, strict=True)
    return all(inspect.is_unchanged(folder, name, each) for (folder, name), each in pairs)
