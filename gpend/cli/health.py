"""`gpend health`: is it well? For the health check of a container, a watchdog, or a script."""

import sys
from pathlib import Path

import click

from gpend.cli.group import CONFIG, FAILED, RefusedError, commands, path_of, settings_of
from gpend.errors import ConfigurationError


@commands.command()
@click.option("--ready", is_flag=True, help="Has it begun its work as well?")
@click.option("--metrics", is_flag=True, help="Print what Prometheus is told instead.")
@CONFIG
def health(*, ready: bool, metrics: bool, config_file: Path | None) -> None:
    """Is gpend running, and does it make progress?

    Asks the running daemon what systemd's watchdog asks. The exit code is 0 if all is well, else 1. What gpend waits
    for, as for room on its ledger's disk, is told and is no failure: a restart would not help. So is a configuration
    that was changed and is wrong, which counts at the next start only.

    \b
    Example, for the health check of a container:
      gpend health --config /config/gpend.yaml
    """
    from gpend import liveness

    if ready and metrics:
        raise RefusedError("--ready asks for one answer and --metrics for another; name one of them.")
    path = liveness.METRICS if metrics else liveness.READY if ready else liveness.HEALTHY
    ledger = _ledger(config_file)
    answer = liveness.ask(ledger, path)
    click.echo(answer.words, err=not answer.is_yes)
    trouble = liveness.trouble(ledger) if answer.is_yes and not metrics else None
    if trouble:
        click.echo(f"It begins no photo while it cannot write its ledger. {trouble}", err=True)
    sys.exit(0 if answer.is_yes else FAILED)


def _ledger(config_file: Path | None) -> Path:
    """The ledger that the configuration names, also where something else in it is wrong, which is told."""
    from gpend import in_force

    try:
        return settings_of(config_file).ledger
    except ConfigurationError as error:
        ledger = in_force.guessed(path_of(config_file))
        if ledger is None:
            raise
        click.echo(f"Not in effect: {error}", err=True)
        return ledger
