"""Which file belongs to which photo, by their names."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.sidecars import Lone, is_sidecar, names_beside, photo_beside


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


@pytest.mark.parametrize(
    "name", ["IMG_1.HEIC", "._IMG_1.xmp", ".syncthing.IMG_1.xmp.tmp", "IMG_1.mp4", "xmp", ".xmp", "..xmp", "...xmp"]
)
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


_PARTS = st.lists(st.sampled_from(("a", "b", ".", "jpg", ".suppl", "/", "\udcff")), min_size=1).map("".join)


@given(
    sidecar=_PARTS.map(lambda name: f"x/{name}.xmp").filter(lambda path: is_sidecar(Path(path).name)),
    photo=_PARTS.map(lambda name: f"x/{name}.jpg"),
)
def test_a_photo_takes_those_sidecars_that_belong_to_it_and_were_met_before_it(sidecar: str, photo: str) -> None:
    lone = Lone()
    lone.note(Path(sidecar))
    taken = list(lone.take(Path(photo)))
    assert taken == ([Path(sidecar)] if belongs(str(Path(sidecar)), str(Path(photo))) else [])
    assert list(lone.take(Path(photo))) == []


def test_no_more_sidecars_than_some_are_remembered_and_those_that_were_taken_make_room() -> None:
    lone = Lone(most=2)
    for name in ("a.xmp", "a.xmp", "a.aae", "b.xmp"):
        lone.note(Path(name))
    assert list(lone.take(Path("b.jpg"))) == []
    assert list(lone.take(Path("a.jpg"))) == [Path("a.aae"), Path("a.xmp")]
    lone.note(Path("b.xmp"))
    assert list(lone.take(Path("b.jpg"))) == [Path("b.xmp")]
