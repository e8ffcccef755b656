"""The architecture as tests: layers, siblings, cycles, and who may import what, as pyproject.toml says."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_import_contract_is_kept() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(re.findall(r"\bKEPT\b", ended.stdout)) == len(CONTRACTS)


def test_siblings_that_need_each_other_are_named() -> None:
    (layers,) = [contract["layers"] for contract in CONTRACTS if contract["type"] == "layers"]
    height = {name: -row for row, names in enumerate(layers) for name in re.split(r"\s*[|:]\s*", names)}
    assert height["mirror"] > height["ledger"] > height["stamp"]
    assert height["daemon"] > height["dispatch"] > height["mirror"] > height["core"]


def test_no_package_of_any_depth_may_hold_a_cycle() -> None:
    assert [each["ancestors"] for each in CONTRACTS if each["type"] == "acyclic_siblings"] == [["gpend", "gpend.**"]]
    assert not any(each.get("skip_descendants") for each in CONTRACTS)
