"""`gpend health`: is it well? For the health check of a container, a watchdog, or a script."""

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.beside import LEDGER
from gpend.cli.group import CONFIG, FAILED, RefusedError, UndoneError, commands, may_be_there, path_of, settings_of
from gpend.errors import ConfigurationError, GpendError

if TYPE_CHECKING:
    from gpend.liveness import Answer


@commands.command()
@click.option("--ready", is_flag=True, help="Has it begun its work as well?")
@click.option("--metrics", is_flag=True, help="Print what Prometheus is told instead.")
@CONFIG
def health(*, ready: bool, metrics: bool, config_file: Path | None) -> None:
    """Is gpend running, and does it make progress?

    Asks the running daemon what systemd's watchdog asks. The exit code is 0 if all is well, else 1. What gpend waits
    for, as for room on its ledger's disk, is told and is no failure: a restart would not help. So is a configuration
    that was changed and is wrong, or is gone, which counts at the next start only.

    \b
    Example, for the health check of a container:
      gpend health --config /config/gpend.yaml
    """
    from gpend import liveness

    if ready and metrics:
        raise RefusedError("--ready asks for one answer and --metrics for another; name one of them.")
    path = liveness.METRICS if metrics else liveness.READY if ready else liveness.HEALTHY
    ledger, problem = _ledger(config_file)
    answer = liveness.ask(ledger, path)
    click.echo(answer.words, err=not answer.is_yes)
    trouble = liveness.trouble(ledger) if answer.is_yes and not metrics else None
    if trouble:
        click.echo(f"It begins no photo while it cannot write its ledger. {trouble}", err=True)
    if problem is not None:
        click.echo(
            f"Not in effect: {problem}" if may_be_there(path_of(config_file)) else _told(answer, ledger, problem),
            err=True,
        )
    sys.exit(0 if answer.is_yes else FAILED)


def _ledger(config_file: Path | None) -> "tuple[Path, ConfigurationError | None]":
    """The ledger that the configuration names, or named, and what is wrong with that. Raises UndoneError."""
    from gpend import in_force

    try:
        return settings_of(config_file).ledger, None
    except ConfigurationError as error:
        ledger = in_force.guessed(path_of(config_file))
        if ledger is None:
            raise UndoneError(
                f"It is not known whether gpend is well. {error}\nNo ledger beside that file, nor {LEDGER}, says that "
                "gpend works with it under that file."
            ) from error
        return ledger, error


def _told(answer: "Answer", ledger: Path, problem: ConfigurationError) -> str:
    """What the loss of its configuration means for a gpend."""
    if answer.is_yes:
        return f"It goes on as its configuration was when it was read, but could not be started anew. {problem}"
    from gpend import reports, words

    with suppress(GpendError):
        seen = words.ago(reports.status(ledger).last_activity, datetime.now(UTC))
        return f"By its ledger {words.plain(ledger)}, its last activity was {seen}. It cannot be started. {problem}"
    return f"It cannot be started. {problem}"
