"""A network of a person's own is looked at before it gets its name, and never takes another's."""

from pathlib import Path

import pytest
import torch

from gpend.errors import FatalError
from gpend.models import weights
from gpend.models.download import sha256_of
from gpend.models.install import add_own
from tests.models import conformance


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded GPEN of 64 px."""
    path = tmp_path_factory.mktemp("own") / "mine.pth"
    torch.save(conformance.weights(conformance.vector("tiny-64").shapes), path)
    return path


def test_it_is_described_as_its_tensors_tell(network: Path, tmp_path: Path) -> None:
    added = add_own(network, "mine", "ffhq", tmp_path / "folder")
    assert (added.size, added.file, added.sha256) == (64, "mine.pth", sha256_of(network))
    assert (tmp_path / "folder" / "mine.pth").read_bytes() == network.read_bytes()
    assert [each.name for each in weights.load_manifest(tmp_path / "folder")] == ["mine"]


def test_a_name_that_is_taken_is_not_taken_again(network: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(b"another")
    with pytest.raises(FatalError, match="there already"):
        add_own(network, "mine", "ffhq", tmp_path)
    assert (tmp_path / "mine.pth").read_bytes() == b"another"


def test_what_cannot_be_read_or_is_no_network_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="Nothing was added"):
        add_own(tmp_path / "none.pth", "mine", "ffhq", tmp_path / "folder")
    (tmp_path / "words.pth").write_bytes(b"words")
    with pytest.raises(FatalError):
        add_own(tmp_path / "words.pth", "mine", "ffhq", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
