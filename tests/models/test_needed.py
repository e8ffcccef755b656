"""What two machines must have in common, and what one is sent that lacks it."""

import shutil
from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.models import needed
from gpend.models.weights import MANIFEST, weights_folders
from gpend.settings import CoreSettings, RestoreSettings

_SETTINGS = CoreSettings(restore=RestoreSettings(model="gpen-256"))


def _with(folder: Path) -> CoreSettings:
    return _SETTINGS.model_copy(update={"restore": _SETTINGS.restore.model_copy(update={"weights": folder})})


def test_all_that_an_outcome_depends_on_is_named_with_its_digest() -> None:
    told = dict(needed.needed(_SETTINGS))
    assert {"gpen-256", "gpen-256.blend.json", needed.DETECTOR, needed.KERNEL, needed.REFINER} == set(told)
    assert all(len(told[name]) == 64 for name in told if not name.endswith(".json"))


def test_a_machine_with_the_same_lacks_nothing() -> None:
    assert needed.lacking(needed.needed(_SETTINGS), _SETTINGS) == []


def test_what_differs_is_named() -> None:
    wanted = [(name, "0" * 64 if name == "gpen-256" else digest) for name, digest in needed.needed(_SETTINGS)]
    assert needed.lacking(wanted, _SETTINGS) == ["gpen-256"]


def test_a_machine_with_more_is_told_so() -> None:
    wanted = [one for one in needed.needed(_SETTINGS) if not one[0].startswith("gpen-256")]
    with pytest.raises(FatalError, match="has not: gpen-256"):
        needed.lacking(wanted, _SETTINGS)


def test_what_was_sent_is_kept_and_is_then_the_same(tmp_path: Path) -> None:
    name = "gpen-256"
    entry, content = needed.entry_and_file(name, _SETTINGS)
    for _ in range(2):
        needed.keep(entry, content, tmp_path)
    needed.keep(*needed.entry_and_file(f"{name}.blend.json", _SETTINGS), tmp_path)
    (found,) = [one for one in tmp_path.iterdir() if one.suffix == ".safetensors"]
    assert found.read_bytes() == content
    assert needed.needed(_with(tmp_path)) == needed.needed(_SETTINGS)


def test_a_network_of_that_name_that_came_before_is_replaced(tmp_path: Path) -> None:
    shutil.copytree(weights_folders()[-1], tmp_path / "kept")
    other = (tmp_path / "kept" / MANIFEST).read_text().replace("sha256: ", "sha256: &a ", 1)
    (tmp_path / "kept" / MANIFEST).write_text(other)
    needed.keep(*needed.entry_and_file("gpen-256", _SETTINGS), tmp_path / "kept")
    assert needed.lacking(needed.needed(_SETTINGS), _with(tmp_path / "kept")) == []


@pytest.mark.parametrize("entry", ["", "[]", "{}", '{"name": "x"}', '{"fit": "x"}'])
def test_what_is_no_network_is_not_kept(entry: str, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="description"):
        needed.keep(entry, b"content", tmp_path)


def test_content_that_is_not_what_it_says_is_not_used(tmp_path: Path) -> None:
    entry, content = needed.entry_and_file("gpen-256", _SETTINGS)
    with pytest.raises(FatalError, match="SHA-256 differs"):
        needed.keep(entry, content[:-1] + b"x", tmp_path)
    assert not (tmp_path / MANIFEST).exists()


def test_what_is_refused_leaves_no_folder_that_would_be_looked_into(tmp_path: Path) -> None:
    entry, content = needed.entry_and_file("gpen-256", _SETTINGS)
    for told, came in ((entry, content[:-1]), (entry, content[:-1] + b"x"), ('{"fit": "x"}', b"no fit"), ("[]", b"")):
        with pytest.raises(FatalError):
            needed.keep(told, came, tmp_path / "from-head")
    assert not (tmp_path / "from-head").exists()


def test_a_fit_of_another_network_than_was_said_is_not_kept(tmp_path: Path) -> None:
    _, content = needed.entry_and_file("gpen-256.blend.json", _SETTINGS)
    for name in ("another", "../gpen-256"):
        with pytest.raises(FatalError, match="description"):
            needed.keep(f'{{"fit": "{name}"}}', content, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_beside_a_list_that_cannot_be_read_no_network_is_put(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("- {name: [")
    with pytest.raises(FatalError, match="cannot be read"):
        needed.keep(*needed.entry_and_file("gpen-256", _SETTINGS), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [MANIFEST]
