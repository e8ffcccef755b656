"""Who calls a function of arrays has to know their shape: no type says it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gpend

_ROOT = Path(gpend.__file__).parent
_OF_ARRAYS = ("core", "models", "fitting", "training", "preview")
_ONE = r"(?:[\d.]+ )?[\w.+*/-]+(?: [x+*/-] [\w.]+)*"
_SHAPE = re.compile(rf"\((?!x, y\)|width, height\)){_ONE},(?: {_ONE},?)*\)|of any shape|\bAs in [A-Z]")
_TYPE = re.compile(r"^(\w+)(?:: TypeAlias)? = NDArray\[", re.MULTILINE)
_TELLING = {"Transform", "Kernel"}  # types of one shape, which their own docstrings name
_BY_NAME = {"Mapping", "dict"}  # tensors of a checkpoint, of as many shapes as there are


def names_shape(words: str) -> bool:
    """Does a docstring name a shape, such as (h, w, 3) or (n,), or leave that to the protocol that is fulfilled?"""
    return _SHAPE.search(words) is not None


def public(node: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """The functions and methods that others call."""
    for each in node.body:
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
            yield from public(each)
        elif isinstance(each, ast.FunctionDef) and (each.name == "__call__" or not each.name.startswith("_")):
            yield each


def types_of(function: ast.FunctionDef) -> set[str]:
    """The names in a function's types."""
    given = function.args
    hints = [each.annotation for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)] + [function.returns]
    nodes = [node for hint in hints if hint is not None for node in ast.walk(hint)]
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    }


def test_every_public_function_of_arrays_names_their_shape() -> None:
    places = [*(path for name in _OF_ARRAYS for path in sorted((_ROOT / name).rglob("*.py"))), *_ROOT.glob("*.py")]
    texts = {path: path.read_text() for path in places}
    known = {"NDArray", "Tensor"}.union(*map(_TYPE.findall, texts.values()))
    assert {"Pixels", "Plane", "Mask", "Transform"} <= known
    silent = [
        f"{path.relative_to(_ROOT)}:{each.lineno} {each.name}"
        for path, text in texts.items()
        for each in public(ast.parse(text))
        if types_of(each) & (known - _TELLING)
        if not types_of(each) & _BY_NAME and not names_shape(ast.get_docstring(each) or "")
    ]
    assert silent == []


@pytest.mark.parametrize(
    "words", ["(h, w, 3) uint8", "weights (n,)", "As in Container, with a palette", "(1.5 side, 2 * side)"]
)
def test_what_names_a_shape(words: str) -> None:
    assert names_shape(words)


@pytest.mark.parametrize(
    "words", ["", "Its pixels.", "(Umeyama 1991, no reflection)", "from (x, y)", "in colour (RGB)"]
)
def test_what_names_none(words: str) -> None:
    assert not names_shape(words)
