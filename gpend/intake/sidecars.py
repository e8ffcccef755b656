"""Files that go where their photo goes: edits (.xmp, .aae), notes (.json), the film of a Live Photo (.mov) (pure)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from gpend.intake.names import is_photo_name

_ENDINGS = (".xmp", ".aae", ".json", ".mov")
_TAKEOUT = re.compile(r"\.suppl[a-z-]*$")  # IMG_1.jpg.supplemental-metadata.json, or as much of it as fitted


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
    stem = sidecar.with_suffix("")
    name = os.fsencode(stem.with_name(_TAKEOUT.sub("", stem.name) or stem.name))
    return name, name + b".", name + b"/"  # the character after the dot


class Lone:
    """Sidecars that were met before their photos were on record; a bounded number."""

    def __init__(self, most: int = 10_000) -> None:
        """`most`: of what is met beyond that, whoever looks again tells."""
        self._most = most
        self._met: dict[bytes, set[Path]] = {}  # by the first of what `photo_beside` tells

    def note(self, sidecar: Path) -> None:
        """A sidecar was met, and no photo that it goes with is known."""
        if self._most > 0:
            met = self._met.setdefault(photo_beside(sidecar)[0], set())
            self._most -= sidecar not in met
            met.add(sidecar)

    def take(self, photo: Path) -> Iterator[Path]:
        """The sidecars that go with a photo; they are forgotten."""
        for name in _called(os.fsencode(photo)) if self._met else ():
            met = self._met.pop(name, set())
            self._most += len(met)
            yield from sorted(met)


def _called(photo: bytes) -> Iterator[bytes]:
    """What the sidecars of a photo are called, without their own endings: as it, or as it is up to one of its dots."""
    folder, slash, base = photo.rpartition(b"/")
    yield photo
    yield from (folder + slash + base[:at] for at, letter in enumerate(base) if letter == ord(".") and at)
