"""How answers appear: progress, a line or more for each photo, JSON."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import click

from gpend.cli.group import RefusedError

if TYPE_CHECKING:
    from rich.progress import Progress

    from gpend.cli.progress_lines import Lines
    from gpend.cli.single import Answer

    Bar: TypeAlias = Progress | Lines


def progress(clock: Callable[[], float] = time.monotonic) -> "Bar":
    """A bar where standard output is a terminal; else lines on standard error now and then, by `clock` in seconds."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        from rich.progress import Progress

        return Progress(console=console, transient=True)
    from gpend.cli.progress_lines import Lines

    return Lines(lambda line: click.echo(line, err=True), clock)


def agrees(question: str) -> bool:
    """What a person answers. Raises RefusedError where nobody is there, as where cron asked."""
    try:
        return click.confirm(question)
    except click.Abort as error:
        click.echo()
        raise RefusedError("Nobody answered, so nothing was changed. With --yes nothing is asked.") from error


@contextmanager
def aside(bar: "Bar") -> Iterator[None]:
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
