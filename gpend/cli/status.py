"""The command that people ask most: it imports the least."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from gpend.cli.answers import print_json
from gpend.cli.group import CONFIG, JSON, commands, path_of, settings_of


@commands.command()
@JSON
@CONFIG
def status(*, as_json: bool, config_file: Path | None) -> None:
    """Tell how it is going.

    Photos by state, the backlog, the last errors and the last activity.

    \b
    Example:
      gpend status --json | jq .backlog
    """
    from gpend import in_force, reports, words

    found = in_force.find(path_of(config_file))
    if found is None:
        settings = settings_of(config_file)
        found = settings.ledger, in_force.judging_of(settings)
    ledger, judging = found
    answer = reports.status(ledger, judging=judging)
    if as_json:
        print_json(asdict(answer))
    else:
        click.echo(words.status_text(answer, datetime.now(UTC)))
