"""Files that go where their photo goes: edits (.xmp, .aae), notes (.json), the film of a Live Photo (.mov) (pure)."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gpend.core.formats.signatures import KNOWN
from gpend.intake.names import is_photo_name
from gpend.spelling import folded

_ENDINGS = (".xmp", ".aae", ".json", ".mov")
_NOTE = ".json"
_TAKEOUT = ".supplemental-metadata"
"""Google Takeout's notes are called IMG_1.jpg.supplemental-metadata.json, or as much of that as fits: IMG_1.jpg.s.json.

Those of IMG_1(2).jpg have the number at their end, IMG_1.jpg.supplemental-metadata(2).json; older ones lack the words.
"""

_FITS = 46  # characters of such a name before a number and .json
_SURELY = len(".suppl")  # of the words: so much is no ending of anything else
_NUMBERED = re.compile(r"(?P<name>.+)(?P<number>\(\d+\))", re.DOTALL)
_CLIPPED = "\0"
"""Behind what photos of a note are called at least, where that was cut off within the name of the photo."""


def is_sidecar(name: str) -> bool:
    """Whether a file called so goes with a photo if there is one beside it; a base name."""
    is_named = name.rpartition(".")[0].strip(".") != ""  # as no photo is that is called by dots alone
    return is_named and name.lower().endswith(_ENDINGS) and is_photo_name(name + ".jpg")


def names_beside(photo: Path) -> list[Path]:
    """Where the sidecars of a photo may stand."""
    endings = [variant for ending in _ENDINGS for variant in (ending, ending.upper())]
    found = [photo.with_name(base + ending) for base in (photo.stem, photo.name) for ending in endings]
    return [*found, *map(photo.with_name, _notes(photo.name))]


def _notes(photo: str) -> Iterator[str]:
    """What Google Takeout may call its note of a photo."""
    yield f"{photo}{_TAKEOUT}{_NOTE}"
    yield f"{(photo + _TAKEOUT)[:_FITS]}{_NOTE}"
    base, dot, ending = photo.rpartition(".")
    numbered = _NUMBERED.fullmatch(base)
    plain = f"{numbered['name']}{dot}{ending}" if numbered else ""
    if numbered and _is_ending(ending) and len(plain) <= _FITS:
        yield f"{plain}{numbered['number']}{_NOTE}"
        yield f"{(plain + _TAKEOUT)[:_FITS]}{numbered['number']}{_NOTE}"


def photo_beside(sidecar: Path) -> tuple[bytes, bytes, bytes]:
    """The photos that a sidecar may belong to, in bytes: this very path, or those from one path up to another."""
    called = _photo_of(sidecar.name)
    name = os.fsencode(sidecar.with_name(called.removesuffix(_CLIPPED)))
    if called.endswith(_CLIPPED):
        return name, name, name + b"\xff\xff"
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
    """What the photos of a sidecar are called, at least up to one of their dots, or, if _CLIPPED follows, anywhere."""
    stem = Path(sidecar).stem
    if not sidecar.lower().endswith(_NOTE):
        return stem
    numbered = _NUMBERED.fullmatch(stem)
    name, number = (numbered["name"], numbered["number"]) if numbered else (stem, "")
    name = _without_words(name)
    base, dot, ending = name.rpartition(".")
    if numbered and base and _is_ending(ending):
        return f"{base}{number}{dot}{ending}"
    if not numbered and name != stem:
        return name if name.strip(".") else stem
    return stem + _CLIPPED if len(stem) == _FITS else stem


def _without_words(name: str) -> str:
    """The name of a note without Google Takeout's words at its end, or what is left of them."""
    base, dot, words = name.rpartition(".")
    is_whole = _TAKEOUT.startswith(f"{dot}{words}".lower()) if base else False
    return base if is_whole and (len(words) + 1 >= _SURELY or _is_ending(base.rpartition(".")[2])) else name


def _is_ending(ending: str) -> bool:
    return f".{ending}".lower() in KNOWN


def _called(photo: str) -> Iterator[str]:
    """What the sidecars of a photo are called, without their own endings: as it, or as it is up to one of its dots."""
    yield photo
    yield from (photo[:at] for at, letter in enumerate(photo) if letter == "." and at)
    if len(photo) >= _FITS:
        yield photo[:_FITS] + _CLIPPED
