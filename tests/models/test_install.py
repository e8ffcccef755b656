"""A network of a person's own is looked at before it gets its name, and never takes another's."""

from pathlib import Path

import pytest
import safetensors.torch
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


@pytest.mark.parametrize("file", ["net.ckpt", "NET.PTH", "net", ".net.pth"])
def test_the_ending_of_its_file_does_not_matter(network: Path, tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(network.read_bytes())
    added = add_own(tmp_path / file, None, "gpen", tmp_path / "folder")
    assert added.file == f"{added.name}.pth"
    assert added.name.lower() == "net"


def test_its_content_tells_a_safetensors_whatever_it_is_called(tmp_path: Path) -> None:
    tensors = conformance.weights(conformance.vector("tiny-64").shapes)
    (tmp_path / "net.pth").write_bytes(safetensors.torch.save(tensors))
    assert add_own(tmp_path / "net.pth", "kids", "gpen", tmp_path / "folder").file == "kids.safetensors"


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".hidden", "", "auto", "kids.pth", "ein Netz", "网络", "n" * 61, "two\nlines"]
)
def test_a_name_that_could_not_be_used_is_refused(network: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(FatalError, match=r"A network cannot be called .*Choose another name with --name; nothing was"):
        add_own(network, name, "gpen", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


@pytest.mark.parametrize("name", ["gpen-256", "GPEN-BFR-512", "parsing_parsenet"])
def test_no_network_takes_the_name_of_one_that_gpend_knows(network: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(FatalError, match=f"another network is called so .*fetch {name} --from {network.parent}"):
        add_own(network, name, "gpen", tmp_path / "folder")


def test_a_network_whose_training_went_wrong_is_not_added(tmp_path: Path) -> None:
    tensors = conformance.weights(conformance.vector("tiny-64").shapes)
    tensors["ecd0.0.0.weight"][0, 0] = torch.nan
    torch.save(tensors, tmp_path / "net.pth")
    with pytest.raises(FatalError, match=r"hold NaN or infinity, such as ecd0\.0\.0\.weight.*earlier checkpoint"):
        add_own(tmp_path / "net.pth", None, "gpen", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
