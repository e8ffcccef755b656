"""Which modules of gpend no test asks for: `python -m tests.modules` prints them.

A test asks for a module where it imports it, or a name that was defined in it, or bears its name.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import gpend

_ROOT = Path(gpend.__file__).parent
_TESTS = Path(__file__).parent
_DECISIONS = (ast.If, ast.IfExp, ast.Match, ast.Try, ast.While, ast.BoolOp)


def modules() -> Iterator[str]:
    """Every module of gpend in which something is decided."""
    for path in sorted(_ROOT.rglob("*.py")):
        decisions = sum(isinstance(node, _DECISIONS) for node in ast.walk(ast.parse(path.read_text())))
        if decisions and path.name not in {"__init__.py", "__main__.py"}:
            yield ".".join(("gpend", *path.relative_to(_ROOT).with_suffix("").parts))


def asked_for() -> set[str]:
    """What the tests ask for."""
    found: set[str] = set()
    for path in _TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gpend"):
                found |= {node.module or "", *(_defined_in(node.module or "", each.name) for each in node.names)}
    return found


def _defined_in(module: str, name: str) -> str:
    """The module that a name comes from, which another may only hand on."""
    try:
        value = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return f"{module}.{name}"
    return str(getattr(value, "__module__", None) or getattr(value, "__name__", None) or module)


def _bears_name_of(module: str) -> bool:
    """Is there a test file for it, such as test_crash.py for gpend.daemon.crash?"""
    return any(_TESTS.rglob(f"test_{module.rsplit('.', 1)[-1]}.py"))


def untested() -> list[str]:
    """Modules with decisions for which no test asks."""
    asked = asked_for()
    return [each for each in modules() if each not in asked and not _bears_name_of(each)]


if __name__ == "__main__":
    print(*untested(), sep="\n")  # noqa: T201 - the command's answer
