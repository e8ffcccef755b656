"""`gpend weights`: published networks come once their licence is accepted, and one's own by their file."""

import errno
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
import yaml

from gpend.models import download, fits, install
from gpend.models import weights as checkpoints
from gpend.models.loading import load
from gpend.models.parsenet import unloaded
from gpend.models.retinaface import network_of
from gpend.models.weights import DetectorCheckpoint, weights_folders
from gpend.settings import CoreSettings, DetectorModel, DetectSettings, RestoreSettings
from tests.cli import Gpend
from tests.cli.test_fitting import row
from tests.models import conformance
from tests.models.publisher import Publisher, published
from tests.models.test_fits import found as fitted

LICENCE = "academic use only"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A seeded GPEN of 64 px in the form in which the large ones are published."""
    path = tmp_path_factory.mktemp("published") / "GPEN-TINY.pth"
    torch.save(conformance.weights(conformance.vector("tiny-64").shapes), path)
    return path.read_bytes()


@pytest.fixture
def publisher(
    gpend: Gpend,  # noqa: ARG001 - it clears the environment first
    network: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Publisher]:
    """A server that has it, and a gpend that knows of it and keeps what it fetches in tmp_path/own."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(checkpoints, "_SERVICE", tmp_path / "none" / "weights")
    with published(Publisher(network)) as one:
        _know(tmp_path, one, network)
        monkeypatch.setenv("GPEND_CONFIG", str(tmp_path / "gpend.yaml"))
        (tmp_path / "gpend.yaml").write_text(f"restore: {{weights: {tmp_path / 'own'}}}\n")
        yield one


def _know(folder: Path, publisher: Publisher, network: bytes | None) -> None:
    entry = {"name": "GPEN-TINY", "architecture": "gpen", "size": 64, "channel_multiplier": 1, "narrow": 0.125}
    entry |= {"template": "gpen", "file": "GPEN-TINY.pth", "origin": "somebody", "licence": LICENCE, "consent": True}
    if network is not None:
        entry |= {"bytes": len(network), "sha256": hashlib.sha256(network).hexdigest()}
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / "MANIFEST.yaml").write_text(yaml.safe_dump([entry | {"urls": [publisher.url]}]))


def _listed(gpend: Gpend) -> dict[str, dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(gpend("weights", "list", "--json").output)
    return {str(row["name"]): row for row in rows}


def test_nothing_is_fetched_before_its_licence_is_accepted(gpend: Gpend, publisher: Publisher) -> None:
    result = gpend("weights", "fetch", "GPEN-TINY")
    assert result.exit_code == 2
    assert LICENCE in result.output
    assert "--accept-licence. Nothing was fetched." in result.output
    assert publisher.asked == []


@pytest.mark.usefixtures("publisher")
def test_a_size_is_told_in_the_unit_that_it_is_counted_in(gpend: Gpend) -> None:
    size = _listed(gpend)["gpen-256"]["bytes"]
    assert isinstance(size, int)
    assert f"gpen-256  here  {size / (1 << 20):.1f} MiB" in gpend("weights", "list").output


def test_a_network_is_fetched_over_a_broken_connection_listed_and_verified(
    gpend: Gpend, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.break_after = [100_000]
    assert _listed(gpend)["GPEN-TINY"]["file"] is None
    result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert result.exit_code == 0, result.output
    assert len(publisher.asked) == 2
    assert _listed(gpend)["GPEN-TINY"]["file"] == str(tmp_path / "own" / "GPEN-TINY.pth")
    verified = gpend("weights", "verify", "GPEN-TINY", "--json")
    assert verified.exit_code == 0, verified.output
    (told,) = json.loads(verified.output)
    assert told["problem"] == ""
    assert told["error"] < 2e-3
    assert "is there already" in gpend("weights", "fetch", "GPEN-TINY").output


def test_the_yes_is_asked_for_once(gpend: Gpend, publisher: Publisher, tmp_path: Path) -> None:
    assert gpend("weights", "fetch", "GPEN-TINY", "--accept-licence").exit_code == 0
    (tmp_path / "own" / "GPEN-TINY.pth").unlink()
    assert gpend("weights", "fetch", "GPEN-TINY").exit_code == 0
    assert len(publisher.asked) == 2


def test_a_hash_that_nobody_publishes_is_pinned_and_said(gpend: Gpend, publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "gpend.yaml").write_text("")
    _know(tmp_path, publisher, None)
    shipped = checkpoints.weights_folders()[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            checkpoints,
            "weights_folders",
            lambda _own=None: (tmp_path / "data/gpend/weights", tmp_path / "own", shipped),
        )
        result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
        assert result.exit_code == 0, result.output
        assert "pinned from now on" in result.output
        (tmp_path / "data/gpend/weights/GPEN-TINY.pth").write_bytes(b"x" * len(publisher.content))
        assert gpend("weights", "verify", "GPEN-TINY").exit_code == 1


@pytest.mark.parametrize("way", [(), ("--from",)])
def test_a_file_that_somebody_put_there_is_looked_at_and_pinned(
    gpend: Gpend, publisher: Publisher, tmp_path: Path, way: tuple[str, ...]
) -> None:
    own = tmp_path / "own"
    _know(tmp_path, publisher, None)
    (tmp_path / "data/gpend/weights").mkdir(parents=True)
    shutil.copy(own / "MANIFEST.yaml", tmp_path / "data/gpend/weights/MANIFEST.yaml")
    (own / "MANIFEST.yaml").unlink()
    with pytest.MonkeyPatch.context() as patch:
        shipped = checkpoints.weights_folders()[-1]
        patch.setattr(checkpoints, "weights_folders", lambda _own=None: (own, tmp_path / "data/gpend/weights", shipped))
        (own / "GPEN-TINY.pth").write_bytes(publisher.content)
        assert "GPEN-TINY  cannot be used: nobody has looked at it yet" in gpend("weights", "list").output
        assert "weights fetch GPEN-TINY" in gpend("weights", "verify", "GPEN-TINY").output
        result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence", *(w for w in way), *([own] if way else []))
        assert result.exit_code == 0, result.output
        assert publisher.asked == []
        assert gpend("weights", "verify", "GPEN-TINY").exit_code == 0
        assert "GPEN-TINY  here" in gpend("weights", "list").output


def test_one_that_is_stopped_says_that_what_came_is_kept(
    gpend: Gpend, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(install, "install", stopped)
        result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert (result.exit_code, publisher.asked) == (1, [])
    assert "What came is kept, and the same command goes on." in result.output


def test_a_file_that_this_user_may_not_read_is_fetched_again(
    gpend: Gpend, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []

    def refused_once(path: Path) -> str:
        looked.append(path)
        if len(looked) == 1:
            raise PermissionError(errno.EACCES, "Permission denied")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    (tmp_path / "own" / "GPEN-TINY.pth").write_bytes(publisher.content)
    with monkeypatch.context() as patch:
        patch.setattr(download, "sha256_of", refused_once)
        result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert "is not what it should be: it cannot be read (Permission denied). It is fetched again." in result.output
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("damaged", [b"<html>Log in</html>", None])
def test_a_file_that_is_not_what_it_should_be_is_fetched_again(
    gpend: Gpend, publisher: Publisher, tmp_path: Path, damaged: bytes | None
) -> None:
    (tmp_path / "own" / "GPEN-TINY.pth").write_bytes(damaged or bytes(len(publisher.content)))
    result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert "is not what it should be: it" in result.output
    assert result.exit_code == 0, result.output
    assert gpend("weights", "verify", "GPEN-TINY").exit_code == 0


def test_one_that_is_described_without_a_hash_is_told_what_to_write_there(
    gpend: Gpend, publisher: Publisher, tmp_path: Path
) -> None:
    _know(tmp_path, publisher, None)
    result = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert result.exit_code == 2
    sha256, size = hashlib.sha256(publisher.content).hexdigest(), len(publisher.content)
    assert f"`sha256: {sha256}` and `bytes: {size}`" in result.output


def test_without_internet_it_comes_from_a_folder(
    gpend: Gpend, publisher: Publisher, network: bytes, tmp_path: Path
) -> None:
    (tmp_path / "GPEN-TINY.pth").write_bytes(network)
    assert gpend("weights", "fetch", "GPEN-TINY", "--accept-licence", "--from", tmp_path).exit_code == 0
    assert publisher.asked == []


@pytest.mark.usefixtures("publisher")
def test_a_network_of_ones_own_is_added_with_the_configuration_of_its_tensors(gpend: Gpend, tmp_path: Path) -> None:
    tensors = conformance.weights(conformance.vector("tiny-64").shapes)
    torch.save({"g_ema": tensors, "iteration": torch.ones(1)}, tmp_path / "net_g_latest.pth")
    result = gpend("weights", "add", tmp_path / "net_g_latest.pth", "--name", "children")
    assert result.exit_code == 0, result.output
    assert "a GPEN of 64 px (channel_multiplier 1, narrow 0.125)" in result.output
    assert gpend("weights", "verify", "children").exit_code == 0


@pytest.mark.usefixtures("publisher")
def test_a_second_one_of_a_size_is_told_how_to_be_used(gpend: Gpend, tmp_path: Path) -> None:
    torch.save(conformance.weights(conformance.vector("tiny-64").shapes), tmp_path / "net.pth")
    assert "It is used from" in gpend("weights", "add", tmp_path / "net.pth", "--name", "first").output
    told = gpend("weights", "add", tmp_path / "net.pth", "--name", "second").output
    assert "has one of this size already: it uses first and gpen-256" in told
    assert "restore: {model: second}" in told


def test_the_list_tells_what_was_measured_of_those_that_restore(
    gpend: Gpend, publisher: Publisher, network: bytes, tmp_path: Path
) -> None:
    assert [name for name, row in _listed(gpend).items() if row["measure"]] == ["gpen-256"]
    assert "measured on 1,200 aligned faces that are kept apart" in gpend("weights", "list").output
    gpend("weights", "fetch", "GPEN-TINY", "--accept-licence")
    assert _listed(gpend)["GPEN-TINY"]["measure"] == "never measured: it is used by half"
    sha256 = hashlib.sha256(network).hexdigest()
    fits.write(fitted("GPEN-TINY", sha256).model_copy(update={"figures": (row("all", 0, 0.0, 0.0),)}), tmp_path / "own")
    assert _listed(gpend)["GPEN-TINY"]["measure"] == "measured on three faces: it helps nobody"
    fits.write(fitted("GPEN-TINY", sha256).model_copy(update={"terms": "0-0"}), tmp_path / "own")
    assert "was fitted by another version of gpend: it is used by half" in str(_listed(gpend)["GPEN-TINY"]["measure"])
    assert publisher.asked == [""]


def test_ones_own_that_is_gone_or_damaged_is_told_to_come_from_a_folder(
    gpend: Gpend, publisher: Publisher, tmp_path: Path
) -> None:
    torch.save(conformance.weights(conformance.vector("tiny-64").shapes), tmp_path / "mine.pth")
    gpend("weights", "add", tmp_path / "mine.pth")
    for damage in ((tmp_path / "own" / "mine.pth").unlink, lambda: (tmp_path / "own" / "mine.pth").write_bytes(b"cut")):
        damage()
        assert "gpend weights fetch mine --from FOLDER" in gpend("weights", "list").output
        told = gpend("weights", "fetch", "mine")
        assert (told.exit_code, "published nowhere" in told.output) == (2, True)
    assert gpend("weights", "fetch", "mine", "--from", tmp_path).exit_code == 0
    assert gpend("weights", "verify", "mine").exit_code == 0
    assert publisher.asked == []


@pytest.mark.usefixtures("publisher")
def test_one_that_takes_the_place_of_another_says_so(gpend: Gpend, tmp_path: Path) -> None:
    torch.save(conformance.weights(conformance.vector("tiny-64").shapes), tmp_path / "net.pth")
    assert "suits best: " in gpend("weights", "add", tmp_path / "net.pth", "--name", "second").output
    told = gpend("weights", "add", tmp_path / "net.pth", "--name", "first").output
    assert "it uses second and gpen-256" in told
    shipped = weights_folders()[-1] / "gpen-256.safetensors"
    told = gpend("weights", "add", shipped, "--name", "mine").output
    assert "suits best, in place of gpen-256, of the same size: " in told


@pytest.mark.usefixtures("publisher")
def test_what_is_no_gpen_is_not_added(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "other.safetensors").write_bytes(safetensors.torch.save({"body.weight": torch.ones(1)}))
    result = gpend("weights", "add", tmp_path / "other.safetensors")
    assert result.exit_code == 2
    assert "holds no GPEN generator" in result.output
    assert not (tmp_path / "own" / "other.safetensors").exists()


@pytest.mark.usefixtures("publisher")
def test_where_networks_go_is_told(gpend: Gpend, tmp_path: Path) -> None:
    assert gpend("weights", "path").output.strip() == str(tmp_path / "own")
    (tmp_path / "gpend.yaml").write_text("")
    assert gpend("weights", "path").output.strip() == str(tmp_path / "data/gpend/weights")


def test_whoever_fetches_for_themselves_is_told_that_the_service_does_not_see_it(
    gpend: Gpend, publisher: Publisher, network: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "GPEN-TINY.pth").write_bytes(network)
    (tmp_path / "gpend.yaml").write_text("")
    (tmp_path / "data" / "gpend").mkdir(parents=True)
    (tmp_path / "own").rename(tmp_path / "data" / "gpend" / "weights")
    fetched = gpend("weights", "fetch", "GPEN-TINY", "--accept-licence", "--from", tmp_path / "GPEN-TINY.pth").output
    assert (publisher.asked, "service of this machine" in fetched) == ([], False)
    (tmp_path / "service").write_text("where its state should lie, which nobody but it may fill")
    monkeypatch.setattr(checkpoints, "_SERVICE", tmp_path / "service" / "weights")
    added = gpend("weights", "add", tmp_path / "GPEN-TINY.pth", "--name", "mine").output
    assert f"does not see {tmp_path / 'data' / 'gpend' / 'weights'}: it looks into {tmp_path / 'service'}" in added
    assert "with sudo" in added
    (tmp_path / "gpend.yaml").write_text(f"restore: {{weights: {tmp_path / 'data'}}}\n")
    told = gpend("weights", "add", tmp_path / "GPEN-TINY.pth", "--name", "named").output
    assert "named: a GPEN of 64 px" in told
    assert "service of this machine" not in told


def test_an_unknown_network_is_answered_with_the_known_ones(gpend: Gpend) -> None:
    result = gpend("weights", "fetch", "GPEN-BFR-4096")
    assert result.exit_code == 2
    assert "GPEN-BFR-512" in result.output


@pytest.mark.usefixtures("publisher")
def test_the_larger_detector_and_the_parsing_network_come_from_a_folder_and_only_if_they_are_those(
    gpend: Gpend, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    entries: list[dict[str, Any]] = [
        {"name": "RetinaFace-R50", "architecture": "retinaface-resnet50", "file": "detection_Resnet50_Final.pth"},
        {"name": "parsing_parsenet", "architecture": "parsenet", "file": "parsing_parsenet.pth"},
    ]
    entries = [one | {"origin": "", "licence": "MIT"} for one in entries]
    (own / "MANIFEST.yaml").write_text(yaml.safe_dump(entries))
    stick = tmp_path / "stick"
    stick.mkdir()
    uses = ("detect: {model: retinaface-resnet50}", "It is used from the next start")
    for one, words in zip(entries, uses, strict=True):
        torch.save({"body.conv1.weight": torch.zeros(1)}, stick / one["file"])
        wrong = gpend("weights", "fetch", one["name"], "--from", stick)
        assert (wrong.exit_code, f"is no {one['architecture']}: its tensor" in wrong.output) == (2, True)
        assert not (own / one["file"]).exists()
        torch.save(_layers(one["architecture"]), stick / one["file"])
        content = (stick / one["file"]).read_bytes()
        known = one | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        entries = [known if other["name"] == one["name"] else other for other in entries]
        (own / "MANIFEST.yaml").write_text(yaml.safe_dump(entries))
        right = gpend("weights", "fetch", one["name"], "--from", stick)
        assert right.exit_code == 0, right.output
        assert words in right.output
    settings = CoreSettings(
        detect=DetectSettings(model=DetectorModel.RESNET), restore=RestoreSettings(weights=own, device="cpu")
    )
    networks = load(settings)
    assert networks.parse is not None
    assert networks.parse(np.zeros((1, 512, 512, 3), np.float32)).shape == (1, 512, 512)
    networks.detect(np.zeros((64, 64, 3), np.uint8))


def _layers(architecture: str) -> dict[str, torch.Tensor]:
    """Weights as they are before any training."""
    network = unloaded() if architecture == "parsenet" else network_of(_detector(architecture))
    return dict(network.state_dict())


def _detector(architecture: str) -> DetectorCheckpoint:
    told = {"name": "one", "architecture": architecture, "file": "one.pth", "origin": "", "licence": ""}
    return DetectorCheckpoint.model_validate(told)
