"""How answers appear: progress, a line or more for each photo, JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from gpend.cli.single import Answer


def progress() -> "Progress":
    """A bar where standard output is a terminal; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console()
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def aside(bar: "Progress") -> Iterator[None]:
    """What is said inside stands on lines of its own: the bar goes away for it, and comes back."""
    bar.stop()
    try:
        yield
    finally:
        bar.start()


def tell(answer: "Answer", outcome: str, *, to_error: bool = False) -> bool:
    """What became of a photo, with its faces; True if it failed. `to_error`: not to standard output."""
    from gpend import words

    failed = answer.outcome == "failed"
    told = answer.as_data() | {"outcome": "failed" if failed else outcome}
    click.echo(words.answer_text(told, answer.output, answer.notes), err=failed or to_error)
    return failed


def print_json(answer: object) -> None:
    """An answer for scripts."""
    click.echo(json.dumps(answer, indent=2))
