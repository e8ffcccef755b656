"""Names say what things are in the field's words: what CONTRIBUTING's section on words asks for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import gpend

_ROOT = Path(gpend.__file__).parent
_VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
_RIDDLES = {"desk", "weather", "hearing", "lookout", "logbook", "heir", "epitaph", "outfit", "bequeathed", "precedent"}
"""What the first house called in flight, health, the loop's ear, discovery, log, moved from, exit report and so on."""


def given(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives to classes, functions and arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def words(name: str) -> set[str]:
    """The words in a name, whether they stand in_a_row or InARow."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


def test_no_name_has_to_be_learnt_before_it_can_be_read() -> None:
    names = {(path, name) for path in _ROOT.rglob("*.py") for name in given(ast.parse(path.read_text()))}
    riddles = sorted(f"{path.relative_to(_ROOT)}: {name}" for path, name in names if words(name) & _RIDDLES)
    assert riddles == []


def test_no_module_is_named_after_nothing() -> None:
    assert [path.name for path in _ROOT.rglob("*.py") if path.stem in _VAGUE] == []


def test_no_module_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {path.relative_to(_ROOT): len(path.read_text().splitlines()) for path in _ROOT.rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > 400} == {}
