"""The container: what its files say, as far as it can be told without a container engine; see tests.container."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from gpend import config
from gpend.cli import commands
from gpend.models import memory, weights
from tests.container import ROOT, Instruction, filled, instructions

FOLDER = ROOT / "config" / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
STEPS = list(instructions(DOCKERFILE))
IMAGE = STEPS[max(number for number, step in enumerate(STEPS) if step.name == "FROM") :]
SCRIPTS = (FOLDER / "entrypoint.sh", ROOT / "config" / "torch.sh")


def tool(name: str) -> str:
    """A linter that came with the extra `test`."""
    place = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if place is None:
        pytest.skip(f"{name} is not there for this machine")
    return place


def said(name: str) -> str:
    """What the image says in its last instruction of this name."""
    return [step.text for step in IMAGE if step.name == name][-1]


def service(*names: str) -> dict[str, Any]:
    """The service gpend of compose files, those of the later ones first."""
    merged: dict[str, Any] = {}
    for name in names:
        merged |= yaml.safe_load((FOLDER / name).read_text())["services"]["gpend"]
    return merged


def test_half_of_the_memory_of_the_compose_file_holds_a_network_of_512_pixels_beside_gpend_s_own() -> None:
    told = str(service("compose.yaml")["mem_limit"])
    allowed = int(told[:-1]) << {"m": 20, "g": 30}[told[-1]]
    here = {one.checkpoint.name: one.checkpoint for one in weights.known(weights.weights_folders())}
    wanted = [one for name in ("gpen-256", "GPEN-BFR-512") if isinstance(one := here[name], weights.GpenCheckpoint)]
    assert len(wanted) == 2
    assert memory.together(wanted) <= memory.SHARE * allowed


REHEARSAL = "GPEND_REHEARSE_CONTAINER"
"""Where this is set, the steps are really taken; what it holds are options of tests.container, and may be empty."""


@pytest.mark.skipif(REHEARSAL not in os.environ, reason=f"takes gigabytes and many minutes; {REHEARSAL}= has it done")
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("debootstrap"), reason="root and debootstrap are not here")
def test_every_step_of_the_image_works_in_fresh_roots_of_debian_and_so_does_gpend_in_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.container", str(tmp_path / "roots"), *shlex.split(os.environ[REHEARSAL])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=3600)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The image works.")


def packages() -> list[str]:
    """What the image installs from Debian, in all of its stages."""
    installed = [step.text for step in STEPS if step.name == "RUN" and "apt-get install" in step.text]
    words = [text.split("--no-install-recommends")[1].split("&&")[0].split() for text in installed]
    return [package for some in words for package in some]


@pytest.mark.parametrize("package", packages())
def test_debian_has_every_package_that_the_image_installs(package: str) -> None:
    suite = next(step.text.partition("=")[2] for step in STEPS if step.text.startswith("DEBIAN=")).removesuffix("-slim")
    release = Path("/etc/os-release")
    if not release.is_file() or f"VERSION_CODENAME={suite}" not in release.read_text().splitlines():
        pytest.skip(f"this machine is not Debian {suite}")
    if "http" not in policy("base-files"):
        pytest.skip("apt-get update was not run")
    assert "Candidate: (none)" not in policy(package)
    assert policy(package)


def policy(package: str) -> str:
    """What apt knows of a package; nothing of one that is none."""
    command = [tool("apt-cache"), "policy", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_lines_that_go_on_are_one_instruction_and_comments_are_none() -> None:
    text = "# no\nRUN a \\\n # neither\n  && b\n\nENV X=${Y}\n"
    assert [(step.name, step.text.split()) for step in instructions(text)] == [
        ("RUN", ["a", "&&", "b"]),
        ("ENV", ["X=${Y}"]),
    ]
    assert filled("debian:${D}", {"D": "bookworm"}) == "debian:bookworm"


def test_the_linter_finds_nothing_wrong_with_the_image() -> None:
    done = subprocess.run([tool("hadolint"), "--no-color", "-"], input=DOCKERFILE, capture_output=True, text=True)  # noqa: PLW1510 - compared below
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_linter_finds_nothing_wrong_with_the_scripts(script: Path) -> None:
    done = subprocess.run([tool("shellcheck"), str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_needs_no_card_unless_it_is_built_for_one() -> None:
    assert Instruction("ARG", "TORCH=https://download.pytorch.org/whl/cpu") in STEPS
    torch = service("compose.yaml", "compose.gpu.yaml")["build"]["args"]["TORCH"]
    assert torch.startswith("https://download.pytorch.org/whl/cu")


def test_the_image_has_places_for_photos_output_and_state_and_says_how_it_is() -> None:
    assert json.loads(said("VOLUME")) == ["/photos", "/output", "/state"]
    entry, health, usual = (
        json.loads(said(name).partition("CMD")[2] or said(name)) for name in ("ENTRYPOINT", "HEALTHCHECK", "CMD")
    )
    assert entry == health[:1]
    assert usual[0] in commands.commands
    assert "PUID=1000 PGID=1000" in said("ENV")


def test_networks_that_are_fetched_outlive_the_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in re.findall(r"(\w+)=(\S+)", said("ENV")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(weights, "_SERVICE", tmp_path / "none" / "weights")
    assert weights.folder_to_fill().is_relative_to("/state")
    assert json.loads(said("VOLUME")).count("/state") == 1


def test_what_the_image_is_made_of_is_let_through_and_nothing_else() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        *wheel["packages"],
        *wheel["force-include"],
        project["project"]["readme"],
        *project["project"]["license-files"],
    ]
    assert "*" in ignored
    assert {name.split("/")[0] for name in needed} <= through
    assert not through & {".git", "tests", ".venv"}


def test_the_configuration_of_the_image_is_right() -> None:
    settings = config.parse((FOLDER / "gpend.yaml").read_text(), name="gpend.yaml", folder=Path("/state"))
    (folder,) = settings.folders
    assert (str(folder.source), str(folder.output), str(settings.ledger)) == (
        "/photos",
        "/output",
        "/state/ledger.sqlite",
    )


@pytest.mark.parametrize("files", [("compose.yaml",), ("compose.yaml", "compose.gpu.yaml")], ids=["processor", "card"])
def test_the_composition_gives_the_container_little(files: tuple[str, ...]) -> None:
    gpend = service(*files)
    assert gpend["read_only"]
    assert (gpend["cap_drop"], gpend["network_mode"]) == (["ALL"], "none")
    assert "no-new-privileges:true" in gpend["security_opt"]
    mounted = {each.split(":")[1]: each.split(":")[2:] for each in gpend["volumes"]}
    assert mounted == {"/photos": ["ro"], "/output": [], "/state": []}


def test_the_composition_builds_from_where_it_lies() -> None:
    build = service("compose.yaml")["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_every_command_in_the_comments_is_one_of_gpends() -> None:
    text = "\n".join(path.read_text() for path in FOLDER.iterdir())
    shown = re.findall(r"(?:gpend-container|gpend gpend) ([a-z]+)", text)
    assert set(shown) <= set(commands.commands)
