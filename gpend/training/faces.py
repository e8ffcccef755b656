"""The faces that networks learn from and are judged by: where each comes from, its licence, and its part.

A folder holds aligned square faces and a manifest: file, source, licence_class, licence, and where known a group (one
person, or one photo). What lies under `val/`, and every group that has a face there, is never trained on.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.errors import ConfigurationError
from gpend.training.settings import Licences

MANIFEST = "manifest.csv"
SIDE = 288  # as faces are held: a little more than the networks see, so that they can be turned
FREE = frozenset({"CC0", "CC-BY", "PD", "PD-mostly"})
_COLUMNS = ("file", "source", "licence_class", "licence")
_HELD_OUT = "val"
_ONE_IN = 16  # where a folder has no part of its own to hold out


@dataclass(frozen=True)
class FaceFile:
    """One line of a manifest."""

    path: Path
    source: str
    licence_class: str
    licence: str
    group: str  # who or what must be on one side only
    held_out: bool


@dataclass(frozen=True)
class FaceSet:
    """Faces of two parts that share nobody."""

    training: tuple[FaceFile, ...]
    held_out: tuple[FaceFile, ...]


def face_set(folders: Sequence[tuple[Path, Path]], licences: Licences, maximum: int | None = None) -> FaceSet:
    """All faces of `folders` (folder, manifest) that may be used, at most `maximum` of them to train on.

    Raises ConfigurationError where a manifest cannot be read, lacks a column, or leaves nothing to train on.
    """
    listed = [face for folder, manifest in folders for face in read_manifest(folder, manifest)]
    usable = [face for face in listed if licences is Licences.ALL or face.licence_class in FREE]
    held = {face.group for face in usable if face.held_out}
    training = [face for face in usable if face.group not in held][:maximum]
    if not training:
        raise ConfigurationError(f"None of {len(listed)} listed faces may be trained on (licences: {licences}).")
    return FaceSet(tuple(training), tuple(face for face in usable if face.held_out))


def read_manifest(folder: Path, manifest: Path) -> list[FaceFile]:
    """The faces that a manifest lists, in its order; its files are named from `folder`."""
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"The manifest {manifest} cannot be read: {error}. Faces need one.") from error
    missing = [column for column in _COLUMNS if rows and column not in rows[0]]
    if missing:
        raise ConfigurationError(f"The manifest {manifest} lacks the columns {', '.join(missing)}.")
    divided = any(Path(row["file"]).parts[0] == _HELD_OUT for row in rows)
    return [_face(folder, row, divided=divided) for row in rows]


def loaded(faces: Sequence[FaceFile]) -> NDArray[np.uint8]:
    """The pictures (n, 3, SIDE, SIDE) RGB. Raises ConfigurationError for a file that is no picture."""
    pictures = np.empty((len(faces), 3, SIDE, SIDE), np.uint8)
    for index, face in enumerate(faces):
        read = cv2.imread(str(face.path), cv2.IMREAD_COLOR)
        if read is None:
            raise ConfigurationError(f"The face {face.path} cannot be read as a picture.")
        method = cv2.INTER_AREA if read.shape[0] > SIDE else cv2.INTER_CUBIC
        resized = read if read.shape[:2] == (SIDE, SIDE) else cv2.resize(read, (SIDE, SIDE), interpolation=method)
        pictures[index] = cv2.cvtColor(np.asarray(resized, np.uint8), cv2.COLOR_BGR2RGB).transpose(2, 0, 1)
    return pictures


def tally(faces: Sequence[FaceFile]) -> list[tuple[str, str, str, int]]:
    """Source, licence class, licence and number of faces, the most first."""
    counted = Counter((face.source, face.licence_class, face.licence) for face in faces)
    return [(*key, count) for key, count in counted.most_common()]


def _face(folder: Path, row: dict[str, str], *, divided: bool) -> FaceFile:
    group = row.get("group") or row["file"]
    held = Path(row["file"]).parts[0] == _HELD_OUT if divided else _chosen(group)
    return FaceFile(folder / row["file"], row["source"], row["licence_class"], row["licence"], group, held)


def _chosen(group: str) -> bool:
    """One group in sixteen, always the same ones."""
    return hashlib.sha256(group.encode()).digest()[0] % _ONE_IN == 0
