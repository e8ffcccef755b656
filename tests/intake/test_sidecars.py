"""Which file belongs to which photo, by their names."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.names import is_photo_name
from gpend.intake.sidecars import Lone, Neighbours, is_sidecar, names_beside, photo_beside
from gpend.spelling import folded


def belongs(sidecar: str, photo: str) -> bool:
    exact, first, last = photo_beside(Path(sidecar))
    name = os.fsencode(photo)
    return name == exact or first < name < last


def belongs_but_for_case(sidecar: Path, photo: Path) -> bool:
    return sidecar.parent == photo.parent and belongs(folded(sidecar.name), folded(photo.name))


@pytest.mark.parametrize(
    "sidecar",
    ["b/IMG_1.xmp", "b/IMG_1.AAE", "b/IMG_1.HEIC.json", "b/IMG_1.MOV", "b/IMG_1.HEIC.supplemental-metadata.json"],
)
def test_a_sidecar_finds_its_photo_and_the_photo_its_sidecar(sidecar: str) -> None:
    assert is_sidecar(Path(sidecar).name)
    assert belongs(sidecar, "b/IMG_1.HEIC")
    assert Path(sidecar) in names_beside(Path("b/IMG_1.HEIC"))


TAKEOUT = {
    "IMG_1.jpg": ["IMG_1.jpg.json", "IMG_1.jpg.supplemental-metadata.json", "IMG_1.supplemental-metadata.json"],
    "IMG_1(2).jpg": ["IMG_1.jpg(2).json", "IMG_1.jpg.supplemental-metadata(2).json", "IMG_1(2).jpg.json"],
    "Screenshot_20230101-123456_Some App.jpg": ["Screenshot_20230101-123456_Some App.jpg.supple.json"],
    "Screenshot_20230101-123456_Some App No.jpg": ["Screenshot_20230101-123456_Some App No.jpg.sup.json"],
    "Screenshot_20230101-123456_Some App Name.jpg": ["Screenshot_20230101-123456_Some App Name.jpg.s.json"],
    "Screenshot_20230101-123456_Some App Names.jpg": ["Screenshot_20230101-123456_Some App Names.jpg..json"],
    "Screenshot_20230101-123456_Some App Name A.jpg": ["Screenshot_20230101-123456_Some App Name A.jpg.json"],
    "Screenshot_20230101-123456_Some App Name AB.jpg": ["Screenshot_20230101-123456_Some App Name AB.jp.json"],
    "Screenshot_20230101-123456_Some App Name ABCDEFGHI.heic": ["Screenshot_20230101-123456_Some App Name ABCDE.json"],
    "Screenshot_20230101-123456_Some App(1).jpg": ["Screenshot_20230101-123456_Some App.jpg.supple(1).json"],
}


@pytest.mark.parametrize("photo", TAKEOUT)
def test_the_notes_of_google_takeout_find_their_photo_however_they_are_cut_off(photo: str) -> None:
    for note in TAKEOUT[photo]:
        assert is_sidecar(note)
        assert belongs(f"b/{note}", f"b/{photo}")
        assert not belongs(f"b/{note}", "b/IMG_1(3).jpg")
        assert list(neighbours(note, photo).photos_of(note)) == [photo]
        lone = Lone()
        lone.note(Path("b") / note)
        assert list(lone.take(Path("b") / photo)) == [Path("b") / note]
    assert any(Path("b") / note in names_beside(Path("b") / photo) for note in TAKEOUT[photo])


@pytest.mark.parametrize(
    ("note", "photo"),
    [
        ("IMG_1.jpg(2).json", "IMG_1.jpg"),
        ("IMG_1.jpg.supplemental-metadata(2).json", "IMG_1.jpg"),
        ("album.s.json", "album.jpg"),
        ("IMG_1.jpg.s.xmp", "IMG_1.jpg"),
    ],
)
def test_a_note_of_another_photo_is_not_taken_for_one(note: str, photo: str) -> None:
    assert not belongs(note, photo)
    assert list(neighbours(note, photo).photos_of(note)) == []


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


_PARTS = st.lists(st.sampled_from(("a", "A", "b", "ß", ".", "jpg", ".suppl", "/", "\udcff")), min_size=1).map("".join)


@given(
    sidecar=_PARTS.map(lambda name: f"x/{name}.xmp").filter(lambda path: is_sidecar(Path(path).name)),
    photo=_PARTS.map(lambda name: f"x/{name}.jpg"),
)
def test_a_photo_takes_those_sidecars_that_belong_to_it_and_were_met_before_it(sidecar: str, photo: str) -> None:
    lone = Lone()
    lone.note(Path(sidecar))
    taken = list(lone.take(Path(photo)))
    assert taken == ([Path(sidecar)] if belongs_but_for_case(Path(sidecar), Path(photo)) else [])
    assert list(lone.take(Path(photo))) == []


def test_no_more_sidecars_than_some_are_remembered_and_those_that_were_taken_make_room() -> None:
    lone = Lone(most=2)
    for name in ("a.xmp", "a.xmp", "a.aae", "b.xmp"):
        lone.note(Path(name))
    assert list(lone.take(Path("b.jpg"))) == []
    assert list(lone.take(Path("a.jpg"))) == [Path("a.aae"), Path("a.xmp")]
    lone.note(Path("b.xmp"))
    assert list(lone.take(Path("b.jpg"))) == [Path("b.xmp")]


def neighbours(*names: str) -> Neighbours:
    return Neighbours(Path("b"), names, is_photo_name)


@given(
    sidecar=_PARTS.map(lambda name: f"{name.replace('/', '')}.xmp").filter(is_sidecar),
    photo=_PARTS.map(lambda name: f"{name.replace('/', '')}.jpg").filter(is_photo_name),
)
def test_a_sidecar_goes_with_its_photo_whatever_their_case(sidecar: str, photo: str) -> None:
    is_found = [*neighbours(sidecar, photo).photos_of(sidecar)] == [photo]
    assert is_found is belongs_but_for_case(Path(sidecar), Path(photo))


@pytest.mark.parametrize("own", ["IMG_6.MOV", "IMG_6.mov", "IMG_6.Mov"])
def test_where_two_films_differ_in_case_only_a_photo_has_the_one_that_has_its_case(own: str) -> None:
    beside = neighbours("IMG_6.JPG", "img_6.mov", own)
    assert list(beside.photos_of("img_6.mov")) == []
    assert list(beside.photos_of(own)) == ["IMG_6.JPG"]
    beside.add("img_6.heic")
    assert list(beside.photos_of("img_6.mov")) == ["img_6.heic"]


def test_a_photo_that_comes_is_a_neighbour_once_however_often_it_is_met() -> None:
    beside = neighbours("img_6.mov", "notes.txt")
    for _ in range(2):
        beside.add("IMG_6.JPG")
    assert list(beside.photos_of("img_6.mov")) == ["IMG_6.JPG"]
