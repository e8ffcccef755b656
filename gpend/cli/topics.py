"""`gpend help TOPIC`: the long matters, which no command's own help has room for."""

import difflib
import sys
from importlib.resources import files
from pathlib import Path

import click

from gpend.cli.group import RefusedError, commands

_WIDTH = 100


def _beginning_with(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [name for name in [*topics(), *commands.commands] if name.startswith(begun)]


@commands.command(name="help")
@click.argument("topic", required=False, shell_complete=_beginning_with)
@click.pass_context
def help_(context: click.Context, topic: str | None) -> None:
    """Explain a matter at length; without a TOPIC, list them.

    The name of a command is a topic too.

    \b
    Example:
      gpend help reasons
    """
    told = topics()
    if topic is None:
        width = max(map(len, told))
        lines = [f"  {name:{width}}  {title}" for name, title in told.items()]
        click.echo("\n".join(["gpend help TOPIC explains:", *lines, "", "A command's name does, too."]))
    elif topic.lower() in told:
        _show(text(topic.lower()))
    elif topic in commands.commands:
        click.echo(commands.commands[topic].get_help(click.Context(commands.commands[topic], context.parent, topic)))
    else:
        near = difflib.get_close_matches(topic, [*told, *commands.commands], 1)
        advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(told)}."
        raise RefusedError(f"There is no topic {topic}. {advice}")


def topics() -> dict[str, str]:
    """The topics and what each is about."""
    found = sorted(_folder().glob("*.md"))
    return {file.stem: _title(file.read_text("utf-8").splitlines()[0]) for file in found}


def _title(heading: str) -> str:
    """What a topic is about, of a heading such as "# Tuning: which faces are restored"."""
    return heading.partition(": ")[2] or heading.removeprefix("# ")


def text(topic: str) -> str:
    """A topic, in Markdown."""
    return (_folder() / f"{topic}.md").read_text("utf-8")


def _folder() -> Path:
    return Path(str(files("gpend"))) / "help"


def _show(page: str) -> None:
    """On a terminal as a page to leaf through; elsewhere as it is written."""
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=min(_WIDTH, Console().width))
    with console.capture() as captured:
        console.print(Markdown(page))
    click.echo_via_pager(captured.get(), color=True)
