"""Checkpoints are found by name and used only if they are what the manifest promises."""

import hashlib
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
import yaml

from gpend.errors import FatalError
from gpend.models.weights import (
    FROM_HEAD,
    DetectorCheckpoint,
    GpenCheckpoint,
    find,
    folder_to_fill,
    load_manifest,
    weights_folders,
)

_CONTENT = b"the weights"
_ENTRY: dict[str, object] = {
    "name": "mine",
    "architecture": "gpen",
    "size": 64,
    "channel_multiplier": 1,
    "narrow": 0.125,
    "template": "ffhq",
    "file": "mine.pth",
    "sha256": hashlib.sha256(_CONTENT).hexdigest(),
    "bytes": len(_CONTENT),
    "origin": "https://example.org/mine.pth",
    "licence": "mine",
}


def _folder(path: Path, content: bytes = _CONTENT, changes: dict[str, object] | None = None) -> Path:
    (path / "MANIFEST.yaml").write_text(yaml.safe_dump([_ENTRY | (changes or {})]))
    (path / "mine.pth").write_bytes(content)
    return path


def test_every_shipped_file_is_what_its_manifest_promises() -> None:
    folders = weights_folders()
    assert find("gpen-256", GpenCheckpoint, folders).checkpoint.template == "ffhq"
    assert find("retinaface_mobile0.25", DetectorCheckpoint, folders).checkpoint.licence == "MIT"


def test_the_published_network_is_known_by_its_hash_and_wants_its_own_template() -> None:
    (published,) = (one for one in load_manifest(weights_folders()[-1]) if one.name == "GPEN-BFR-512")
    assert isinstance(published, GpenCheckpoint)
    assert (published.file, published.bytes, published.template) == ("GPEN-BFR-512.pth", 284085738, "gpen")


def test_a_published_network_that_is_not_there_is_asked_for_with_its_origin_and_its_place() -> None:
    with pytest.raises(FatalError, match=r"512.pth.*weights fetch GPEN-BFR-512.*put it there.*https://") as raised:
        find("GPEN-BFR-512", GpenCheckpoint, weights_folders()[-1:])
    assert "licence" in str(raised.value)


def test_a_checkpoint_of_ones_own_is_described_in_its_own_folder(tmp_path: Path) -> None:
    folders = weights_folders(_folder(tmp_path))
    assert find("mine", GpenCheckpoint, folders).content == _CONTENT
    assert find("gpen-256", GpenCheckpoint, folders).checkpoint.size == 256


def test_a_known_checkpoint_may_lie_in_ones_own_folder_without_a_manifest(tmp_path: Path) -> None:
    shipped = weights_folders()[-1]
    (tmp_path / "gpen-256.safetensors").write_bytes((shipped / "gpen-256.safetensors").read_bytes())
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "MANIFEST.yaml").write_bytes((shipped / "MANIFEST.yaml").read_bytes())
    assert find("gpen-256", GpenCheckpoint, [tmp_path, tmp_path / "shipped"]).checkpoint.size == 256


def test_a_file_cut_short_is_refused_by_its_size(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"has 3 bytes instead of 11.*nothing of it was loaded"):
        find("mine", GpenCheckpoint, [_folder(tmp_path, b"the")])


def test_a_changed_file_is_refused_by_its_hash(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="SHA-256 differs"):
        find("mine", GpenCheckpoint, [_folder(tmp_path, b"The weights")])


def test_one_that_is_damaged_is_told_with_the_command_that_gets_it_again(tmp_path: Path) -> None:
    (tmp_path / "GPEN-BFR-512.pth").write_bytes(b"cut")
    with pytest.raises(
        FatalError, match=r"3 bytes instead of .* Fetch it again \(`gpend weights fetch GPEN-BFR-512`\)"
    ):
        find("GPEN-BFR-512", GpenCheckpoint, weights_folders(tmp_path))


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"'gpen-255'; there are: mine\."):
        find("gpen-255", GpenCheckpoint, [_folder(tmp_path)])


def test_a_detector_is_no_restorer() -> None:
    with pytest.raises(FatalError, match="there are"):
        find("retinaface_mobile0.25", GpenCheckpoint, weights_folders())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"size": 100}, "size"),
        ({"sha256": "short"}, "sha256"),
        ({"file": "../../etc/passwd.pth"}, "file"),
        ({"file": "network.pickle"}, "file"),
        ({"colour": "red"}, "colour"),
        ({"architecture": "gfpgan"}, "gfpgan"),
    ],
)
def test_a_wrong_manifest_is_refused_by_its_key(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    with pytest.raises(FatalError, match=f"{problem}.*Correct it"):
        load_manifest(_folder(tmp_path, changes=changes))


def test_a_manifest_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.yaml").write_text("- {name: [")
    with pytest.raises(FatalError, match="cannot be read"):
        load_manifest(tmp_path)


def test_a_network_is_proven_without_importing_torch() -> None:
    program = "import sys, gpend.models.weights; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_a_head_has_sent_is_looked_at_before_what_was_there() -> None:
    sent, usual = Path("/srv/weights") / FROM_HEAD, folder_to_fill() / FROM_HEAD
    assert weights_folders(sent)[:2] == (sent, sent.parent)
    assert weights_folders(usual) == (usual, *weights_folders())


def test_a_user_without_a_home_as_in_a_container_finds_what_came_with_gpend(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_user: int) -> NoReturn:
        raise KeyError

    shipped = weights_folders()[-1]
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert weights_folders()[-1] == shipped
    assert folder_to_fill() == Path("/var/lib/gpend/weights")
