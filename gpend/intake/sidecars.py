"""Files that go where their photo goes: edits (.xmp, .aae), notes (.json), the film of a Live Photo (.mov) (pure)."""

import os
import re
from pathlib import Path

from gpend.intake.names import is_photo_name

_ENDINGS = (".xmp", ".aae", ".json", ".mov")
_TAKEOUT = re.compile(r"\.suppl[a-z-]*$")  # IMG_1.jpg.supplemental-metadata.json, or as much of it as fitted


def is_sidecar(name: str) -> bool:
    """Whether a file called so goes with a photo if there is one beside it; a base name."""
    return name.lower().endswith(_ENDINGS) and is_photo_name(name + ".jpg")


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
