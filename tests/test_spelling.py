"""Two names of one file: by what they are told apart, and by what they are not."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.spelling import folded, is_ambiguous, is_listed, listed


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@given(name=st.text(min_size=1))
def test_every_spelling_of_a_name_folds_to_the_same(name: str) -> None:
    for other in (name.upper(), name.lower(), unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
        assert folded(folded(other)) == folded(other)
    assert folded(unicodedata.normalize("NFD", name)) == folded(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("one", "other"), [("IMG_0.JPG", "img_0.jpg"), ("Größe.jpg", "GRÖßE.JPG"), ("é.jpg", "e\u0301.jpg")]
)
def test_case_and_the_form_of_unicode_make_no_other_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded(Path("a") / one) == folded(f"A/{other}")


def test_other_names_do_not_fold_to_the_same() -> None:
    assert folded("a.jpg") != folded("b.jpg")
    assert folded("a/b.jpg") != folded("ab.jpg")


def test_where_case_counts_a_name_is_listed_as_it_is_and_is_nobody_elses(tmp_path: Path, folder: int) -> None:
    (tmp_path / "a.jpg").touch()
    assert listed(folder, "a.jpg") == "a.jpg"
    assert listed(folder, "A.JPG") is None
    assert not is_ambiguous(folder, "a.jpg")
    (tmp_path / "A.JPG").touch()
    assert (listed(folder, "a.jpg"), listed(folder, "A.JPG")) == ("a.jpg", "A.JPG")


def test_a_path_is_listed_with_the_spelling_that_it_has_only(tmp_path: Path) -> None:
    (tmp_path / "Trip").mkdir()
    (tmp_path / "Trip/a.jpg").touch()
    assert is_listed(tmp_path, Path("Trip/a.jpg"))
    assert not is_listed(tmp_path, Path("Trip/A.jpg"))
    with pytest.raises(FileNotFoundError):
        is_listed(tmp_path / "nowhere", Path("a.jpg"))


def test_a_name_that_no_disk_holds_stands_nowhere(folder: int) -> None:
    assert listed(folder, "x" * 300) is None


def test_a_folder_on_the_way_need_not_be_readable(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed/a.jpg").touch()
    (tmp_path / "closed").chmod(0o100)
    assert is_listed(tmp_path, Path("closed/a.jpg"))
    (tmp_path / "closed").chmod(0o700)
