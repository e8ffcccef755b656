"""Which faces a network is measured on, and that nobody is on both sides."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align, sharpness
from gpend.core.networks import Networks
from gpend.fitting import faces
from gpend.fitting.distances import Identity
from gpend.fitting.faces import SharpFace
from gpend.settings import CoreSettings

GROUPS = st.lists(st.integers(0, 12), min_size=10, max_size=60)


@given(GROUPS)
def test_nobody_is_on_both_sides(groups: list[int]) -> None:
    told = [SharpFace(Path(f"{place}.png"), str(group)) for place, group in enumerate(groups)]
    held = faces._held(told)  # noqa: SLF001 - the rule without dlib
    share = sum(face.group in held for face in told) / len(told)
    assert share <= 0.4
    assert held or max(groups.count(group) for group in set(groups)) > 0.4 * len(groups) - 1


@pytest.fixture
def folder(samples: Path, tmp_path: Path, networks: Networks) -> Path:
    """The bundled portrait aligned, blurred, half covered, and something else."""
    pixels = cv2.imread(str(samples / "portrait-sharp.jpg"))
    assert pixels is not None
    rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
    (face,) = networks.detect(rgb)
    crop = align.crop(rgb, align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, 256)), sharpness.SIDE)
    sharp = cv2.cvtColor(np.asarray(np.rint(crop * 255), np.uint8), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(tmp_path / "sharp.png"), sharp)
    cv2.imwrite(str(tmp_path / "blurred.png"), cv2.GaussianBlur(sharp, (0, 0), 4))
    cv2.imwrite(str(tmp_path / "upside-down.png"), sharp[::-1])
    cv2.imwrite(str(tmp_path / "wide.png"), sharp[:128])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG and no more")
    return tmp_path


def test_of_aligned_pictures_only_sharp_faces_from_the_front_are_taken(folder: Path, networks: Networks) -> None:
    pictures = sorted(folder.glob("*.png"))
    told = dict(zip(pictures, faces.aligned(folder, pictures, networks, CoreSettings()), strict=True))
    assert told[folder / "sharp.png"] == SharpFace(folder / "sharp.png", "sharp")
    assert told[folder / "blurred.png"] == "not sharp"
    assert told[folder / "upside-down.png"] == "not a face that is aligned as in FFHQ"
    assert "not square" in str(told[folder / "wide.png"])
    assert told[folder / "broken.png"] == "cannot be read as a picture"


def test_a_manifest_tells_who_is_the_same_person(folder: Path, networks: Networks) -> None:
    (folder / faces.MANIFEST).write_text("file,group\ntrain/sharp.png,anna\n")
    (told,) = faces.aligned(folder, [folder / "sharp.png"], networks, CoreSettings())
    assert told == SharpFace(folder / "sharp.png", "anna")


def test_gpend_finds_the_sharp_large_faces_of_photos_itself(samples: Path, tmp_path: Path, networks: Networks) -> None:
    photos = [
        one for one in faces.photos_in(samples) if one.stem != "before-after"
    ]  # of which what was restored is sharp
    told = list(faces.in_photos(photos, tmp_path, 64, networks, CoreSettings()))
    (found,) = [one for one in told if isinstance(one, SharpFace)]
    picture = cv2.imread(str(found.path))
    assert picture is not None
    assert picture.shape[0] == picture.shape[1] >= 64
    assert "photo without a sharp, large face seen from the front" in told


@pytest.mark.skipif(not Identity.is_there(), reason="dlib and face-recognition-models are not installed")
def test_pictures_of_one_person_are_one_group(folder: Path) -> None:
    cv2.imwrite(str(folder / "again.png"), cv2.flip(np.asarray(cv2.imread(str(folder / "sharp.png"))), 1))
    told = [SharpFace(folder / name, name) for name in ("sharp.png", "again.png")]
    assert len({face.group for face in faces._by_person(told)}) == 1  # noqa: SLF001


def test_of_many_places_some_are_drawn_from_all_over() -> None:
    places = [Path(str(number)) for number in range(100)]
    chosen = faces.drawn(places, 10)
    assert chosen == places[::10]
    assert faces.drawn(places, 1000) == places
