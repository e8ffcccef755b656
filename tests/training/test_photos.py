"""Faces out of photos."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gpend.core.align import FFHQ_TEMPLATE
from gpend.core.photo import Face
from gpend.errors import ConfigurationError
from gpend.training.faces import MANIFEST, SIDE
from gpend.training.photos import align_photos
from tests.pictures import portrait
from tests.training.material import COLUMNS, write_manifest


def one_face(image: NDArray[np.uint8]) -> Sequence[Face]:
    """A detector that finds the template's face in the middle third of any picture."""
    height, width = image.shape[:2]
    side = width / 2
    first, second, third, fourth, fifth = ((width / 4 + x * side, height / 4 + y * side) for x, y in FFHQ_TEMPLATE)
    return [Face((width / 3, height / 3, width * 2 / 3, height * 2 / 3), (first, second, third, fourth, fifth), 0.99)]


def photo(folder: Path, name: str, side: int, blur: float = 0.0) -> None:
    folder.mkdir(exist_ok=True)
    Image.fromarray(portrait(side, side)).filter(ImageFilter.GaussianBlur(blur)).save(folder / name)
    write_manifest(folder, [(name, "my camera", "CC0", "my own", "holiday")])


def aligned(tmp_path: Path) -> list[dict[str, str]]:
    folder, into = tmp_path / "photos", tmp_path / "faces"
    align_photos(folder, folder / MANIFEST, into, one_face)
    with (into / MANIFEST).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_large_sharp_face_is_aligned_and_keeps_source_licence_and_group(tmp_path: Path) -> None:
    photo(tmp_path / "photos", "a.png", 800)
    (row,) = aligned(tmp_path)
    assert row == dict(zip(COLUMNS, ("a-0.png", "my camera", "CC0", "my own", "holiday"), strict=True))
    with Image.open(tmp_path / "faces" / "a-0.png") as face:
        assert face.size == (SIDE, SIDE)


@pytest.mark.parametrize(("side", "blur"), [(400, 0.0), (800, 14.0)], ids=["small", "blurred"])
def test_what_could_teach_nothing_is_left_out(side: int, blur: float, tmp_path: Path) -> None:
    photo(tmp_path / "photos", "a.png", side, blur)
    assert aligned(tmp_path) == []


def test_photos_are_aligned_once(tmp_path: Path) -> None:
    photo(tmp_path / "photos", "a.png", 800)
    assert len(aligned(tmp_path)) == 1
    (tmp_path / "photos" / "a.png").unlink()
    assert len(aligned(tmp_path)) == 1


def test_a_photo_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    photo(tmp_path / "photos", "a.png", 64)
    (tmp_path / "photos" / "a.png").write_bytes(b"no picture")
    with pytest.raises(ConfigurationError, match=r"a\.png cannot be read"):
        aligned(tmp_path)
