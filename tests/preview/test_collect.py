"""Preview: what a folder holds, and a page that needs nothing else."""

import shutil
from pathlib import Path

import piexif

from gpend.cli import single
from gpend.core.networks import Networks
from gpend.core.report import Verdict
from gpend.preview import collect
from gpend.preview.page import page
from gpend.settings import CoreSettings


def collected(folder: Path, networks: Networks) -> collect.Collection:
    (*_, last) = collect.collect(collect.photos(folder), Path.read_bytes, networks, CoreSettings())
    return last


def folder_of(samples: Path, folder: Path) -> Path:
    for name in ("portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg"):
        shutil.copy(samples / name, folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    return folder


def test_faces_come_worst_first_with_what_would_become_of_them(
    networks: Networks, samples: Path, tmp_path: Path
) -> None:
    found = collected(folder_of(samples, tmp_path), networks)
    assert found.photos == 4
    assert [face.report.verdict for face in found.faces] == [Verdict.RESTORED, Verdict.SHARP]
    assert found.faces[0].after
    assert not found.faces[1].after
    assert [path.name for path, _ in found.failures] == ["broken.jpg"]


def test_a_folder_without_faces_has_a_page_too(networks: Networks, samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / "no-faces.jpg", tmp_path)
    found = collected(tmp_path, networks)
    assert not found.verdicts
    assert "0 measured faces" in page(found, 0.5)


def test_verdicts_are_counted_for_all_faces_and_told_on_the_page(
    networks: Networks, samples: Path, tmp_path: Path
) -> None:
    found = collected(folder_of(samples, tmp_path), networks)
    assert found.verdicts == {Verdict.RESTORED: 1, Verdict.SHARP: 1}
    assert "1 restored" in page(found, 0.5)


def test_what_gpend_has_restored_is_no_photo_that_it_would_restore(
    networks: Networks, samples: Path, tmp_path: Path
) -> None:
    folder = folder_of(samples, tmp_path)
    photo = folder / "portrait-blurred.jpg"
    assert single.restore(photo, folder / "output.jpg", networks, CoreSettings()).output
    found = collected(folder, networks)
    assert found.photos == 5
    assert [face.photo for face in found.faces if face.report.verdict is Verdict.RESTORED] == [photo]
    assert len(found.sharpness) == 2


def test_nothing_is_written_beside_the_photos(networks: Networks, samples: Path, tmp_path: Path) -> None:
    folder = folder_of(samples, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    collected(folder, networks)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_page_loads_nothing_from_elsewhere_and_escapes_names(
    networks: Networks, samples: Path, tmp_path: Path
) -> None:
    folder = folder_of(samples, tmp_path)
    (folder / "portrait-blurred.jpg").rename(folder / "<script>alert(1)<.jpg")
    html = page(collected(folder, networks), 0.5)
    assert "<script>alert" not in html
    assert "http" not in html
    assert html.count("data:image/jpeg;base64,") == 3


def test_each_face_comes_with_what_its_photo_tells_of_itself(networks: Networks, samples: Path, tmp_path: Path) -> None:
    tags = {
        "0th": {piexif.ImageIFD.Model: b"Phone 9"},
        "Exif": {piexif.ExifIFD.DateTimeOriginal: b"2023:07:08 09:10:11"},
    }
    shutil.copy(samples / "portrait-blurred.jpg", tmp_path / "a.jpg")
    piexif.insert(piexif.dump(tags), str(tmp_path / "a.jpg"))
    assert [face.capture for face in collected(tmp_path, networks).faces] == ["Phone 9, 2023-07-08 09:10:11"]
