"""`gpend status`: what it says, and how little it needs for that."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpend import config, wiring
from tests.cli import Gpend


def test_status_tells_how_it_is_going(gpend: Gpend, configured: Path) -> None:
    result = gpend("status", "--config", configured)
    assert result.exit_code == 0
    assert "gpend is not running" in result.output
    assert "1 failed" in result.output
    assert "there is no picture in it" in result.output


def test_status_for_scripts_is_json(gpend: Gpend, configured: Path) -> None:
    told = json.loads(gpend("status", "--json", "--config", configured).output)
    assert told["counts"]["failed"] == 1
    assert (told["running"], told["backlog"]) == (False, 0)
    assert told["last_errors"][0]["photo"] == str(configured.parent / "in" / "bad.jpg")


@pytest.mark.parametrize("wrong", ["settle_secnds: 3", "folders: [", "keep: maybe"])
def test_status_tells_how_it_is_going_also_where_the_configuration_was_changed_and_is_wrong(
    gpend: Gpend, configured: Path, wrong: str
) -> None:
    configured.write_text(f"ledger: state/ledger.sqlite\n{wrong}\n")
    result = gpend("status", "--config", configured)
    assert (result.exit_code, "1 failed" in result.stdout, "gpend.yaml" in result.stderr) == (2, True, True)
    told = gpend("status", "--json", "--config", configured)
    assert (told.exit_code, json.loads(told.stdout)["counts"]["failed"]) == (2, 1)


def test_status_before_the_first_run_says_so(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("ledger: none.sqlite")
    result = gpend("status", "--config", "new.yaml")
    assert result.exit_code == 2
    assert "no ledger" in result.output


def test_status_starts_without_the_networks_and_the_picture_libraries(configured: Path) -> None:
    assert loaded_by_status(configured, "torch", "numpy", "cv2", "PIL", "rich", "structlog") == "[]"


def test_status_reads_no_configuration_that_gpend_works_with(configured: Path) -> None:
    wiring.once(config.load(configured), lambda _: None, configured)
    heavy = ("pydantic", "yaml", "jinja2", "pathspec", "prometheus_client", "watchdog", "urllib.request", "email")
    assert loaded_by_status(configured, *heavy, "torch", "numpy", "cv2", "PIL", "rich", "structlog") == "[]"
    others = ("gpend.settings", "gpend.config", "gpend.wiring", "gpend.cli.photos", "gpend.cli.weights")
    assert loaded_by_status(configured, *others) == "[]"
    assert loaded_by_status(configured, "gpend.reports", "click") == "['gpend.reports', 'click']"


def loaded_by_status(configured: Path, *modules: str) -> str:
    """Which of these `gpend status` imports, as Python prints a list."""
    program = (
        "import sys; from gpend.cli import commands; commands(sys.argv[1:], standalone_mode=False); "
        f"print('LOADED', [name for name in {modules} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, "status", "--config", str(configured)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said.splitlines()[-1].removeprefix("LOADED ")
