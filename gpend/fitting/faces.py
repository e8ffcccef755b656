"""Sharp faces, whose truth is known: aligned ones in a folder, or those that gpend's own triage finds in photos."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, occlusion, sharpness, triage
from gpend.core.analysis import JudgedFace, PhotoAnalysis, analyse
from gpend.core.formats.history import names_gpend
from gpend.core.networks import Networks
from gpend.core.photo import Face, Plane
from gpend.core.report import Verdict
from gpend.errors import GpendError
from gpend.fitting.distances import TEMPLATE, Identity
from gpend.fitting.shots import loaded
from gpend.intake.reading import ChangedError, RefusedError, read
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.settings import CoreSettings

MANIFEST = "manifest.csv"
"""Beside the faces or in the folder above, it may say whom they show: the columns file and group."""

_LEAST_SIDE = 160  # of an aligned picture, in pixels: what is smaller holds no truth to speak of
_OFF = 0.2  # eye distances by which the landmarks may be off the template
_EYES_APART = 0.246  # of the FFHQ template, in sides of its crop
_MARGIN = 1.125  # of what is kept of a face in a photo, against the network's crop
_SAME_PERSON = 0.5  # dlib's distance below which two faces show one person: a little less than dlib itself names
_ONE_IN = 5  # of the faces is held out
_AT_MOST = 0.4  # share of the faces that is held out where people have many pictures each


@dataclass(frozen=True)
class SharpFace:
    """One aligned square picture of a sharp face seen from the front."""

    path: Path
    group: str  # all of one group are on one side of the fit: one person, or one photo


@dataclass(frozen=True)
class Parts:
    """Faces to fit to, and faces for the figures; nobody is in both."""

    fit: tuple[SharpFace, ...]
    held_out: tuple[SharpFace, ...]


def aligned(
    folder: Path, pictures: Sequence[Path], networks: Networks, settings: CoreSettings
) -> Iterator[SharpFace | str]:
    """Of every picture in a folder of FFHQ-aligned faces: the face, or why it is passed over."""
    groups = _groups(folder)
    for path in pictures:
        try:
            pixels = loaded(path)
        except ValueError:
            yield "cannot be read as a picture"
            continue
        reason = _unfit(pixels, networks, settings)
        yield reason or SharpFace(path, groups.get(path.name, path.stem))


def in_photos(
    photos: Sequence[Path], into: Path, size: int, networks: Networks, settings: CoreSettings
) -> Iterator[SharpFace | str]:
    """Of every photo: its sharp, large faces seen from the front, as aligned pictures in `into`, or why it has none.

    Large is what has as many pixels as the crop of `size` that a network restores.
    """
    into.mkdir(parents=True, exist_ok=True)
    for path in photos:
        try:
            data = read(path).data
            if names_gpend(data):
                yield "photo that gpend made"
                continue
            analysis = analyse(data, replace(networks, screen=None), settings)
        except (GpendError, ChangedError, RefusedError, OSError):
            yield "photo that cannot be read"
            continue
        found = [one for one in analysis.faces if _is_fit(one, size)]
        name = hashlib.sha256(data).hexdigest()[:16]
        for number, one in enumerate(found):
            place = into / f"{name}-{number}.png"
            _save(_cut(analysis, one.face, size), place)
            yield SharpFace(place, name)
        if not found:
            yield "photo without a sharp, large face seen from the front"


def photos_in(folder: Path) -> list[Path]:
    """The photos below a folder, as the daemon would see them."""
    return sorted(sighting.path for sighting in Scan(Source(folder)))


def drawn(places: Sequence[Path], most: int) -> list[Path]:
    """At most so many, from all over."""
    step = max(1.0, len(places) / most)
    return [places[int(number * step)] for number in range(min(most, len(places)))]


def split(faces: Sequence[SharpFace]) -> Parts:
    """About a fifth is held out, in whole groups: of one person each, where dlib tells and there is more than one."""
    for told in (_by_person(faces) if Identity.is_there() else [], list(faces)):
        held = _held(told)
        if held:
            break
    return Parts(
        tuple(face for face in told if face.group not in held), tuple(face for face in told if face.group in held)
    )


def _held(faces: Sequence[SharpFace]) -> set[str]:
    """Groups that make about a fifth of the faces, the same ones every time; none where one group is nearly all."""
    sizes = Counter(face.group for face in faces)
    held: set[str] = set()
    count = 0
    for group in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if count + sizes[group] <= _AT_MOST * len(faces) and count < len(faces) / _ONE_IN:
            held.add(group)
            count += sizes[group]
    return held


def _by_person(faces: Sequence[SharpFace]) -> list[SharpFace]:
    """With the groups of one person made one."""
    judge = Identity()
    told = [judge.descriptor(crop, crop) for crop in (_measured(loaded(face.path)) for face in faces)]
    name = {face.group: face.group for face in faces}
    for place, (face, one) in enumerate(zip(faces, told, strict=True)):
        for other, another in zip(faces[:place], told[:place], strict=True):
            if np.linalg.norm(one - another) < _SAME_PERSON:
                old, new = name[face.group], name[other.group]
                name = {group: new if person == old else person for group, person in name.items()}
    return [replace(face, group=name[face.group]) for face in faces]


def _groups(folder: Path) -> dict[str, str]:
    """Whom each picture shows, by its name, where a manifest tells."""
    for place in (folder / MANIFEST, folder.parent / MANIFEST):
        if place.is_file():
            with place.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.DictReader(stream))
            return {Path(row["file"]).name: row["group"] for row in rows if row.get("file") and row.get("group")}
    return {}


def _unfit(pixels: NDArray[np.uint8], networks: Networks, settings: CoreSettings) -> str:
    """Why a picture is no sharp, aligned face seen from the front, or ""."""
    side = pixels.shape[0]
    if pixels.shape[0] != pixels.shape[1] or side < _LEAST_SIDE:
        return f"not square, or smaller than {_LEAST_SIDE} px"
    marks = align.scaled(align.FFHQ_TEMPLATE, side)
    found = [face for face in networks.detect(pixels) if _off(face, marks) <= _OFF * _EYES_APART * side]
    if not found or found[0].score < settings.triage.minimum_score:
        return "not a face that is aligned as in FFHQ"
    if triage.pose_doubt(found[0]) is not None:
        return "turned away"
    crop = _measured(pixels)
    if sharpness.measure(crop, sharpness.SIDE / side, 0.0).sharpness < settings.triage.sharpness_threshold:
        return "not sharp"
    return "partly covered" if occlusion.log_odds(crop) >= triage.COVERED else ""


def _off(face: Face, marks: Sequence[tuple[float, float]]) -> float:
    return float(np.sqrt(((np.asarray(face.landmarks) - np.asarray(marks)) ** 2).sum(1).mean()))


def _measured(pixels: NDArray[np.uint8]) -> Plane:
    marks = align.scaled(align.FFHQ_TEMPLATE, pixels.shape[0])
    return align.crop(pixels, align.similarity(marks, TEMPLATE), sharpness.SIDE)


def _is_fit(one: JudgedFace, size: int) -> bool:
    if one.report.verdict is not Verdict.SHARP or one.crop is None or triage.pose_doubt(one.face) is not None:
        return False
    target = align.scaled(align.FFHQ_TEMPLATE, size)
    is_large = align.scale_of(align.similarity(one.face.landmarks, target)) <= 1
    return is_large and occlusion.log_odds(one.crop) < triage.COVERED


def _cut(analysis: PhotoAnalysis, face: Face, size: int) -> Plane:
    side = round(size * _MARGIN)
    own = align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, side))
    side = max(size, round(side / max(1.0, align.scale_of(own))))
    return analysis.cut(align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, side)), side)


def _save(crop: Plane, place: Path) -> None:
    pixels = np.asarray(np.rint(np.clip(crop, 0, 1) * 255), np.uint8)
    cv2.imwrite(str(place), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
