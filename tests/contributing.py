"""The places that CONTRIBUTING.md names. `python -m tests.contributing` brings their line numbers up to date."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
_NAMED = re.compile(r"`(gpend/[\w/.]+\.py):(\d+)`\s+`([\w.]+)`")


@dataclass(frozen=True)
class Place:
    """A definition that the page names, and the line on which it says that it stands."""

    file: str
    line: int
    name: str  # Class.method, or a function


def places(text: str) -> list[Place]:
    """All places that a text names, in order."""
    return [Place(file, int(line), name) for file, line, name in _NAMED.findall(text)]


def line_of(file: str, name: str) -> int | None:
    """On which line something is defined; None: it is not."""
    return dict(_definitions(ast.parse((ROOT / file).read_text()).body)).get(name)


def updated(text: str) -> str:
    """The text with the lines on which things stand now. Raises LookupError for what is not there."""

    def place(found: re.Match[str]) -> str:
        line = line_of(found[1], found[3])
        if line is None:
            raise LookupError(f"{found[1]} does not define {found[3]}.")
        return found[0].replace(f"{found[1]}:{found[2]}", f"{found[1]}:{line}")

    return _NAMED.sub(place, text)


def _definitions(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield within + node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{node.name}.")


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text()))
