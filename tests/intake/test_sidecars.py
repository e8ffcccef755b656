"""Which file belongs to which photo, by their names."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.sidecars import is_sidecar, names_beside, photo_beside


def belongs(sidecar: str, photo: str) -> bool:
    exact, first, last = photo_beside(Path(sidecar))
    name = os.fsencode(photo)
    return name == exact or first < name < last


@pytest.mark.parametrize(
    "sidecar",
    ["b/IMG_1.xmp", "b/IMG_1.AAE", "b/IMG_1.HEIC.json", "b/IMG_1.MOV", "b/IMG_1.HEIC.supplemental-metadata.json"],
)
def test_a_sidecar_finds_its_photo_and_the_photo_its_sidecar(sidecar: str) -> None:
    assert is_sidecar(Path(sidecar).name)
    assert belongs(sidecar, "b/IMG_1.HEIC")
    assert Path(sidecar) in names_beside(Path("b/IMG_1.HEIC"))


@pytest.mark.parametrize("photo", ["b/IMG_10.HEIC", "IMG_1.HEIC", "b/IMG_1/x.jpg", "b/IMG_.jpg"])
def test_a_sidecar_belongs_to_no_other_photo(photo: str) -> None:
    assert not belongs("b/IMG_1.xmp", photo)


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "._IMG_1.xmp", ".syncthing.IMG_1.xmp.tmp", "IMG_1.mp4", "xmp"])
def test_other_files_are_no_sidecars(name: str) -> None:
    assert not is_sidecar(name)


@given(stem=st.text(min_size=1).filter(lambda stem: not set(stem) & set("/\0") and stem.strip(".")))
def test_whatever_a_photo_is_called_its_sidecars_find_it(stem: str) -> None:
    photo = Path("b") / f"{stem}.jpg"
    try:
        os.fsencode(photo)
    except UnicodeEncodeError:
        return  # no file can be called so
    for sidecar in names_beside(photo):
        assert belongs(str(sidecar), str(photo))
