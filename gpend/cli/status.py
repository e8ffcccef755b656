"""The command that people ask most: it imports the least."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import print_json
from gpend.cli.group import CONFIG, JSON, commands, path_of, settings_of
from gpend.errors import ConfigurationError

if TYPE_CHECKING:
    from gpend.ledger import Judging


@commands.command()
@JSON
@CONFIG
def status(*, as_json: bool, config_file: Path | None) -> None:
    """Tell how it is going.

    Photos by state, the backlog, the last errors and the last activity. Where the configuration was changed and is
    wrong, that is told too, and the exit code is 2; gpend goes on with the one before.

    \b
    Example:
      gpend status --json | jq .backlog
    """
    from gpend import in_force, reports, words

    found = in_force.find(path_of(config_file))
    ledger, judging, problem = (*found, None) if found else _read(config_file)
    answer = reports.status(ledger, judging=judging)
    if as_json:
        print_json(asdict(answer))
    else:
        click.echo(words.status_text(answer, datetime.now(UTC)))
    if problem is not None:
        raise problem


def _read(config_file: Path | None) -> "tuple[Path, Judging | None, ConfigurationError | None]":
    """The ledger that the configuration names, how photos are judged under it, and what is wrong with it.

    Raises ConfigurationError where it is wrong and names no ledger that is there.
    """
    from gpend import in_force

    try:
        settings = settings_of(config_file)
    except ConfigurationError as error:
        ledger = in_force.guessed(path_of(config_file))
        if ledger is None:
            raise
        return ledger, None, error
    return settings.ledger, in_force.judging_of(settings), None
