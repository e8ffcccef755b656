"""The statements of queries.sql by name."""

import re
from functools import cache
from importlib import resources

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


@cache
def statements() -> dict[str, str]:
    """Each statement of queries.sql under the name that stands above it."""
    return {name: statement.strip() for name, statement in _NAMED.findall(read("queries.sql"))}


def read(name: str) -> str:
    """A SQL file that lies beside this module."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
