"""The commands: parse, call, exit code. Modules that take long to load are imported by the commands that need them."""

from gpend.cli import (
    bench,
    cluster,
    daemon,
    decide,
    fitting,
    folders,
    health,
    ledger,
    photos,
    topics,
    training,
    web,
    weights,
)
from gpend.cli.group import commands

__all__ = [
    "bench",
    "cluster",
    "commands",
    "daemon",
    "decide",
    "fitting",
    "folders",
    "health",
    "ledger",
    "photos",
    "topics",
    "training",
    "web",
    "weights",
]
