"""YAML → Settings: every unknown key and every wrong value is named, all in one message."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType
from typing import Any, TypeAlias, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gpend.errors import ConfigurationError
from gpend.in_force import ENVIRONMENT
from gpend.ledger.paths import direct
from gpend.settings import Settings, names_file

Place: TypeAlias = tuple[str | int, ...]


def load(path: Path) -> Settings:
    """Read a configuration file; relative folders in it are meant from where it lies.

    Raises ConfigurationError with every problem, each on a line of its own, if it cannot be read or is not right.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"There is no configuration file {path}. Name yours with --config FILE or ${ENVIRONMENT}, "
            "or begin with the documented one: gpend print gpend.yaml"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The configuration {path} is not a text file in UTF-8: {error}.") from error
    except OSError as error:
        raise ConfigurationError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    return parse(text, name=str(path), folder=path.absolute().parent)


def parse(text: str, *, name: str, folder: Path) -> Settings:
    """The settings that `text` holds; `name` stands in messages, relative paths are meant from `folder`.

    A key without a value has its default. Raises ConfigurationError as `load` does.
    """
    content, problems = _read(text, name)
    filled = _filled(content, Settings)
    problems += _misread(filled, Settings, ())
    try:
        settings = Settings.model_validate(filled)
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors()]
    if problems:
        raise _refusal(name, problems)
    return _anchored(settings, folder)


def keys(model: type[BaseModel] = Settings, before: str = "") -> Iterator[str]:
    """The dotted path of every key, groups and list items included (`folders.source`)."""
    for key, field in model.model_fields.items():
        yield before + key
        group = _group(field)
        if group:
            yield from keys(group, f"{before}{key}.")


def _refusal(name: str, problems: list[str]) -> ConfigurationError:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    listed = "\n".join(f"  - {problem}" for problem in dict.fromkeys(problems))
    return ConfigurationError(f"The configuration {name} has {count}:\n{listed}")


_INDENTED = "Lines that belong together begin at the same column"
_MEANT = (
    ("expected <block end>", _INDENTED),
    ("mapping values", f"{_INDENTED}, a space follows each colon, and a value that holds a colon stands in quotes"),
    ("'\\t'", "Lines are indented with spaces, not with tabs"),
    ("cannot start any token", "A value that begins with such a character stands in quotes"),
    ("expected ':'", "A colon and a space follow each key"),
    ("end of stream", "A quote is opened and not closed"),
    ("expected ',' or", "A bracket is opened and not closed"),
    ("escape", "A backslash between double quotes means more than itself; between single quotes it does not"),
)
"""What PyYAML says, and what a person has most often done."""


_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_RESOLVERS = {
    first: [each for each in known if each[0] != _TIMESTAMP]  # a day may be the name of a folder
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Loader(yaml.SafeLoader):
    """Plain values only; remembers the keys that were given twice, of which YAML would silently keep the last."""

    twice: list[str]

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # noqa: FBT001, FBT002 - as below
        """As YAML has it, also what its tag says that it is not. Raises YAMLError alone."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError, LookupError, ArithmeticError) as error:
            raise yaml.constructor.ConstructorError(problem=str(error), problem_mark=node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        """As YAML has it, noting repeated keys."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            first = seen.setdefault(str(key.value), line)
            if first != line:
                self.twice.append(f"{key.value}: given twice, in lines {first} and {line}; remove one of them.")
        return super().construct_mapping(node, deep)


def _read(text: str, name: str) -> tuple[dict[str, object], list[str]]:
    loader = _Loader(text)
    loader.twice, loader.yaml_implicit_resolvers = [], _RESOLVERS
    try:
        content = loader.get_single_data()
    except yaml.YAMLError as error:
        raise ConfigurationError(f"The configuration {name} is not valid YAML: {_where(error)}.") from error
    except RecursionError as error:
        raise ConfigurationError(f"The configuration {name} cannot be read: it is nested too deeply.") from error
    finally:
        loader.dispose()
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(f"The configuration {name} holds no keys; it should read like `settle_seconds: 10`.")
    return content or {}, loader.twice


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    if "alias" in f"{what} {getattr(error, 'context', '')}" or "tag" in what:
        what += ". What begins with * or ! stands in quotes"
    else:
        what = ". ".join([what, *(hint for words, hint in _MEANT if words in what)][:2])
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else what


def _group(field: FieldInfo) -> type[BaseModel] | None:
    """The group that a field holds, by itself or in a list."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _filled(content: object, model: type[BaseModel]) -> object:
    """`content` without the keys that were left empty, so that they take their defaults."""
    if isinstance(content, list):
        return [_filled(item, model) for item in content]
    if not isinstance(content, dict):
        return content
    kept = {}
    for key, value in content.items():
        field = model.model_fields.get(key)
        if value is None and field and NoneType not in get_args(field.annotation):
            continue
        group = _group(field) if field else None
        kept[str(key)] = _filled(value, group) if group else value
    return kept


def _misread(content: object, model: type[BaseModel], place: Place) -> list[str]:
    """What pydantic would let pass: yes and no as the numbers 1 and 0, an empty path as the current folder."""
    if isinstance(content, list):
        return [line for index, item in enumerate(content) for line in _misread(item, model, (*place, index))]
    if not isinstance(content, dict):
        return []
    problems = []
    for key, value in content.items():
        field = model.model_fields.get(key)
        if field and isinstance(value, bool) and field.annotation in (int, float):
            problems.append(f"{_dotted((*place, key))}: should be a number, not {_shown(value)}.")
        if field and isinstance(value, str) and Path in (field.annotation, *get_args(field.annotation)):
            doubt = _doubt_of_path(value)
            problems += [f"{_dotted((*place, key))}: {doubt}."] if doubt else []
        group = _group(field) if field else None
        problems += _misread(value, group, (*place, key)) if group else []
    return problems


_VARIABLE = re.compile(r"(?:^|/)(\$(?:\{\w+\}|[A-Z_]+))(?:/|$)")
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_TYPESET = "\u201c\u201d\u201e\u00ab\u2018\u2019"  # quotes as word processors and Chinese keyboards write them
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def _doubt_of_path(told: str) -> str:
    """Why a path is hardly the name of a folder here, though Linux would take it for one; "" if it may be."""
    if not told:
        return "should be a path, not an empty text"
    if variable := _VARIABLE.search(told):
        return f"no variables such as {variable[1]} are filled in. Write the whole path, or ~ for your home folder"
    if _OF_WINDOWS.match(told):
        return f"{told} is a path of Windows. Name the folder as it is called on this machine, such as /mnt/photos"
    if _ADDRESS.match(told):
        return f"{told} is an address. Name the folder that it is mounted at, such as /mnt/photos"
    return f"{told[0]} is no quote that is meant here. Use \" or '" if told[0] in _TYPESET else ""


_DEMANDS = {
    "model_type": "should be a group of keys",
    "tuple_type": "should be a list, each item beginning with a dash",
    "path_type": "should be a path",
    "int_from_float": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "bool_type": "should be yes or no",
    "bool_parsing": "should be yes or no",
    "string_type": "should be one text, in quotes",
}


def _sentence(detail: ErrorDetails) -> str:
    place, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind == "missing":
        return f"{_dotted(place)}: is missing."
    field = _field(place)
    told = f"should be {field.description}" if field is not None and field.description else _DEMANDS.get(kind)
    return f"{_dotted(place)}: {told or _demand(detail)}, not {_shown(detail['input'])}."


def _demand(detail: ErrorDetails) -> str:
    said = re.sub(r"^(Value error, |Input |String |Value )", "", detail["msg"])
    return re.split(", (?:unable to|got) ", said)[0]


def _field(place: Place) -> FieldInfo | None:
    model: type[BaseModel] | None = Settings
    field = None
    for key in place:
        if isinstance(key, int):
            continue
        if model is None or key not in model.model_fields:
            return field
        field = model.model_fields[key]
        model = _group(field)
    return field


def _unknown(place: Place) -> str:
    told = _dotted(place)
    if told in keys():  # a key of a group, as people are told of it
        group, _, key = told.rpartition(".")
        return f"{told}: write it as a group: a line `{group}:`, and below it, indented, `{key}:`."
    right = _nearest(place)
    advice = f"did you mean {right}?" if right else f"known here are: {', '.join(_siblings(place))}."
    return f"{told}: is not a key that gpend knows; {advice}"


def _siblings(place: Place) -> list[str]:
    """The keys of the group that the last part of `place` was written into."""
    parent = _field(place[:-1]) if len(place) > 1 else None
    group = _group(parent) if parent else None
    return list((group or Settings).model_fields)


def _nearest(place: Place) -> str | None:
    """The right key that looks most like the wrong one: beside it first, then anywhere by its last part."""
    wrong, before = str(place[-1]), _dotted(place[:-1])
    beside = _most_like(wrong, _siblings(place), at_least=0.6)
    if beside:
        return f"{before}.{beside}" if before else beside
    by_name = {path.rsplit(".", 1)[-1]: path for path in reversed(list(keys()))}
    anywhere = _most_like(wrong.rsplit(".", 1)[-1], by_name, at_least=0.75)
    return by_name[anywhere] if anywhere else None


def _most_like(wrong: str, right: Iterable[str], *, at_least: float) -> str | None:
    """The key most like `wrong` as a whole or in one of its words; None where none is `at_least` that like it."""

    def likeness(key: str) -> float:
        return max(difflib.SequenceMatcher(None, wrong.lower(), part).ratio() for part in (key, *key.split("_")))

    best = max(right, key=likeness)
    return best if likeness(best) >= at_least else None


def _dotted(place: Place) -> str:
    """`folders[0].source`: as a person would say it."""
    said = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return said.removeprefix(".")


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "nothing"}[value]
    if isinstance(value, dict):
        return "a group of keys"
    return "a list" if isinstance(value, list) else repr(value)


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Every path absolute, `~` and the folder of the configuration file filled in."""
    told = settings.model_dump()
    if names_file(settings.restore.model):
        told["restore"]["model"] = str(direct(folder / _at_home(Path(settings.restore.model))))
    return settings.model_validate(_with_paths(told, folder))


def _with_paths(value: object, folder: Path) -> object:
    if isinstance(value, Path):
        return direct(folder / _at_home(value))
    if isinstance(value, dict):
        return {key: _with_paths(item, folder) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_with_paths(item, folder) for item in value)
    return value


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{path}: there is no home folder here to put for ~; write the whole path.") from error
