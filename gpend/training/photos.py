"""Aligned faces out of a folder of photos: sharp and large ones, with the photo's source and licence beside each."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, sharpness
from gpend.core.networks import DetectFaces
from gpend.core.photo import Face
from gpend.errors import ConfigurationError
from gpend.training.faces import MANIFEST, SIDE, FaceFile, read_manifest

_DETECTED = 1280  # pixels of the long side that the detector is given
_LEAST_SCORE = 0.95
_LEAST_SHARPNESS = 0.6
_COLUMNS = ("file", "source", "licence_class", "licence", "group")


def align_photos(folder: Path, manifest: Path, into: Path, detect: DetectFaces) -> int:
    """Write every face of the photos in `manifest` that can teach something into `into`, with a manifest of its own.

    A face must be as large as it is held, and sharp. All faces of a photo are of one group, its own, so that they fall
    into the same part. Nothing is done where `into` has a manifest already. The number of faces; raises
    ConfigurationError for a photo that cannot be read.
    """
    if (into / MANIFEST).is_file():
        return len(read_manifest(into, into / MANIFEST))
    into.mkdir(parents=True, exist_ok=True)
    rows = [row for photo in read_manifest(folder, manifest) for row in _aligned(photo, into, detect)]
    with (into / MANIFEST).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([_COLUMNS, *rows])
    return len(rows)


def _aligned(photo: FaceFile, into: Path, detect: DetectFaces) -> Iterator[tuple[str, str, str, str, str]]:
    read = cv2.imread(str(photo.path), cv2.IMREAD_COLOR)
    if read is None:
        raise ConfigurationError(f"The photo {photo.path} cannot be read as a picture.")
    pixels = np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)
    for number, crop in enumerate(_good_faces(pixels, detect)):
        name = f"{photo.path.stem}-{number}.png"
        cv2.imwrite(str(into / name), cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
        yield name, photo.source, photo.licence_class, photo.licence, photo.group


def _good_faces(pixels: NDArray[np.uint8], detect: DetectFaces) -> Iterator[NDArray[np.uint8]]:
    """Aligned crops (SIDE, SIDE, 3) of the faces that are sharp at this size."""
    factor = min(1.0, _DETECTED / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else pixels
    for face in detect(np.asarray(small, np.uint8)):
        transform = _transform(face, factor, SIDE)
        if face.score >= _LEAST_SCORE and align.scale_of(transform) <= 1 and _is_sharp(pixels, face, factor):
            yield np.asarray(np.rint(align.crop(pixels, transform, SIDE) * 255), np.uint8)


def _is_sharp(pixels: NDArray[np.uint8], face: Face, factor: float) -> bool:
    transform = _transform(face, factor, sharpness.SIDE)
    crop = align.crop(pixels, transform, sharpness.SIDE)
    return sharpness.measure(crop, align.scale_of(transform), 0.0).sharpness >= _LEAST_SHARPNESS


def _transform(face: Face, factor: float, side: int) -> align.Transform:
    marks = [(x / factor, y / factor) for x, y in face.landmarks]
    return align.similarity(marks, align.scaled(align.FFHQ_TEMPLATE, side))
