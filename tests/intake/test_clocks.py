"""No clock is read in intake: time is an argument, so that no clock that jumps can mislead it."""

import ast
from pathlib import Path

import pytest

import gpend.intake

MODULES = sorted(Path(gpend.intake.__file__).parent.rglob("*.py"))


def imported(module: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_of_intake_reads_no_clock(module: Path) -> None:
    assert imported(module).isdisjoint({"time", "datetime"})
