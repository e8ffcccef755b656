"""What a person added to their own folder of networks, and what they said yes to, is remembered."""

from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.models import registry
from gpend.models.weights import DetectorCheckpoint, load_manifest

ONE = DetectorCheckpoint(
    name="one", architecture="retinaface-mobile0.25", file="one.pth", sha256="0" * 64, bytes=1, origin="", licence="A"
)


def test_what_is_described_is_found_again(tmp_path: Path) -> None:
    registry.describe(tmp_path / "new", ONE)
    registry.describe(tmp_path / "new", ONE)
    assert load_manifest(tmp_path / "new") == (ONE,)


def test_what_a_person_wrote_there_stays_as_it_is(tmp_path: Path) -> None:
    registry.describe(tmp_path, ONE)
    manifest = tmp_path / "MANIFEST.yaml"
    manifest.write_text("# mine\n" + manifest.read_text().rstrip("\n"))
    registry.describe(tmp_path, ONE.model_copy(update={"name": "two"}))
    assert manifest.read_text().startswith("# mine\n- name: one")
    assert [one.name for one in load_manifest(tmp_path)] == ["one", "two"]


def test_a_name_stands_for_one_network(tmp_path: Path) -> None:
    registry.describe(tmp_path, ONE)
    with pytest.raises(FatalError, match=r"another network called one.*--name"):
        registry.describe(tmp_path, ONE.model_copy(update={"file": "two.pth"}))


def test_a_yes_is_given_once_and_for_one_licence(tmp_path: Path) -> None:
    assert not registry.has_accepted(tmp_path, ONE)
    registry.accept_licence(tmp_path, ONE, "2026-11-27")
    registry.accept_licence(tmp_path, ONE, "2026-11-28")
    assert registry.has_accepted(tmp_path, ONE)
    assert not registry.has_accepted(tmp_path, ONE.model_copy(update={"licence": "B"}))
    assert (tmp_path / registry.ACCEPTED).read_text().count("day:") == 1


def test_a_spoiled_list_of_yeses_is_told(tmp_path: Path) -> None:
    (tmp_path / registry.ACCEPTED).write_text("- {name: [")
    with pytest.raises(FatalError, match="cannot be read"):
        registry.has_accepted(tmp_path, ONE)
