"""The systemd units, as systemd itself reads them."""

import os
import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

UNITS = Path(__file__).resolve().parents[1] / "systemd"
SYSTEM, USER, WEB = UNITS / "gpend.service", UNITS / "user" / "gpend.service", UNITS / "gpend-web.service"
SCHEDULER, WORKER = UNITS / "gpend-scheduler.service", UNITS / "gpend-worker@.service"
MOST_EXPOSURE_OF_A_SERVER = 2.0  # it has to be reached
MOST_EXPOSURE_OF_A_WORKER = 2.2  # and to use a graphics card
MOST_EXPOSURE = 1.0  # of 10; see the end of gpend.service for what is left open, and why

systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "SYSTEMD_COLORS": "0"}
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=PATIENCE)


def service(unit: Path) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        settings.setdefault(name, []).append(value)
    return settings


@systemd
@pytest.mark.parametrize(
    ("unit", "manager"),
    [(SYSTEM, "--system"), (USER, "--user"), *((unit, "--system") for unit in (WEB, SCHEDULER, WORKER))],
    ids=["system", "user", "web", "scheduler", "worker"],
)
def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path, manager: str, tmp_path: Path) -> None:
    said = analyze(tmp_path, manager, "verify", str(unit))
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@systemd
@pytest.mark.parametrize(
    ("unit", "most"),
    [
        (SYSTEM, MOST_EXPOSURE),
        (WEB, MOST_EXPOSURE_OF_A_SERVER),
        (SCHEDULER, MOST_EXPOSURE_OF_A_SERVER),
        (WORKER, MOST_EXPOSURE_OF_A_WORKER),
    ],
)
def test_the_system_units_leave_little_open(unit: Path, most: float, tmp_path: Path) -> None:
    said = analyze(tmp_path, "security", "--offline=true", str(unit)).stdout
    exposure = re.search(r"Overall exposure level for [\w@-]+\.service: ([\d.]+)", said)
    assert exposure is not None
    assert float(exposure[1]) <= most


@pytest.mark.parametrize("unit", [SYSTEM, USER], ids=["system", "user"])
def test_the_unit_relies_on_what_gpend_really_tells_systemd(unit: Path) -> None:
    settings = service(unit)
    assert settings["Type"] == ["notify"]
    assert settings["WatchdogSec"]
    assert settings["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert settings["Restart"] == ["always"]


@pytest.mark.parametrize("unit", [SYSTEM, USER], ids=["system", "user"])
def test_the_networks_may_compile_themselves(unit: Path) -> None:
    assert "MemoryDenyWriteExecute" not in service(unit)


@pytest.mark.parametrize("unit", [SYSTEM, USER, WORKER], ids=["system", "user", "worker"])
def test_the_worker_may_lock_itself(unit: Path) -> None:
    allowed = " ".join(service(unit)["SystemCallFilter"]).split()
    assert {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= set(allowed)


@pytest.mark.parametrize("unit", [SCHEDULER, WORKER], ids=["scheduler", "worker"])
def test_the_roles_of_a_cluster_come_back_however_they_end(unit: Path) -> None:
    settings = service(unit)
    assert settings["Restart"] == ["always"]
    assert settings["ExecStart"][0].split()[1:4] == ["gpend", "cluster", unit.stem.split("-")[1].rstrip("@")]


def test_a_worker_that_runs_out_of_memory_does_not_end_the_daemon() -> None:
    assert service(SYSTEM)["OOMPolicy"] == ["continue"]


@pytest.mark.parametrize("unit", [SYSTEM, USER], ids=["system", "user"])
def test_every_section_is_one_that_systemd_knows(unit: Path) -> None:
    parser = RawConfigParser(strict=False)
    parser.read_string(unit.read_text())
    assert parser.sections() == ["Unit", "Service", "Install"]
