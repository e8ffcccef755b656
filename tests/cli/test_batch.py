"""Whole folders on request: what is in them, where results go, and what is said in the end."""

import shutil
from pathlib import Path

import pytest

from gpend.cli import batch, single
from gpend.cli.single import Answer
from gpend.errors import FatalError
from tests.cli import Gpend


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "2020/b.jpg", "2020/@eaDir/b.jpg/SYNOPHOTO_THUMB_M.jpg", "c.NEF", "notes.txt"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "photos"


def test_a_folder_stands_for_all_photos_below_it_and_its_results_for_a_tree_like_it(folder: Path) -> None:
    found = batch.collect([folder], folder.parent / "out", folder.parent)
    assert dict(zip(found.photos, found.targets, strict=True)) == {
        folder / "a.jpg": folder.parent / "out/a.jpg",
        folder / "2020/b.jpg": folder.parent / "out/2020/b.jpg",
    }
    assert found.passed_over == {
        "folders with thumbnails of Synology": 1,
        "RAW photos, which gpend does not read": 1,
        "other files": 1,
    }
    assert not (folder.parent / "out").exists()


def test_the_photos_of_folders_and_names_come_in_order(folder: Path) -> None:
    named = folder.parent / "x.jpg"
    assert batch.found_in([named, folder]).photos == [named, folder / "2020/b.jpg", folder / "a.jpg"]
    for number in range(30):
        (folder / f"{number:02}.jpg").touch()
    found = batch.collect([folder], folder.parent / "out", folder.parent)
    assert found.photos == sorted(found.photos)  # as a disk lists them, nobody could follow
    assert [place.relative_to(folder.parent / "out") for place in found.targets] == [
        photo.relative_to(folder) for photo in found.photos
    ]


def test_without_a_place_results_go_beside_the_current_folder_under_a_name_of_their_own(folder: Path) -> None:
    found = batch.collect([folder], None, folder.parent)
    assert set(found.targets) == {folder.parent / "output_photos/a.jpg", folder.parent / "output_photos/2020/b.jpg"}


def test_folders_and_photos_side_by_side_each_have_their_place(folder: Path) -> None:
    other = folder.parent / "x.jpg"
    other.write_bytes(b"x")
    found = batch.collect([folder, other], folder.parent / "out", folder.parent)
    assert found.targets[-1] == folder.parent / "out/x.jpg"
    assert found.targets[0].is_relative_to(folder.parent / "out/photos")


def test_results_inside_the_folder_are_not_taken_for_photos(folder: Path) -> None:
    earlier = folder / "restored" / "a.jpg"
    earlier.parent.mkdir()
    earlier.write_bytes(b"x")
    found = batch.collect([folder], folder / "restored", folder.parent)
    assert earlier not in found.photos
    assert len(found) == 2


def test_a_folder_is_never_its_own_result_and_a_file_none(folder: Path) -> None:
    with pytest.raises(FatalError, match="is the folder of the photos"):
        batch.collect([folder], folder, folder.parent)
    with pytest.raises(FatalError, match="is a file"):
        batch.collect([folder], folder / "notes.txt", folder.parent)


def test_two_photos_never_become_one_file(folder: Path) -> None:
    (folder.parent / "other").mkdir()
    shutil.copytree(folder, folder.parent / "other/photos")
    with pytest.raises(FatalError, match="Several of the photos"):
        batch.collect([folder, folder.parent / "other/photos"], folder.parent / "out", folder.parent)


def test_photos_of_one_name_in_two_formats_have_each_a_result_of_its_own(folder: Path) -> None:
    for name in ("2020/c.heic", "2020/c.jpg", "2020/d.heic"):
        (folder / name).write_bytes(b"\0\0\0\x18ftypheic" if name.endswith("heic") else b"\xff\xd8\xff\xe0")
    found = batch.collect([folder], folder.parent / "out", folder.parent)
    places = dict(zip(found.photos, found.targets, strict=True))
    names = {name: places[folder / "2020" / name].name for name in ("c.heic", "c.jpg", "d.heic")}
    assert names == {"c.heic": "c.heic.jpg", "c.jpg": "c.jpg", "d.heic": "d.jpg"}


def test_a_summary_says_what_was_left_and_why(folder: Path) -> None:
    found, summary = batch.collect([folder], None, folder.parent), batch.Summary()
    summary.note(Answer(folder / "a.jpg", "kept", "there is no face in it"))
    said = summary.lines(found)
    assert said[0] == "1 photo: 1 kept."
    assert "Stopped before the end: 1 was not looked at." in said
    assert "  kept, once: there is no face in it" in said
    assert "  passed over: folders with thumbnails of Synology: 1" in said


@pytest.mark.usefixtures("ready")
def test_restore_takes_a_folder_and_sums_up(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "photos/2020").mkdir(parents=True)
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "photos/2020/a.jpg")
    shutil.copyfile(samples / "no-faces.jpg", tmp_path / "photos/b.jpg")
    (tmp_path / "photos/c.jpg").write_bytes(b"no picture")
    result = gpend("restore", "photos", "-o", "out")
    assert result.exit_code == 1
    assert [path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.jpg")] == [Path("2020/a.jpg")]
    assert "3 photos: " in result.output
    assert "1 restored" in result.output
    assert "b.jpg" not in result.output


@pytest.mark.usefixtures("ready")
def test_restore_that_is_stopped_says_how_much_was_not_done(
    gpend: Gpend, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Answer:
        raise KeyboardInterrupt

    monkeypatch.setattr(single, "restore", interrupted)
    result = gpend("restore", folder)
    assert result.exit_code == 1
    assert "Stopped before the end: 2 were not looked at." in result.output
