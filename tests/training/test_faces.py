"""Which faces are trained on, and which never."""

from pathlib import Path

import numpy as np
import pytest

from gpend.errors import ConfigurationError
from gpend.training.faces import FREE, MANIFEST, SIDE, FaceSet, face_set, loaded, read_manifest, tally
from gpend.training.settings import Licences
from tests.training import material


def found(folder: Path, licences: Licences = Licences.ALL, maximum: int | None = None) -> FaceSet:
    return face_set([(folder, folder / MANIFEST)], licences, maximum)


def test_what_lies_under_val_is_held_out(tmp_path: Path) -> None:
    faces = found(material.faces(tmp_path))
    assert [face.path.parent.name for face in faces.training] == ["train"] * 5
    assert [face.path.parent.name for face in faces.held_out] == ["val"] * 2


def test_whoever_is_held_out_is_not_trained_on_from_another_photo(tmp_path: Path) -> None:
    licence = ("a", "CC0", "")
    rows = [("val/1.png", *licence, "ann"), ("train/2.png", *licence, "ann"), ("train/3.png", *licence, "bob")]
    material.write_manifest(tmp_path, rows)
    faces = found(tmp_path)
    assert {face.group for face in faces.training} == {"bob"}
    assert {face.group for face in faces.held_out} == {"ann"}


def test_a_folder_without_val_holds_out_some_groups_and_always_the_same(tmp_path: Path) -> None:
    material.write_manifest(tmp_path, [(f"{n}.png", "a", "CC0", "", f"group {n // 2}") for n in range(400)])
    faces = found(tmp_path)
    assert 8 < len(faces.held_out) < 50
    assert not {face.group for face in faces.training} & {face.group for face in faces.held_out}
    assert faces == found(tmp_path)


def test_with_free_licences_only_those_faces_are_used(tmp_path: Path) -> None:
    faces = found(material.faces(tmp_path), Licences.FREE)
    assert {face.licence_class for face in (*faces.training, *faces.held_out)} <= FREE
    assert len(faces.training) == 3


def test_where_nothing_is_left_to_train_on_it_is_said(tmp_path: Path) -> None:
    material.write_manifest(tmp_path, [("train/1.png", "a", "NC", "", "x")])
    with pytest.raises(ConfigurationError, match="None of 1 listed faces may be trained on"):
        found(tmp_path, Licences.FREE)


def test_a_manifest_without_licences_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("file,source\n1.png,a\n")
    with pytest.raises(ConfigurationError, match="lacks the columns licence_class, licence"):
        read_manifest(tmp_path, tmp_path / MANIFEST)


def test_without_a_manifest_nothing_is_trained_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        found(tmp_path)


def test_pictures_are_rgb_and_all_of_one_size(tmp_path: Path) -> None:
    faces = found(material.faces(tmp_path), maximum=2)
    pictures = loaded(faces.training)
    assert pictures.shape == (2, 3, SIDE, SIDE)
    assert pictures.dtype == np.uint8
    assert pictures[:, 0].mean() > pictures[:, 2].mean()  # skin is redder than it is blue


def test_sources_and_licences_are_counted(tmp_path: Path) -> None:
    faces = found(material.faces(tmp_path))
    assert tally(faces.training) == [
        ("source 0", "CC0", "public domain dedication", 3),
        ("source 1", "NC", "research only", 2),
    ]


def test_the_local_faces_hold_the_free_ones_that_were_counted(beside: Path) -> None:
    folder = beside / "faces"
    faces = face_set([(folder, folder / MANIFEST)], Licences.FREE)
    assert len(faces.training) + len(faces.held_out) == 611
