"""Files that go where their photo goes: edits (.xmp, .aae), notes (.json), the film of a Live Photo (.mov) (pure)."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gpend.intake.names import is_photo_name
from gpend.spelling import folded

_ENDINGS = (".xmp", ".aae", ".json", ".mov")
_TAKEOUT = re.compile(
    r"\.suppl[a-z-]*$", re.IGNORECASE
)  # IMG_1.jpg.supplemental-metadata.json, or as much of it as fitted


def is_sidecar(name: str) -> bool:
    """Whether a file called so goes with a photo if there is one beside it; a base name."""
    is_named = name.rpartition(".")[0].strip(".") != ""  # as no photo is that is called by dots alone
    return is_named and name.lower().endswith(_ENDINGS) and is_photo_name(name + ".jpg")


def names_beside(photo: Path) -> list[Path]:
    """Where the sidecars of a photo may stand."""
    endings = [variant for ending in _ENDINGS for variant in (ending, ending.upper())]
    found = [photo.with_name(base + ending) for base in (photo.stem, photo.name) for ending in endings]
    return [*found, photo.with_name(photo.name + ".supplemental-metadata.json")]


def photo_beside(sidecar: Path) -> tuple[bytes, bytes, bytes]:
    """The photos that a sidecar may belong to, in bytes: this very path, or those from one path up to another."""
    name = os.fsencode(sidecar.with_name(_photo_of(sidecar.name)))
    return name, name + b".", name + b"/"  # the character after the dot


class Neighbours:
    """The files of one directory by their names, whatever case those have, as people and programs change it."""

    def __init__(self, folder: Path, names: Iterable[str], is_photo: Callable[[str], bool]) -> None:
        self.folder = folder
        self._is_photo = is_photo
        self._files: dict[str, list[str]] = {}  # by their names without case
        self._photos: dict[str, list[tuple[str, str]]] = {}  # the same by each name that a sidecar may have for them
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """A file is there, perhaps since now."""
        files = self._files.setdefault(folded(name), [])
        if name in files:
            return
        files.append(name)
        for called in _called(name) if self._is_photo(name) else ():
            self._photos.setdefault(folded(called), []).append((called, name))

    def photos_of(self, sidecar: str) -> Iterator[str]:
        """The photos that a sidecar goes with but for the case of its name; the one that has their case comes first."""
        rivals = [each for each in self._files.get(folded(sidecar), ()) if each != sidecar]
        for called, photo in self._photos.get(folded(_photo_of(sidecar)), ()):
            if not any(rival.startswith(f"{called}.") for rival in rivals):
                yield photo


class Lone:
    """Sidecars that were met before their photos were on record; a bounded number."""

    def __init__(self, most: int = 10_000) -> None:
        """`most`: of what is met beyond that, whoever looks again tells."""
        self._most = most
        self._met: dict[tuple[Path, str], set[Path]] = {}  # by what their photos are called, whatever the case

    def note(self, sidecar: Path) -> None:
        """A sidecar was met, and no photo that it goes with is known."""
        if self._most > 0:
            met = self._met.setdefault((sidecar.parent, folded(_photo_of(sidecar.name))), set())
            self._most -= sidecar not in met
            met.add(sidecar)

    def take(self, photo: Path) -> Iterator[Path]:
        """The sidecars that go with a photo; they are forgotten."""
        for called in _called(photo.name) if self._met else ():
            met = self._met.pop((photo.parent, folded(called)), set())
            self._most += len(met)
            yield from sorted(met)


def _photo_of(sidecar: str) -> str:
    """What the photos of a sidecar are called, at least up to one of their dots."""
    stem = Path(sidecar).stem
    name = _TAKEOUT.sub("", stem)
    return name if name.strip(".") else stem


def _called(photo: str) -> Iterator[str]:
    """What the sidecars of a photo are called, without their own endings: as it, or as it is up to one of its dots."""
    yield photo
    yield from (photo[:at] for at, letter in enumerate(photo) if letter == "." and at)
