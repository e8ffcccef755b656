"""`gpend health`: is it well? For the health check of a container, a watchdog, or a script."""

import sys
from pathlib import Path

import click

from gpend.cli.group import CONFIG, FAILED, RefusedError, commands, settings_of


@commands.command()
@click.option("--ready", is_flag=True, help="Has it begun its work as well?")
@click.option("--metrics", is_flag=True, help="Print what Prometheus is told instead.")
@CONFIG
def health(*, ready: bool, metrics: bool, config_file: Path | None) -> None:
    """Is gpend running, and does it make progress?

    Asks the running daemon what systemd's watchdog asks. The exit code is 0 if all is well, else 1.

    \b
    Example, for the health check of a container:
      gpend health --config /config/gpend.yaml
    """
    from gpend import liveness

    if ready and metrics:
        raise RefusedError("--ready asks for one answer and --metrics for another; name one of them.")
    path = liveness.METRICS if metrics else liveness.READY if ready else liveness.HEALTHY
    answer = liveness.ask(settings_of(config_file).ledger, path)
    click.echo(answer.words, err=not answer.is_yes)
    sys.exit(0 if answer.is_yes else FAILED)
